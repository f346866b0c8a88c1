"""Websocket frames: what the server's mean, and the three texts that a client ever sends.

Decoding is total: whatever arrives becomes one value of a closed union. Nothing here remembers the frame before; what
a frame leads to is the connection's business.
"""

from functools import lru_cache
from typing import TypeAlias

import msgspec

from agent.wire.forgiving import decode_json
from agent.wire.items import Item, Json, parse_item
from agent.wire.plain import plain_message

CHAT_TOPIC = "aws/chat"

SUBSCRIBE = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
"""Asks for the chat's items; nothing reaches a socket before it [documented]."""

HEARTBEAT = '{"topic":"aws/heartbeat"}'
"""Sent every few seconds; the server answers with the same text [client code]."""

PING = '{"topic":"aws/ping"}'
"""The deep heartbeat: the answer says whether what lies behind the socket works [client code]."""


class SubscribeAck(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to SUBSCRIBE. `status` is ``success`` or ``failure`` [client code]; "" when it says neither."""

    status: str
    topics: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the chat's items will come. An answer that lists no topics at all is taken as yes [inferred]."""
        return self.status == "success" and (not self.topics or CHAT_TOPIC in self.topics)


class Heartbeat(msgspec.Struct, frozen=True):
    """The answer to HEARTBEAT."""


class Ping(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to PING; `status_code` is None when it carries none."""

    status_code: int | None

    @property
    def ok(self) -> bool:
        return self.status_code == 200


class ChatItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something happened in the chat."""

    item: Item


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An error of the gateway: a frame without a topic, with a `message` such as ``Forbidden`` [client code]."""

    message: str


class Ignored(msgspec.Struct, frozen=True, kw_only=True):
    """A frame that means nothing to this version; `reason` holds nothing of the frame."""

    reason: str


Frame: TypeAlias = SubscribeAck | Heartbeat | Ping | ChatItem | Refusal | Ignored

_HEARTBEAT = Heartbeat()
_PINGS = '{"topic":"aws/ping"'
_SHORT = 128


def decode(frame: str | bytes) -> Frame:
    """What `frame` means; never raises. Binary frames mean nothing: the protocol is text [client code]."""
    if frame == HEARTBEAT:
        return _HEARTBEAT
    if not isinstance(frame, str):
        return Ignored(reason="binary frame")
    if frame.startswith(_PINGS) and len(frame) < _SHORT:
        return _repeated(frame)
    return _decoded(frame)


def _decoded(frame: str) -> Frame:
    if not frame.strip():
        return Ignored(reason="empty frame")
    try:
        envelope = decode_json(frame)
    except ValueError:
        return Ignored(reason="no JSON")
    return _open(envelope) if isinstance(envelope, dict) else Ignored(reason="no JSON object")


_repeated = lru_cache(maxsize=8)(_decoded)
"""For what all chats hear each few seconds in the same words."""


def _open(envelope: Json) -> Frame:
    match envelope.get("topic"):
        case "aws/chat":
            return _chat(envelope.get("content"))
        case "aws/heartbeat":
            return _HEARTBEAT
        case "aws/ping":
            code = envelope.get("statusCode")
            return Ping(status_code=code if type(code) is int else None)
        case "aws/subscribe":
            return _acknowledgement(envelope.get("content"))
        case str():
            return Ignored(reason="unknown topic")
    message = envelope.get("message")
    return Refusal(message=message) if isinstance(message, str) else Ignored(reason="no topic")


def _chat(content: object) -> Frame:
    """The item is JSON within JSON; one that is not, or is no object, stays visible as an unknown item."""
    if content is None or content == "":
        return Ignored(reason="empty chat frame")
    if not isinstance(content, str):
        return ChatItem(item=parse_item(content))
    if (message := plain_message(content)) is not None:
        return ChatItem(item=message)
    try:
        return ChatItem(item=parse_item(decode_json(content)))
    except ValueError:
        return ChatItem(item=parse_item(content))


def _acknowledgement(content: object) -> SubscribeAck:
    fields = content if isinstance(content, dict) else {}
    status, topics = fields.get("status"), fields.get("topics")
    return SubscribeAck(
        status=status if isinstance(status, str) else "",
        topics=tuple(each for each in topics if isinstance(each, str)) if isinstance(topics, list) else (),
    )
