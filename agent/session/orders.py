"""What an operator, or a guard, wants done in one chat: kept in its record first, then done in a turn of its own.

A kept order is a timer that has begun, so that whatever holds for a cut-off turn holds for an order: it is repeated
first, by whichever worker has the chat, under one name, and what it already said is not said again. An order that was
never kept is refused, and whoever gave it is told. It knows no socket and no store.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

import anyio
import msgspec

from agent.ids import ItemId
from agent.record import Timer

_MARK = "operator/"
REMEMBERED = 20
"""How many orders a record remembers as done, so that one that is given again is not done again."""


_IN_DOUBT = "The worker let go of the chat at that moment: it is not known whether the order was kept."


class Say(msgspec.Struct, frozen=True, kw_only=True, tag="say"):
    """The bot says `text`, in its own name. Showing it does not show the text."""

    id: str
    text: str

    def __repr__(self) -> str:
        return f"Say(id={self.id!r})"


class HandOff(msgspec.Struct, frozen=True, kw_only=True, tag="hand_off"):
    """Writes contact attributes, says `text` if there is any, and leaves the chat to the flow."""

    id: str
    attributes: dict[str, str] = {}
    text: str = ""

    def __repr__(self) -> str:
        return f"HandOff(id={self.id!r})"


class Retry(msgspec.Struct, frozen=True, kw_only=True, tag="retry"):
    """The turn of this dead letter runs once more."""

    id: str
    letter: ItemId


class Drop(msgspec.Struct, frozen=True, kw_only=True, tag="drop"):
    """This dead letter is forgotten."""

    id: str
    letter: ItemId


Order: TypeAlias = Say | HandOff | Retry | Drop


def kept(order: Order) -> Timer:
    """`order` as a record keeps it."""
    return Timer(name=f"{_MARK}{order.id}", due=0.0, payload=msgspec.json.encode(order).decode(), begun=True)


def order_in(timer: Timer | None) -> Order | None:
    """The order that `timer` keeps, if it keeps one."""
    if timer is None or not timer.name.startswith(_MARK):
        return None
    order: Order = msgspec.json.decode(timer.payload, type=Order)
    return order


@dataclass(slots=True, kw_only=True, eq=False)
class Slip:
    """What whoever gave an order holds in the hand.

    Attributes:
        kept: the order is durable: it will be done unless the conversation ends before.
        settled: it is known how it went, as far as this worker will ever know.
        refusal: why it was not done; "" when it was.
        sent: the messages that it sent.
        passed_on: it is kept, and the next worker of this chat will do it.
        doubtful: it is not known whether it was kept; given again under its id it is done once at most.
    """

    order: Order
    kept: anyio.Event = field(default_factory=anyio.Event)
    settled: anyio.Event = field(default_factory=anyio.Event)
    refusal: str = ""
    sent: tuple[ItemId, ...] = ()
    passed_on: bool = False
    doubtful: bool = False

    def refuse(self, why: str) -> None:
        """It will not be done."""
        self.refusal = why
        self.settled.set()


class OrderBook:
    """The orders of one chat that nobody has done yet, first come first served.

    Attributes:
        keeping: the first one is being written down; until that has ended it is not known whether it is durable.
    """

    def __init__(self) -> None:
        self.keeping = False
        self._waiting: list[Slip] = []
        self._kept: dict[str, Slip] = {}
        self._closed = ""

    def put(self, slip: Slip) -> None:
        """The order is to be done; refused at once when nothing can be done any more."""
        if self._closed:
            slip.refuse(self._closed)
        else:
            self._waiting.append(slip)

    @property
    def waits(self) -> bool:
        """Whether an order waits to be kept."""
        return bool(self._waiting)

    @property
    def first(self) -> Slip:
        """The first order that is not kept yet; it stays the first until it is `taken`."""
        return self._waiting[0]

    def taken(self, refusal: str, *, done: bool) -> None:
        """The first order was refused, was done by being kept, or is durable now."""
        slip = self._waiting.pop(0)
        if not refusal:
            slip.kept.set()
        if refusal or done:
            slip.refuse(refusal)
        else:
            self._kept[slip.order.id] = slip

    def settle(self, order: Order, *, sent: tuple[ItemId, ...] = (), refusal: str = "") -> None:
        """The order's turn was committed."""
        if slip := self._kept.pop(order.id, None):
            slip.sent, slip.refusal = sent, refusal
            slip.settled.set()

    def close(self, why: str, *, passed_on: bool) -> None:
        """Nothing is done here any more; `passed_on`: another worker will do what is kept."""
        self._closed = why
        if self.keeping and self._waiting:
            slip = self._waiting.pop(0)
            slip.doubtful = True
            slip.refuse(_IN_DOUBT)
        while self._waiting:
            self._waiting.pop(0).refuse(why)
        for slip in self._kept.values():
            slip.passed_on = passed_on
            slip.refuse("" if passed_on else why)
        self._kept.clear()
