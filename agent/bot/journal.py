"""The journal: what running handlers already did, as a value with one durable form.

Entries are what a coroutine cannot do twice alike: an answer, a result, a reading of the clock. Each run remembers how
far a turn's end made it final; what lies behind that mark belongs to the turn that is still open, and says in it are
sent again and recognised. This module knows no coroutine and no chat.
"""

from enum import StrEnum
from typing import Any

import msgspec

from agent.errors import BotError
from agent.ids import ContactId, ItemId, ParticipantId
from agent.wire.items import Attachment, Event, Item, Message, Receipt, Sender, Unknown

FORMAT = 1


class Act(StrEnum):
    """What an entry records. ASKED and SLEPT are where a run waits; what follows them says how the waiting ended."""

    ASKED = "ask"
    ANSWERED = "answer"
    SLEPT = "sleep"
    WOKE = "woke"
    STEP = "step"
    NOW = "now"


class Entry(msgspec.Struct, array_like=True, omit_defaults=True):
    """One act. Showing it shows no customer's words.

    Attributes:
        label: which one it was, in the code: the question's key, the step's function.
        where: file and line in the bot's code.
        value: what came out of it, as plain data.
        good: for an answer, whether the question took it; None while that is open.
        state: the bot's state at this moment, where others had changed it since the run began to wait.
    """

    act: Act
    label: str = ""
    where: str = ""
    value: Any = None
    good: bool | None = None
    state: bytes | None = None

    def __repr__(self) -> str:
        return f"Entry({self.act!r}, {self.label!r}, {self.where!r})"


class Kept(msgspec.Struct, array_like=True, omit_defaults=True):
    """An item in its durable form: what a bot may ask of it, without its raw form. Showing it shows no content."""

    kind: str
    id: str
    at: str
    role: str | None = None
    participant: str | None = None
    name: str | None = None
    content: str | None = None
    content_type: str = ""
    contact: str | None = None

    def __repr__(self) -> str:
        return f"Kept({self.kind!r}, {self.id!r})"

    @classmethod
    def of(cls, item: Item) -> "Kept":
        return cls(
            kind=type(item).__name__,
            id=item.id,
            at=item.absolute_time,
            role=None if item.sender.role is None else str(item.sender.role),
            participant=item.sender.participant_id,
            name=item.sender.display_name,
            content=item.content if isinstance(item, Message | Event) else None,
            content_type=item.content_type if isinstance(item, Message | Event) else "",
            contact=item.contact_id,
        )

    def item(self) -> Item:
        """The item again; an attachment comes back without its files."""
        base: dict[str, Any] = {
            "id": ItemId(self.id),
            "absolute_time": self.at,
            "sender": Sender(
                participant_id=None if self.participant is None else ParticipantId(self.participant),
                role=self.role,
                display_name=self.name,
            ),
            "contact_id": None if self.contact is None else ContactId(self.contact),
        }
        if self.kind == Message.__name__:
            return Message(**base, content=self.content or "", content_type=self.content_type)
        if self.kind == Event.__name__:
            return Event(**base, content=self.content, content_type=self.content_type)
        if self.kind == Attachment.__name__:
            return Attachment(**base)
        if self.kind == Receipt.__name__:
            return Receipt(**base, message_id=ItemId(""))
        return Unknown(**base)


class RunRecord(msgspec.Struct, omit_defaults=True):
    """One activation of a handler.

    Attributes:
        handler, version: which one.
        payload: what a timer handler was given.
        state: the bot's state when the run began.
        committed: how many of `entries` a finished turn made final.
    """

    id: str
    handler: str
    version: int
    trigger: Kept | None = None
    payload: str = ""
    state: bytes | None = None
    entries: list[Entry] = []
    committed: int = 0

    def __repr__(self) -> str:
        return f"RunRecord({self.id!r}, {self.handler!r}, {self.version!r}, {self.entries!r})"

    @property
    def waits(self) -> Act | None:
        """ASKED or SLEPT while the run waits for the customer or the clock."""
        last = self.entries[-1].act if self.entries else None
        return last if last in {Act.ASKED, Act.SLEPT} else None

    def prefix(self) -> "RunRecord":
        """The run as the last finished turn left it."""
        return msgspec.structs.replace(self, entries=self.entries[: self.committed])


class Journal(msgspec.Struct, omit_defaults=True):
    """All waiting runs of a contact; the one that asked last comes last.

    Attributes:
        turn, unit, open_run: while a turn is open, the turn, which of its parts was running, and as which run.
    """

    format: int = FORMAT
    runs: list[RunRecord] = []
    turn: str = ""
    unit: int = 0
    open_run: str = ""

    def encode(self) -> bytes:
        """The durable form; empty when there is nothing to remember."""
        return msgspec.msgpack.encode(self) if self.runs else b""


def decode(body: bytes) -> Journal:
    """The journal whose durable form is `body`.

    Raises:
        BotError: it is unreadable or of a later version.
    """
    if not body:
        return Journal()
    try:
        journal = msgspec.msgpack.decode(body, type=Journal)
    except msgspec.MsgspecError as error:
        raise BotError("A contact's journal is unreadable; its dialogs cannot be continued.") from error
    if journal.format != FORMAT:
        raise BotError(
            f"A journal has format {journal.format}, this version reads {FORMAT}; run the one that wrote it."
        )
    return journal
