"""The items of a chat as JSON objects: messages, events, attachments, receipts, and their frames.

Key sets follow captured items [live]. This module must not know who receives an item.
"""

import json
from typing import Any

import msgspec

from agent.emulator.errors import InvalidInput

EVENT_PREFIX = "application/vnd.amazonaws.connect.event."
MESSAGE_PREFIX = "application/vnd.amazonaws.connect.message."
INTERACTIVE = MESSAGE_PREFIX + "interactive"
INTERACTIVE_RESPONSE = MESSAGE_PREFIX + "interactive.response"

TYPING = EVENT_PREFIX + "typing"
JOINED = EVENT_PREFIX + "participant.joined"
LEFT = EVENT_PREFIX + "participant.left"
INVITED = EVENT_PREFIX + "participant.invited"
IDLE = EVENT_PREFIX + "participant.idle"
RETURNED = EVENT_PREFIX + "participant.returned"
AUTODISCONNECTION = EVENT_PREFIX + "participant.autodisconnection"
ENDED = EVENT_PREFIX + "chat.ended"
TRANSFERRED = EVENT_PREFIX + "transfer.succeeded"
TRANSFER_FAILED = EVENT_PREFIX + "transfer.failed"
DELIVERED = EVENT_PREFIX + "message.delivered"
READ = EVENT_PREFIX + "message.read"
METADATA = EVENT_PREFIX + "message.metadata"
ACKNOWLEDGED = EVENT_PREFIX + "connection.acknowledged"

KEPT_EVENTS = frozenset({INVITED, JOINED, LEFT, ENDED, TRANSFERRED, TRANSFER_FAILED})
"""Events that the transcript keeps [documented]."""
SENDABLE_EVENTS = frozenset({TYPING, DELIVERED, READ, ACKNOWLEDGED})
"""Events that SendEvent takes [documented]."""
SENDABLE_MESSAGES = frozenset({"text/plain", "text/markdown", "application/json", INTERACTIVE_RESPONSE})
"""Content types that SendMessage takes [documented]."""

Item = dict[str, Any]

_encode = msgspec.json.Encoder().encode


def check_json(content_type: str, content: str) -> None:
    """Content of a type that is JSON is JSON. Raises InvalidInput."""
    if content_type not in (INTERACTIVE, INTERACTIVE_RESPONSE, "application/json"):
        return
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        raise InvalidInput("Content is not valid JSON") from None


def encode(item: object) -> str:
    """`item` as compact JSON text."""
    try:
        return _encode(item).decode()
    except UnicodeEncodeError:  # a lone surrogate from a flow or a control call; never from the wire
        return json.dumps(item, separators=(",", ":"))


def frame(item_text: str) -> str:
    """The websocket frame of an item: its JSON once more encoded, as a string [live]."""
    return '{"content":' + encode(item_text) + ',"contentType":"application/json","topic":"aws/chat"}'
