"""What is remembered of one contact: enough for any worker to go on where another stopped.

The record is a value; a store keeps it, a session replaces it at each commit. `encode` and `decode` are its one
durable form. It knows no store and no session.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import msgspec

from agent.errors import StoreUnusable
from agent.ids import ContactId, ContactKey, ItemId, ParticipantId, Secret, WorkerId

FORMAT = 1
"""The version of the encoded form. A record of a later version is refused, never guessed at."""


class Phase(StrEnum):
    """How far the contact has come."""

    CLAIMED = "claimed"
    JOINED = "joined"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """The bot on the chat. The token is a secret and works for the participant's lifetime [documented]."""

    participant_id: ParticipantId
    token: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Which items have been handled.

    Everything at or before `floor` counts as handled; after it, exactly the items in `handled`. Remembering the
    latest ones by id lets a late item be told from a repeated one.
    """

    floor: tuple[str, str] = ("", "")
    handled: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A wake-up that survives a restart. `due` is seconds since the epoch, UTC.

    `begun`: its turn has started; after a crash it is repeated before anything else, whatever the clock says by then.
    """

    name: str
    due: float
    payload: str = field(default="", repr=False)
    begun: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A turn that failed for good: which one, which error (its type, never the customer's words), when.

    `item_id` is the turn's id, most often that of its first item; `items` are all that it was about.
    """

    item_id: ItemId
    error: str
    at: str
    items: tuple[ItemId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A message stream that was, or was about to be, started; remembered so that whoever comes next can stop it.

    `epoch` is that of the claim under which it was started; `id` is None until the answer is stored.
    """

    topic: str
    epoch: int
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecord:
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

    key: ContactKey
    bot: str
    display_name: str
    initial_contact_id: ContactId | None = None
    attributes: dict[str, str] = field(default_factory=dict, repr=False)
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
    state: bytes = field(default=b"", repr=False)
    journal: bytes = field(default=b"", repr=False)
    timers: tuple[Timer, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    orders: tuple[str, ...] = ()
    said_messages: int = 0
    said_bytes: int = 0

    def encode(self) -> bytes:
        """The durable form, without epoch and owner, with the participant token in clear: seal it where it rests."""
        plain = msgspec.to_builtins(self, builtin_types=(bytes,))
        for column in ("epoch", "owner"):
            del plain[column]
        return msgspec.msgpack.encode({"format": FORMAT, "record": plain})


def decode(body: bytes, *, epoch: int, owner: WorkerId | None) -> ContactRecord:
    """The record whose durable form is `body`.

    Raises:
        StoreUnusable: it is no record, or one of a later version.
    """
    try:
        envelope = msgspec.msgpack.decode(body, type=dict[str, Any])
        version, plain = envelope["format"], envelope["record"]
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
        raise StoreUnusable("A stored contact is unreadable; it was left as it is.") from error
    if version != FORMAT:
        raise StoreUnusable(
            f"A stored contact has format {version}, this version reads {FORMAT}; run the version that wrote it."
        )
    try:
        record = msgspec.convert(plain, ContactRecord, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise StoreUnusable("A stored contact does not fit its format; it was left as it is.") from error
    return replace(record, epoch=epoch, owner=owner)
