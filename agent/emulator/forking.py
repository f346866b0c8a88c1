"""A chat begun anew in the middle: the same customer, flow and attributes, with part of what was said already there.

Connect has no such thing: it is for those who try their bot again from an earlier turn. What was said keeps its ids
and times. It must not know why a chat is forked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent.emulator.contacts import Chat
from agent.emulator.items import Item
from agent.emulator.operations import Answer, Operations

KINDS = frozenset({"MESSAGE", "ATTACHMENT"})


def fork(operations: Operations, chat: Chat, *, attributes: Mapping[str, str], kept: Callable[[Item], bool]) -> Answer:
    """Start the new chat with those messages and attachments of `chat` that are `kept`; StartChatContact's answer."""
    answer = operations.call(
        "StartChatContact",
        {
            "InstanceId": chat.instance_id,
            "ContactFlowId": chat.segments[0].flow_id,
            "ParticipantDetails": {"DisplayName": chat.customer.name},
            "SupportedMessagingContentTypes": sorted(chat.content_types),
            "Attributes": dict(attributes),
        },
    )
    begun = operations.region.chat(answer["ContactId"])
    begun.attachments.update(chat.attachments)
    for item in chat.transcript.items:
        if item["Type"] in KINDS and kept(item):
            begun.transcript.append(_moved(item, chat, begun))
    return answer


def _moved(item: Item, old: Chat, new: Chat) -> Item:
    moved = item | {"ContactId": new.contact_id, "InitialContactId": new.initial_contact_id}
    if item.get("ParticipantId") == old.customer.id:
        moved["ParticipantId"] = new.customer.id
    return moved
