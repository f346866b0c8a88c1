"""The only entrance: what happens in the chat comes through here, once each and in order.

Live items wait while a gap is being closed, and for a moment after they came (`reorder_window`), because frames may
overtake each other [client code]. Nothing is kept without bound: what does not fit stays in the transcript and is read
later. It knows no socket and no bot, and of an item's meaning only whose it is.
"""

import asyncio
from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import attrgetter

from agent.clock import Clock
from agent.ids import ItemId, ParticipantId
from agent.record import ContactRecord
from agent.session.ledger import Ledger, Position
from agent.session.wheel import Wheel
from agent.wire.content import EventType, Role
from agent.wire.items import Event, Item, Message, Receipt

_position = attrgetter("position")

SLACK = 0.001
"""Seconds by which an event loop's timer may be early, by another clock: what is due within them is due now."""


class Inbox:
    """Items of one chat, in the order in which they are to be handled.

    Attributes:
        ledger: which items have been handled.
        own: which of our own messages are accounted for by turns.
        wants: whether an item is for the bot; what it does not want is passed over as handled.
        gap: something could not be kept: the transcript has to be read again.
        repeated, late: how many items came again, and how many after a later one had been handled.
        typing_at: when (monotonic seconds) the customer was last seen typing.
        first_at, last_at: when the first and the last of what waits came.
    """

    def __init__(
        self,
        record: ContactRecord,
        own_id: ParticipantId,
        *,
        clock: Clock,
        wheel: Wheel,
        reorder_window: float,
        capacity: int,
    ) -> None:
        self.ledger = Ledger(record.cursor)
        self.own = Ledger(record.own)
        self.wants: Callable[[Item], bool] = lambda item: True
        self.gap = False
        self.repeated = 0
        self.late = 0
        self.typing_at = float("-inf")
        self.first_at = 0.0
        self.last_at = 0.0
        self._own_id = own_id
        self._clock = clock
        self._wheel = wheel
        self._window = reorder_window
        self._capacity = capacity
        self._interrupted = frozenset(record.interrupted)
        self._waiting: list[Item] = []
        self._known: set[Position] = set()
        self._passing: deque[Position] = deque(maxlen=Ledger.REMEMBERED)
        self._unaccounted: dict[ItemId, Message] = {}
        self._ready: dict[Position, float] = {}
        self._gaps = 1
        self._closed = 0
        self._pauses = 0
        self._waiters: list[asyncio.Future[None]] = []
        self._impatient = 0

    # ------------------------------------------------------------------------------------- coming in

    def live(self, item: Item) -> bool:
        """An item from a socket or a stream; whether it was new."""
        return self._admit(item, self._window)

    def expect_disorder(self, window: float) -> None:
        """From now on a live item waits so long, in seconds, for one that was sent before it."""
        self._window = window

    def history(self, item: Item) -> bool:
        """An item from the transcript, before which nothing can be missing; whether it was new."""
        return self._admit(item, 0.0)

    def hold(self) -> None:
        """Something may be missing: whatever comes waits until a reading that begins from now on has ended."""
        self._gaps += 1

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Whatever comes waits meanwhile, and no longer."""
        self._pauses += 1
        try:
            yield
        finally:
            self._pauses -= 1
            self.wake()

    def reading(self) -> int:
        """A reading of the transcript begins; what it can close, to be given to `release`."""
        self.gap = False
        return self._gaps

    def release(self, gaps: int) -> None:
        """A reading has ended; what waits may be taken, unless more went missing after it began."""
        self._closed = max(self._closed, gaps)
        self.wake()

    def _admit(self, item: Item, patience: float) -> bool:
        position = item.position
        if item.sender.participant_id == self._own_id:
            if isinstance(item, Message) and position not in self.own:
                self._unaccounted[item.id] = item
            return False
        if isinstance(item, Receipt) or (isinstance(item, Event) and self._is_typing(item)):
            return False
        if position in self._known or position in self._passing or position in self.ledger:
            self.repeated += 1
        elif not self.wants(item):
            self._mark(item)
        elif not (self._waiting or self.gap) or self._has_room(item):
            self._queue(item, position, patience)
            return True
        return False

    def _has_room(self, item: Item) -> bool:
        """What does not fit, and all that came after it, is left to the next reading of the transcript."""
        if item.id in self._interrupted:  # its turn had room for it, and must have again
            return True
        full = sum(each.id not in self._interrupted for each in self._waiting) >= self._capacity
        if not full and not self.gap:
            return True
        if not self._waiting or item.position > self._waiting[-1].position:
            self.gap = True
            return False
        if full:
            self.gap = True
            last = self._waiting.pop().position
            self._known.discard(last)
            del self._ready[last]
        return True

    def _queue(self, item: Item, position: Position, patience: float) -> None:
        now = self._clock.monotonic()
        self.late += position < self.ledger.newest
        self._ready[position] = now + patience
        self.first_at, self.last_at = (self.first_at if self._waiting else now), now
        insort(self._waiting, item, key=_position)
        self._known.add(position)
        if patience:
            self._wheel.after(patience, self._ripen)
        if self._impatient or not patience:
            self.wake()

    def _ripen(self) -> None:
        """What came a moment ago may be taken now, unless the loop's timer was early."""
        ready_at, now = self.ready_at, self._clock.monotonic()
        if ready_at is not None and ready_at > now + SLACK:
            self._wheel.after(ready_at - now, self._ripen)
        else:
            self.wake()

    def _is_typing(self, item: Event) -> bool:
        if item.content_type != EventType.TYPING:
            return False
        if item.sender.role == Role.CUSTOMER:
            self.typing_at = self._clock.monotonic()
            self.wake()
        return True

    # -------------------------------------------------------------------------------------- going out

    @property
    def waiting(self) -> tuple[Item, ...]:
        """What waits for a turn, oldest first."""
        return tuple(self._waiting)

    @property
    def ready_at(self) -> float | None:
        """When (monotonic seconds) the first waiting item may be taken; None when there is none, or it is held."""
        held = self._closed < self._gaps or self._pauses
        return min(self._ready.values()) if self._waiting and not held else None

    def ready(self) -> int:
        """How many waiting items may be taken now: up to the last for which nothing need be waited any more."""
        now = self._clock.monotonic()
        due = now + SLACK
        return max(
            (number for number, item in enumerate(self._waiting, 1) if self._ready[item.position] <= due), default=0
        )

    def take(self, count: int | None = None) -> tuple[Item, ...]:
        """The first `count` waiting items, or all; they count as handled only once `handled` is called."""
        taken = tuple(self._waiting[:count])
        del self._waiting[: len(taken)]
        for item in taken:
            del self._ready[item.position]
        return taken

    def handled(self, items: tuple[Item, ...]) -> None:
        """The items belong to a turn that is being committed, or to none at all."""
        for item in items:
            self._mark(item)
            self._known.discard(item.position)

    def _mark(self, item: Item) -> None:
        if item.persisted:
            self.ledger.mark(item.position)
        else:
            self._passing.append(item.position)

    def pass_over(self, unwanted: Callable[[Item], bool]) -> None:
        """Drops what waits and is unwanted, as handled."""
        dropped = tuple(filter(unwanted, self._waiting))
        self._waiting = [item for item in self._waiting if item not in dropped]
        for item in dropped:
            del self._ready[item.position]
        self.handled(dropped)

    async def changed(self, *, within: float = float("inf")) -> None:
        """Returns when an item may be taken, at a release, typing event or `wake`, or after so many seconds."""
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiters.append(waiter)
        alarm = None if within == float("inf") else loop.call_later(within, self.wake)
        try:
            await waiter
        finally:
            if alarm is not None:
                alarm.cancel()

    async def arrival(self) -> None:
        """Returns as soon as an item is here that may be taken at once or after its moment of waiting."""
        self._impatient += 1
        try:
            while self.ready_at is None:
                await self.changed()
        finally:
            self._impatient -= 1

    def wake(self) -> None:
        """Makes everybody who waits for a change look again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    # ----------------------------------------------------------------------------------- our own words

    @property
    def unaccounted(self) -> tuple[Message, ...]:
        """Our own messages in the chat that no turn has accounted for, oldest first."""
        return tuple(sorted(self._unaccounted.values(), key=_position)) if self._unaccounted else ()

    def account(self, message_id: ItemId, absolute_time: str) -> None:
        """This message of ours is accounted for by the running turn."""
        self._unaccounted.pop(message_id, None)
        self.own.mark((absolute_time, message_id))

    def account_for_older(self, position: Position) -> None:
        """What we said before what is at `position` belongs to no turn that is still to come."""
        for message in self.unaccounted:
            if message.position < position:
                self.account(message.id, message.absolute_time)

    def account_for_all(self) -> None:
        """Every message of ours so far is accounted for, also one that we never hear of: ours come one at a time."""
        for message in self.unaccounted:
            self.account(message.id, message.absolute_time)
        self.own.settle()
