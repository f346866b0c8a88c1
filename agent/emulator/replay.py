"""A saved transcript played again: the customer's messages, with their pauses, into a new chat.

Everybody else's items are left out; what answers now is whoever is on the new chat. It must not know HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import inf
from typing import Any

from agent.emulator.contacts import Chat
from agent.emulator.errors import InvalidInput
from agent.emulator.operations import Operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the customer said, and how many seconds after the chat began."""

    after: float
    content_type: str
    content: str


def customer_lines(file: Mapping[str, Any]) -> list[Line]:
    """The customer's messages of a transcript in Connect's S3 form. Raises InvalidInput for anything else."""
    items = file.get("Transcript") if isinstance(file, Mapping) else None
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise InvalidInput("This is no transcript in Connect's S3 form: it has no list named Transcript.")
    try:
        begin = _moment(items[0]) if items else 0.0
        return [
            Line(
                after=max(0.0, _moment(item) - begin),
                content_type=str(item["ContentType"]),
                content=str(item["Content"]),
            )
            for item in items
            if item.get("Type") == "MESSAGE" and item.get("ParticipantRole") == "CUSTOMER"
        ]
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidInput(f"An item of the transcript is damaged: {error}") from error


def _moment(item: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(str(item["AbsoluteTime"])).timestamp()


def replay(
    operations: Operations, file: Mapping[str, Any], *, instance_id: str, flow_id: str = "default", pace: float = 1.0
) -> str:
    """Start a chat whose customer says it all again, `pace` times as fast. Returns the new ContactId."""
    if not 0 < pace < inf:
        raise InvalidInput("pace is more than 0")
    lines = customer_lines(file)
    kinds = sorted({line.content_type for line in lines} | {"text/plain"})
    started = operations.call(
        "StartChatContact",
        {
            "InstanceId": instance_id,
            "ContactFlowId": flow_id,
            "ParticipantDetails": {"DisplayName": _name(file)},
            "SupportedMessagingContentTypes": kinds,
        },
    )
    token = started["ParticipantToken"]
    operations.call("CreateParticipantConnection", {"ConnectParticipant": True}, bearer=token)
    chat = operations.region.chat(started["ContactId"])
    for line in lines:
        operations.region.after(line.after / pace, partial(_say, chat, line))
    return str(started["ContactId"])


def _name(file: Mapping[str, Any]) -> str:
    spoken = (item for item in file["Transcript"] if item.get("ParticipantRole") == "CUSTOMER")
    names = (item["DisplayName"] for item in spoken if item.get("DisplayName"))
    return str(next(names, "Customer"))


def _say(chat: Chat, line: Line) -> None:
    if not chat.ended:
        chat.role_timers.heard(chat.customer)
        chat.publish_message(chat.customer, line.content_type, line.content)
