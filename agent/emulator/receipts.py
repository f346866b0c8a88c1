"""Delivered and read receipts: they come as events and go out as metadata of the message [client code].

Pure; it must not know the websocket.
"""

from __future__ import annotations

import json
from typing import Any

from agent.emulator import items
from agent.emulator.errors import InvalidInput, ServiceError
from agent.emulator.participants import Participant


def receive(participant: Participant, content_type: str, content: str | None) -> dict[str, Any]:
    """Take a receipt of `participant`. Raises Conflict with more than two participants active [documented],
    InvalidInput when its content names no message."""
    chat = participant.chat
    people = [p for p in chat.present() if p.role.value != "SYSTEM"]
    if len(people) > chat.region.settings.receipts_limit:
        raise ServiceError("ConflictException", "Operation can not be performed due to the state of the contact.")
    message = _message(participant, content)
    moment = chat.moment()
    item_id, time = chat.region.mint.item_id(moment), chat.region.iso(moment)
    receipt = _merge(message, participant.id, content_type, time)
    chat.publish(
        {
            "AbsoluteTime": time,
            "ContentType": items.METADATA,
            "Id": item_id,
            "Type": "MESSAGEMETADATA",
            "MessageMetadata": {"MessageId": message["Id"], "Receipts": [receipt]},
        },
        participant,
        kept=False,
    )
    return {"Id": item_id, "AbsoluteTime": time}


def _message(participant: Participant, content: str | None) -> items.Item:
    try:
        body = json.loads(content or "")
        message_id = body["messageId"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InvalidInput("Content of a receipt is a JSON object with messageId") from None
    message = participant.chat.transcript.find(message_id) if isinstance(message_id, str) else None
    if message is None or message["Type"] == "EVENT":
        raise InvalidInput("messageId names no message of this chat")
    return message


def _merge(message: items.Item, reader: str, content_type: str, time: str) -> dict[str, str]:
    metadata = message.setdefault("MessageMetadata", {"MessageId": message["Id"], "Receipts": []})
    receipts: list[dict[str, str]] = metadata["Receipts"]
    receipt = next((r for r in receipts if r["RecipientParticipantId"] == reader), None)
    if receipt is None:
        receipt = {"RecipientParticipantId": reader}
        receipts.append(receipt)
    receipt["DeliveredTimestamp"] = receipt.get("DeliveredTimestamp", time)
    if content_type == items.READ:
        receipt["ReadTimestamp"] = receipt.get("ReadTimestamp", time)
    return dict(receipt)
