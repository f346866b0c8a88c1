"""The messages of a queue that this worker has in hand: hidden from others until their fate is known, then let go.

Whatever is still in hand at the end is shown to the other workers at once. It does not know what a message means.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import assert_never

import anyio

from agent.errors import QueueError
from agent.ports import Declined, Offer, QueueMessage, QueuePort
from agent.telemetry import Happening, Level, Report

_RENEWALS = 3  # in the time that a message stays hidden
_GATHER = 0.05  # seconds; a call costs the same for one message and for ten
_FAREWELL = 5.0  # seconds
_RESTS = (30, 60, 120, 240)  # seconds


class Hand:
    """Messages by their receipts."""

    def __init__(self, queue: QueuePort, *, hide: int, report: Report) -> None:
        """`hide` is how long a message stays hidden unless that is renewed, in seconds."""
        self._queue = queue
        self._hide = hide
        self._report = report
        self._held: set[str] = set()
        self._done: list[str] = []
        self._shown: defaultdict[int, list[str]] = defaultdict(list)
        self._changed = anyio.Event()

    def take(self, message: QueueMessage) -> None:
        """Keeps the message hidden from now on."""
        self._held.add(message.receipt)

    def leave(self, message: QueueMessage) -> None:
        """Lets the queue show the message again by itself, or put it aside, as its own rules say."""
        self._held.discard(message.receipt)

    def delete(self, message: QueueMessage) -> None:
        """Deletes the message soon, together with others. One that fails comes again and is recognised."""
        self._drop(message, self._done)

    def show(self, message: QueueMessage) -> None:
        """Shows the message to the other workers soon."""
        self._drop(message, self._shown[0])

    def rest(self, message: QueueMessage) -> None:
        """Shows the message after a while, longer each time: a queue puts aside what was received a few times."""
        self._drop(message, self._shown[_RESTS[min(message.receives, len(_RESTS)) - 1]])

    async def keep_hidden(self) -> None:
        """Renews what is held, until cancelled."""
        while True:
            await anyio.sleep(self._hide / _RENEWALS)
            if self._held:
                await self._try(lambda: self._queue.hide(list(self._held), seconds=self._hide))

    async def keep_tidy(self) -> None:
        """Deletes and shows, as many at once as come together within a moment, until cancelled."""
        while True:
            while not (self._done or any(self._shown.values())):
                await self._changed.wait()
            await anyio.sleep(_GATHER)
            await self._tidy()

    async def let_go(self) -> None:
        """Deletes what is done with and shows all the rest. Bounded, also when cancelled."""
        with anyio.move_on_after(_FAREWELL, shield=True):
            self._shown[0].extend(self._held)
            self._held.clear()
            await self._tidy()

    async def _tidy(self) -> None:
        """What is cut off on the way is done once more by `let_go`."""
        if done := list(self._done):
            await self._try(lambda: self._queue.delete(done))
            del self._done[: len(done)]
        for after in list(self._shown):
            await self._show(self._shown[after], after)

    async def _show(self, waiting: list[str], after: int) -> None:
        if shown := list(waiting):
            await self._try(lambda: self._queue.hide(shown, seconds=after))
            del waiting[: len(shown)]

    async def _try(self, call: Callable[[], Awaitable[None]]) -> None:
        try:
            await call()
        except QueueError as error:
            self._report(Happening(name="queue.failed", level=Level.WARNING, error=error))

    def _drop(self, message: QueueMessage, into: list[str]) -> None:
        self._held.discard(message.receipt)
        into.append(message.receipt)
        self._changed.set()
        self._changed = anyio.Event()


class InHand:
    """A `Claimable` that is a message in hand."""

    def __init__(self, offer: Offer, message: QueueMessage, hand: Hand) -> None:
        self.offer = offer
        self.settled = anyio.Event()
        self._message = message
        self._hand = hand

    async def done(self) -> None:
        self._hand.delete(self._message)
        self.settled.set()

    async def decline(self, why: Declined) -> bool:
        match why:
            case Declined.FULL:
                self._hand.show(self._message)
            case Declined.RESTING:
                self._hand.rest(self._message)
            case Declined.NOT_OURS:
                self._hand.leave(self._message)
            case _:
                assert_never(why)
        self.settled.set()
        return True
