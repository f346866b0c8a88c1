"""One worker of a simulated cluster, whole: the real `Worker`, over ports that may die, freeze or lose the store.

What it asks of Amazon Connect arrives there even if it is stopped or dies meanwhile, as a request on its way does.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import anyio
from anyio.abc import TaskGroup

from agent.aws.failures import failure
from agent.clock import Clock, LoopClock
from agent.errors import SocketRefused, StoreUnreachable
from agent.ids import ContactKey, Secret, WorkerId
from agent.ports import Claimable, ContactStore, Declined, Hearer, Offer, Operation, Socket
from agent.store.memory import MemoryStore
from agent.testing.inmemory import InMemorySockets
from tests.simulation.freezing import Freezer, outside
from tests.simulation.mortal import Life

COMES_AGAIN = 12.0
"""Seconds after which an offer that nobody acknowledged is offered anew."""


class SkewedClock(LoopClock):
    """A machine's clock: its hour is a little off."""

    def __init__(self, ahead: float) -> None:
        super().__init__()
        self.ahead = ahead

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)


class SharedStore(MemoryStore):
    """One machine's view of the store that all share: its stamps are those of its own clock."""

    def __init__(self, clock: Clock, store: MemoryStore) -> None:
        super().__init__(clock)
        self._rows = store._rows
        self._leases = store._leases


@dataclass(kw_only=True)
class StoreClimate:
    """What goes wrong between the workers and the store.

    Attributes:
        faults: how likely a call is lost, on its way there or back.
        slow: how likely it takes seconds.
        away_until: until when (loop time) it cannot be reached at all.
        hangs: whether it then keeps silent instead of refusing.
    """

    faults: float = 0.0
    slow: float = 0.0
    away_until: float = 0.0
    hangs: bool = False

    @property
    def away(self) -> bool:
        return anyio.current_time() < self.away_until


class DistantStore:
    """The store as one mortal worker reaches it."""

    def __init__(self, store: ContactStore, life: Life, climate: StoreClimate, random: Random) -> None:
        self._store = store
        self._life = life
        self._climate = climate
        self._random = random
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def distant(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            return await self._life.call(lambda: self._over_there(method, *args, **kwargs))

        return distant

    async def _over_there(self, method: Any, *args: Any, **kwargs: Any) -> Any:
        slow = self._random.random() < self._climate.slow
        trouble = self._random.random() < self._climate.faults
        before = self._random.random() < 0.5
        await anyio.sleep(self._random.random() * (8.0 if slow and before else 0.02))
        if self._climate.away:
            await anyio.sleep(self._climate.away_until - anyio.current_time() if self._climate.hangs else 0.5)
            raise StoreUnreachable("the store is away")
        if trouble and before:
            raise StoreUnreachable("the request was lost")
        result = await method(*args, **kwargs)
        await anyio.sleep(self._random.random() * (8.0 if slow and not before else 0.0))
        if trouble:
            raise StoreUnreachable("the answer was lost")
        return result


class Line:
    """One worker's way to Amazon Connect, sockets included, which can be cut."""

    def __init__(self, sockets: InMemorySockets) -> None:
        self._sockets = sockets
        self._cut_until = 0.0
        self._open: dict[Hearer, Any] = {}

    @property
    def cut(self) -> bool:
        """Whether nothing goes through."""
        return anyio.current_time() < self._cut_until

    def cut_for(self, seconds: float) -> None:
        """Every socket breaks, and nothing goes through for so long."""
        self._cut_until = max(self._cut_until, anyio.current_time() + seconds)
        for socket in list(self._open.values()):
            socket.hang_up()
            socket.closed(1006)

    def mend(self) -> None:
        """It goes through again."""
        self._cut_until = 0.0

    async def connect(self, url: Secret, hearer: Hearer) -> None:
        """A `SocketPort`."""
        if self.cut:
            await anyio.sleep(0.1)
            raise SocketRefused("nobody answers at the websocket's address")
        await self._sockets.connect(url, Overheard(hearer, self._open))


@dataclass(frozen=True, eq=False)
class Overheard:
    """A `Hearer` whose socket is known in `open` for as long as it is."""

    hearer: Hearer
    open: dict[Hearer, Any]

    def opened(self, socket: Socket) -> None:
        self.open[self] = socket
        self.hearer.opened(socket)

    def heard(self, frame: str | bytes) -> None:
        self.hearer.heard(frame)

    def lost(self, code: int) -> None:
        del self.open[self]
        self.hearer.lost(code)


class WireCalls:
    """Calls of one worker to Amazon Connect."""

    def __init__(
        self, calls: Any, life: Life, wire: TaskGroup, line: Line, asks: Callable[[Operation, Any], None]
    ) -> None:
        """`asks` is told of each call when it is made."""
        self._calls = calls
        self._life = life
        self._wire = wire
        self._line = line
        self._asks = asks

    async def __call__(self, operation: Operation, **members: Any) -> Mapping[str, Any]:
        async def sent() -> Mapping[str, Any]:
            if self._line.cut:
                await anyio.sleep(0.1)
                raise failure(operation, ConnectionRefusedError())
            self._asks(operation, members)
            return await self._sent(operation, members)

        answer: Mapping[str, Any] = await self._life.call(sent)
        return answer

    async def _sent(self, operation: Operation, members: dict[str, Any]) -> Mapping[str, Any]:
        arrived = anyio.Event()
        answers: list[Mapping[str, Any]] = []
        errors: list[Exception] = []

        async def perform() -> None:
            try:
                answers.append(await self._calls(operation, **members))
            except Exception as error:  # the caller's to judge, if it still lives
                errors.append(error)
            arrived.set()

        outside(lambda: self._wire.start_soon(perform))
        await arrived.wait()
        if errors:
            raise errors[0]
        return answers[0]


@dataclass(eq=False)
class InHand:
    """An offer that one worker looks at."""

    offer: Offer
    queue: "OfferQueue"
    settled: bool = False
    declined: bool = False

    async def done(self) -> None:
        self.settled = True

    async def decline(self, why: Declined) -> bool:
        self.settled = self.declined = True
        self.queue.again(self.offer)
        return True


@dataclass
class OfferQueue:
    """Offers for whichever worker is free; each comes again until it is settled, and now and then once more."""

    group: TaskGroup
    random: Random
    _waiting: list[Offer] = field(default_factory=list)
    _news: anyio.Event = field(default_factory=anyio.Event)

    def put(self, key: ContactKey) -> None:
        self._waiting.append(Offer(key=key))
        self._news.set()
        self._news = anyio.Event()

    def again(self, offer: Offer, after: float = 1.0) -> None:
        async def later() -> None:
            await anyio.sleep(after)
            self.put(offer.key)

        outside(lambda: self.group.start_soon(later))

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[AsyncIterator[Claimable]]:
        yield self._stream()

    async def _stream(self) -> AsyncIterator[Claimable]:
        while True:
            while not self._waiting:
                await self._news.wait()
                await anyio.sleep(self.random.random() * 0.2)
            hand = InHand(self._waiting.pop(0), self)
            outside(lambda hand=hand: self.group.start_soon(self._watch, hand))  # type: ignore[misc]
            yield hand

    async def _watch(self, hand: InHand) -> None:
        await anyio.sleep(COMES_AGAIN)
        repeated = not hand.declined and self.random.random() < 0.05
        if not hand.settled or repeated:
            self.put(hand.offer.key)


@dataclass(eq=False)
class Replica:
    """One process: a worker's name, its clock and its fate."""

    owner: WorkerId
    version: int
    life: Life
    scope: anyio.CancelScope
    freezer: Freezer
    clock: SkewedClock
    line: Line
    worker: Any = None
    draining: bool = False
    ended: bool = False
    began: float = 0.0

    @property
    def healthy(self) -> bool:
        """Whether it can serve now."""
        return self.life.alive and not (self.ended or self.draining or self.freezer.frozen)
