"""What is remembered of one contact: enough for any worker to go on where another stopped.

The record is a value; a store keeps it, a session replaces it at each commit: every turn copies and encodes it, so it
and its parts are structs, copied by `msgspec.structs.replace`. `encode` and `decode` are its one durable form. It knows
no store and no session.
"""

from enum import StrEnum
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from agent.errors import StoreUnusable
from agent.ids import ContactId, ContactKey, ItemId, ParticipantId, Secret, WorkerId

FORMAT = 1
"""The version of the encoded form. A record of a later version is refused, never guessed at."""


class Phase(StrEnum):
    """How far the contact has come."""

    CLAIMED = "claimed"
    JOINED = "joined"
    OVER = "over"


class _Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Compared by its fields, and shown without those that hold what people said.

    A field at its default is not written, so that the defaults are a part of the durable form: they never change.
    """

    hidden: ClassVar[frozenset[str]] = frozenset()

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name not in self.hidden]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"


class Participant(_Value, frozen=True, kw_only=True):
    """The bot on the chat. The token is a secret and works for the participant's lifetime [documented]."""

    participant_id: ParticipantId
    token: Secret


class Cursor(_Value, frozen=True, kw_only=True):
    """Which items have been handled.

    Everything at or before `floor` counts as handled; after it, exactly the items in `handled`. Remembering the
    latest ones by id lets a late item be told from a repeated one.
    """

    floor: tuple[str, str] = ("", "")
    handled: tuple[tuple[str, str], ...] = ()


class Timer(_Value, frozen=True, kw_only=True):
    """A wake-up that survives a restart. `due` is seconds since the epoch, UTC.

    `begun`: its turn has started; after a crash it is repeated before anything else, whatever the clock says by then.
    """

    hidden = frozenset({"payload"})

    name: str
    due: float
    payload: str = ""
    begun: bool = False


class DeadLetter(_Value, frozen=True, kw_only=True):
    """A turn that failed for good: which one, which error (its type, never the customer's words), when.

    `item_id` is the turn's id, most often that of its first item; `items` are all that it was about.
    """

    item_id: ItemId
    error: str
    at: str
    items: tuple[ItemId, ...] = ()


class Stream(_Value, frozen=True, kw_only=True):
    """A message stream that was, or was about to be, started; remembered so that whoever comes next can stop it.

    `epoch` is that of the claim under which it was started; `id` is None until the answer is stored.
    """

    topic: str
    epoch: int
    id: str | None = None


class ContactRecord(_Value, frozen=True, kw_only=True):
    """One contact. `epoch` and `owner` belong to the store, all else to the session that owns it.

    Attributes:
        own: which of the bot's own messages *committed* turns have sent; others that the transcript shows belong to
            a turn that was cut off.
        streams: the message streams that may be running, also those of workers before.
        interrupted: the items of a turn that was interrupted: the next turn is about them as well.
        state: the bot's state, JSON.
        journal: what dialogs already did; the bot floor's own form.
        handled_turns: how many turns were committed.
        said_messages, said_bytes: how much committed turns have said.
        orders: the latest orders from outside (an operator's, a guard's) that were done.
    """

    hidden = frozenset({"attributes", "state", "journal"})

    key: ContactKey
    bot: str
    display_name: str
    initial_contact_id: ContactId | None = None
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
    epoch: int = 0
    owner: WorkerId | None = None
    phase: Phase = Phase.CLAIMED
    over: str | None = None
    join: int = 1
    participant: Participant | None = None
    streams: tuple[Stream, ...] = ()
    greeted: bool = False
    cursor: Cursor = Cursor()
    own: Cursor = Cursor()
    interrupted: tuple[ItemId, ...] = ()
    handled_turns: int = 0
    state: bytes = b""
    journal: bytes = b""
    timers: tuple[Timer, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    orders: tuple[str, ...] = ()
    said_messages: int = 0
    said_bytes: int = 0

    def encode(self) -> bytes:
        """The durable form, without epoch and owner, with the participant token in clear: seal it where it rests."""
        return _ENCODER.encode(_Envelope(format=FORMAT, record=replace(self, epoch=0, owner=None)))


class _Envelope(msgspec.Struct):
    format: int
    record: ContactRecord


class _Opened(msgspec.Struct):
    format: int
    record: msgspec.Raw

    def __repr__(self) -> str:
        return f"_Opened(format={self.format})"


_ENCODER = msgspec.msgpack.Encoder()
_ENVELOPES = msgspec.msgpack.Decoder(_Opened)
_RECORDS = msgspec.msgpack.Decoder(ContactRecord)


def decode(body: bytes, *, epoch: int, owner: WorkerId | None) -> ContactRecord:
    """The record whose durable form is `body`.

    Raises:
        StoreUnusable: it is no record, or one of a later version.
    """
    try:
        envelope = _ENVELOPES.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StoreUnusable("A stored contact is unreadable; it was left as it is.") from error
    if envelope.format != FORMAT:
        raise StoreUnusable(
            f"A stored contact has format {envelope.format}, this version reads {FORMAT}; "
            "run the version that wrote it."
        )
    try:
        record = _RECORDS.decode(envelope.record)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StoreUnusable("A stored contact does not fit its format; it was left as it is.") from error
    return replace(record, epoch=epoch, owner=owner)
