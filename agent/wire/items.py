"""What happens in a chat: messages, attachments, events and receipts, as typed values.

The parser is total: whatever JSON object arrives becomes one of these, and what it does not know becomes
`Unknown` with its raw form. Websocket frames, transcript pages and streaming notifications carry the same objects;
every field may be missing [client code]. This module knows nothing of sockets or of who sent the object.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from agent.ids import ContactId, ItemId, ParticipantId
from agent.wire.content import PERSISTED_EVENTS, ContentType, Role

Raw: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who an item is from; every part may be missing, as on ``chat.ended``."""

    participant_id: ParticipantId | None = None
    role: Role | str | None = None
    display_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    id: ItemId
    absolute_time: str
    sender: Sender = field(default=Sender())
    contact_id: ContactId | None = None
    initial_contact_id: ContactId | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @property
    def position(self) -> tuple[str, str]:
        """Where the item stands in the chat: by AbsoluteTime, ties by Id (ids grow with time [live])."""
        return (self.absolute_time, self.id)

    @property
    def persisted(self) -> bool:
        """Whether GetTranscript returns the item too [documented]."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(_Item):
    """Something said: text, markdown, JSON or an interactive message or its response."""

    content: str = field(default="", repr=False)
    content_type: str = ContentType.PLAIN

    @property
    def text(self) -> str:
        """The words, whatever the content type."""
        return self.content


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """One file of an attachment; `status` is APPROVED, REJECTED or IN_PROGRESS [documented]."""

    attachment_id: str
    name: str = field(default="", repr=False)
    content_type: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment(_Item):
    """One or more files sent by a participant."""

    files: tuple[AttachedFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(_Item):
    """Something that happened: joined, left, typing, ended. `content_type` names it, see `EventType`."""

    content_type: str = ""
    content: str | None = field(default=None, repr=False)

    @property
    def persisted(self) -> bool:
        return self.content_type in PERSISTED_EVENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(_Item):
    """A message was delivered to, or read by, `recipient`."""

    message_id: ItemId
    recipient: ParticipantId | None = None
    delivered_at: str | None = None
    read_at: str | None = None

    @property
    def persisted(self) -> bool:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(_Item):
    """An item of a kind that this version does not know; its `raw` form is complete."""

    @property
    def persisted(self) -> bool:
        return False


Item: TypeAlias = Message | Attachment | Event | Receipt | Unknown


def parse_item(raw: object) -> Item:
    """The item in `raw`; never raises, whatever `raw` is."""
    raise NotImplementedError
