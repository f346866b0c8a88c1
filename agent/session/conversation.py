"""The seam between a session and its bot, as protocols: the session drives a `Conversation`, which gets `Turn`s.

The session promises: one turn at a time per contact; the same turn again after a crash before its commit; sends of a
repeated turn recognised, not repeated. The bot promises: all it says goes through the turn, and all it must remember
stands in the turn's `state`, `journal` and `timers` when `turn` returns. Nothing here knows a socket or a store.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from agent.clock import Clock
from agent.errors import ConversationOver
from agent.ids import ContactId, ContactKey, ParticipantId
from agent.ports import Sent
from agent.record import Timer
from agent.wire.items import Item


class Overlap(StrEnum):
    """What happens to items that arrive while a turn runs.

    QUEUE: each gets its own turn, in order. MERGE: a burst becomes one turn, which waits while the customer is
    typing. LATEST: those that waited become one turn about the newest. INTERRUPT: the running turn is cancelled and
    committed as it stands, and the next one gets its items and the new one.
    """

    QUEUE = "queue"
    MERGE = "merge"
    LATEST = "latest"
    INTERRUPT = "interrupt"


class Trigger(StrEnum):
    """Why a turn runs."""

    JOINED = "joined"
    ITEMS = "items"
    TIMER = "timer"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The chat as a bot may see it."""

    key: ContactKey
    initial_contact_id: ContactId
    participant_id: ParticipantId
    display_name: str
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)
    customer_name: str | None = field(default=None, repr=False)
    channel: str = "CHAT"


class Turn(Protocol):
    """One turn. After the conversation is over every sending verb raises a `ConversationOver`.

    Attributes:
        id: stable across repetitions of the same turn.
        trigger: why the turn runs.
        items: what arrived, in order; more than one only under MERGE, LATEST and INTERRUPT; empty for other triggers.
        timer: the timer that went off, for `Trigger.TIMER`.
        repeated: this turn was begun before, by a process that did not live to commit it.
        state, journal: what the last commit or checkpoint holds; assign to change. Committed when the turn ends.
        timers: by name; add and remove freely. A timer that went off has already been taken out.
        clock: the session's own; timers are due by its wall clock.
        over: why nothing can be said any more, for `Trigger.LEFT`; else None.
    """

    state: bytes
    journal: bytes

    @property
    def id(self) -> str: ...

    @property
    def trigger(self) -> Trigger: ...

    @property
    def items(self) -> Sequence[Item]: ...

    @property
    def timer(self) -> Timer | None: ...

    @property
    def repeated(self) -> bool: ...

    @property
    def contact(self) -> Contact: ...

    @property
    def timers(self) -> MutableMapping[str, Timer]: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def over(self) -> type[ConversationOver] | None: ...

    async def send(self, content: str, *, content_type: str) -> Sequence[Sent]:
        """Sends one reply, split where it is too long; returns when Amazon Connect has accepted all of it.

        The n-th send of a turn is the same logical message in every repetition of the turn: those which the chat
        already holds are recognised and not repeated.

        Raises:
            ConversationOver: it can no longer be sent.
            InvalidMessage: it breaks a limit.
        """
        ...

    async def typing(self) -> None:
        """Shows the customer that the bot is typing, now and every 10 s until the turn ends; never raises for AWS."""
        ...

    async def checkpoint(self) -> None:
        """Makes `state`, `journal` and `timers` durable now, without ending the turn. Raises OwnershipLost."""
        ...

    async def set_attributes(self, attributes: Mapping[str, str]) -> None:
        """Writes contact attributes (to the initial contact). Raises ConnectError."""
        ...

    async def history(self) -> Sequence[Item]:
        """The whole chat so far, oldest first. Raises ConnectError."""
        ...

    async def leave(self) -> None:
        """Leaves the chat: the flow's Wait block goes on. From then on every send raises HandedOff."""
        ...


class Conversation(Protocol):
    """A bot's side of one contact."""

    def wants(self, item: Item) -> bool:
        """Whether this item starts a turn; one that nobody wants is passed over."""
        ...

    async def turn(self, turn: Turn) -> None:
        """Handles one turn to its end. May raise anything; under INTERRUPT and at the chat's end it is cancelled."""
        ...

    async def failed(self, turn: Turn, error: Exception) -> None:
        """The author's last word on a turn that raised: usually one apology to the customer."""
        ...

    async def aclose(self) -> None:
        """The session ends; nothing can be sent any more."""
        ...


class Converser(Protocol):
    """A bot, as a session sees it."""

    @property
    def name(self) -> str: ...

    @property
    def overlap(self) -> Overlap: ...

    def converse(self, contact: Contact) -> Conversation:
        """The bot's side of one contact, new or taken over."""
        ...
