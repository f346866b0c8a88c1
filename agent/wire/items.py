"""What happens in a chat: messages, attachments, events and receipts, as typed values.

The parser is total: whatever JSON object arrives becomes one of these, and what it does not know becomes
`Unknown` with its raw form. Websocket frames, transcript pages and streaming notifications carry the same objects;
every field may be missing [client code]. This module knows nothing of sockets or of who sent the object.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias, TypedDict

import msgspec

from agent.ids import ContactId, ItemId, ParticipantId
from agent.wire.content import EVENT_PREFIX, PERSISTED_EVENTS, ROLES, ContentType, EventType, Role

Raw: TypeAlias = Mapping[str, Any]


class _Value(msgspec.Struct, frozen=True):
    """A struct of msgspec costs a tenth of a frozen dataclass to make, and each frame makes two."""

    _UNTOLD: ClassVar = frozenset({"display_name", "content", "name", "raw"})
    """What people are called and what they said stays out of logs and tracebacks."""

    def __repr__(self) -> str:
        told = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in self._UNTOLD)
        return f"{type(self).__name__}({', '.join(told)})"


class Sender(_Value, frozen=True, kw_only=True):
    """Who an item is from; every part may be missing, as on ``chat.ended``."""

    participant_id: ParticipantId | None = None
    role: Role | str | None = None
    display_name: str | None = None


class _Item(_Value, frozen=True, kw_only=True):
    id: ItemId
    absolute_time: str
    sender: Sender = Sender()
    contact_id: ContactId | None = None
    initial_contact_id: ContactId | None = None
    raw: Raw = msgspec.field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        """By all that is known of it: the same item has another `raw` form in the transcript."""
        return type(other) is type(self) and isinstance(other, _Item) and self._known == other._known

    def __hash__(self) -> int:
        return hash(self._known)

    @property
    def _known(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name != "raw")

    @property
    def position(self) -> tuple[str, str]:
        """Where the item stands in the chat: by AbsoluteTime, ties by Id (ids grow with time [live])."""
        return (self.absolute_time, self.id)

    @property
    def persisted(self) -> bool:
        """Whether GetTranscript returns the item too [documented]."""
        return True


class Message(_Item, frozen=True, kw_only=True):
    """Something said: text, markdown, JSON or an interactive message or its response.

    `complete` is False for a chunk of a reply that Connect's own AI is still streaming; the finished message comes
    later with the same Id [client code].
    """

    content: str = ""
    content_type: str = ContentType.PLAIN
    complete: bool = True

    @property
    def text(self) -> str:
        """The words, whatever the content type."""
        return self.content

    @property
    def persisted(self) -> bool:
        return self.complete


class AttachedFile(_Value, frozen=True, kw_only=True):
    """One file of an attachment; `status` is APPROVED, REJECTED or IN_PROGRESS [documented]."""

    attachment_id: str
    name: str = ""
    content_type: str = ""
    status: str = ""


class Attachment(_Item, frozen=True, kw_only=True):
    """One or more files sent by a participant."""

    files: tuple[AttachedFile, ...] = ()


class Event(_Item, frozen=True, kw_only=True):
    """Something that happened: joined, left, typing, ended. `content_type` names it, see `EventType`."""

    content_type: str = ""
    content: str | None = None

    @property
    def persisted(self) -> bool:
        return self.content_type in PERSISTED_EVENTS


class Receipt(_Item, frozen=True, kw_only=True):
    """A message was delivered to, or read by, `recipient`."""

    message_id: ItemId
    recipient: ParticipantId | None = None
    delivered_at: str | None = None
    read_at: str | None = None

    @property
    def persisted(self) -> bool:
        return False


class Unknown(_Item, frozen=True, kw_only=True):
    """An item of a kind that this version does not know; its `raw` form is complete."""

    @property
    def persisted(self) -> bool:
        return False


Item: TypeAlias = Message | Attachment | Event | Receipt | Unknown
Json: TypeAlias = dict[str, Any]
_Parser: TypeAlias = Callable[[Json, str], Item]


def parse_item(raw: object) -> Item:
    """The item in `raw`, which is decoded JSON; never raises, whatever `raw` is.

    A missing or ill-typed field becomes "" or None. What has no kind that this version knows becomes `Unknown`, with
    all of `raw`, or with ``{"value": raw}`` when it is no JSON object.
    """
    if not isinstance(raw, dict):
        return Unknown(id=ItemId(""), absolute_time="", raw={"value": raw})
    kind, content_type = raw.get("Type"), _text(raw, "ContentType")
    if not isinstance(kind, str):
        kind = _kind_by_content_type(raw, content_type)
    parse = _PARSERS.get(kind)
    if parse is None:
        return Unknown(**_origin(raw))
    return parse(raw, content_type)


class _Origin(TypedDict):
    id: ItemId
    absolute_time: str
    sender: Sender
    contact_id: ContactId | None
    initial_contact_id: ContactId | None
    raw: Raw


def _origin(raw: Json) -> _Origin:
    """The fields that items of every kind share."""
    return {
        "id": ItemId(_text(raw, "Id")),
        "absolute_time": _text(raw, "AbsoluteTime"),
        "sender": _sender(raw),
        "contact_id": ContactId(_text(raw, "ContactId")) or None,
        "initial_contact_id": ContactId(_text(raw, "InitialContactId")) or None,
        "raw": raw,
    }


def _sender(raw: Json) -> Sender:
    role = _text(raw, "ParticipantRole")
    return Sender(
        participant_id=ParticipantId(_text(raw, "ParticipantId")) or None,
        role=ROLES.get(role, role) or None,
        display_name=_text(raw, "DisplayName") or None,
    )


def _text(raw: Json, key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def _objects(raw: object, key: str) -> list[Json]:
    """The JSON objects in the list that stands at `key`."""
    found = raw.get(key) if isinstance(raw, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _kind_by_content_type(raw: Json, content_type: str) -> str:
    """The Type of an item that came without one."""
    if content_type.startswith(EVENT_PREFIX):
        return "EVENT"
    if isinstance(raw.get("Content"), str):
        return "MESSAGE"
    return "ATTACHMENT" if _objects(raw, "Attachments") else ""


def _message(raw: Json, content_type: str) -> Item:
    if content_type.startswith(EVENT_PREFIX):
        return _event(raw, content_type)
    metadata = raw.get("MessageMetadata")
    return Message(
        **_origin(raw),
        content=_text(raw, "Content"),
        content_type=content_type or ContentType.PLAIN,
        complete=not isinstance(metadata, dict) or metadata.get("MessageCompleted") is not False,
    )


def _event(raw: Json, content_type: str) -> Item:
    if content_type == EventType.MESSAGE_METADATA:
        return _receipt(raw, content_type)
    return Event(**_origin(raw), content_type=content_type, content=_text(raw, "Content") or None)


def _attachment(raw: Json, content_type: str) -> Item:
    return Attachment(**_origin(raw), files=tuple(map(_file, _objects(raw, "Attachments"))))


def _file(raw: Json) -> AttachedFile:
    return AttachedFile(
        attachment_id=_text(raw, "AttachmentId"),
        name=_text(raw, "AttachmentName"),
        content_type=_text(raw, "ContentType"),
        status=_text(raw, "Status"),
    )


def _receipt(raw: Json, content_type: str) -> Item:
    metadata = raw.get("MessageMetadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    first = next(iter(_objects(metadata, "Receipts")), {})
    return Receipt(
        **_origin(raw),
        message_id=ItemId(_text(metadata, "MessageId")),
        recipient=ParticipantId(_text(first, "RecipientParticipantId")) or None,
        delivered_at=_text(first, "DeliveredTimestamp") or None,
        read_at=_text(first, "ReadTimestamp") or None,
    )


def _event_named(default: str) -> _Parser:
    """Older items name the event in their Type; a ContentType beside it is more exact."""
    return lambda raw, content_type: _event(raw, content_type or default)


_PARSERS: Mapping[str, _Parser] = {
    "MESSAGE": _message,
    "EVENT": _event,
    "ATTACHMENT": _attachment,
    "MESSAGEMETADATA": _receipt,
    "TYPING": _event_named(EventType.TYPING),
    "PARTICIPANT_JOINED": _event_named(EventType.PARTICIPANT_JOINED),
    "PARTICIPANT_LEFT": _event_named(EventType.PARTICIPANT_LEFT),
    "CHAT_ENDED": _event_named(EventType.CHAT_ENDED),
    "TRANSFER_SUCCEEDED": _event_named(EventType.TRANSFER_SUCCEEDED),
    "TRANSFER_FAILED": _event_named(EventType.TRANSFER_FAILED),
    "CONNECTION_ACK": _event_named(EventType.CONNECTION_ACKNOWLEDGED),
    "MESSAGE_DELIVERED": _event_named(EventType.MESSAGE_DELIVERED),
    "MESSAGE_READ": _event_named(EventType.MESSAGE_READ),
}
"""How each Type of the service model is read [documented]."""
