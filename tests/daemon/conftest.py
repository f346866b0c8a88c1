"""Virtual time and small stand-ins for the daemon's tests: waiting costs nothing, and waiting for ever is an error."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from random import Random
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from msgspec.structs import replace

from agent.clock import LoopClock
from agent.daemon.roster import Roster
from agent.daemon.supervisor import Duty
from agent.ids import ContactId, ContactKey, InstanceId, WorkerId
from agent.ports import Declined, Offer
from agent.record import ContactRecord, Phase
from agent.session.session import Ending
from agent.store.memory import MemoryStore
from agent.telemetry import Happening
from agent.testing.virtual import run_virtually
from tests.unseen import heeding


@pytest.fixture
def virtually() -> Callable[[Coroutine[Any, Any, None]], None]:
    """Runs a coroutine to its end in virtual time; what it raises unseen fails it."""
    return lambda story: run_virtually(heeding(story))


class FakeSession:
    """A session that does what the test tells it: by default it waits to be told to go."""

    def __init__(self, record: ContactRecord, stage: "Stage") -> None:
        self.record = record
        self._stage = stage
        self._told = anyio.Event()
        self.told = ""
        self.resting = True

    async def run(self) -> Ending:
        self._stage.running.append(self)
        self._stage.changed()
        try:
            plan = self._stage.plans.get(self.record.key)
            if plan and (act := plan.pop(0)) is not None:
                return await act(self)
            await self._told.wait()
            return await self.go()
        finally:
            self._stage.running.remove(self)
            self._stage.changed()

    async def go(self) -> Ending:
        if self.told == "drain":
            await self._stage.store.release(self.record)
            return Ending.RELEASED
        return Ending.LOST if self.told == "lose" else Ending.OVER

    async def end(self) -> None:
        await self._stage.store.save(replace(self.record, phase=Phase.OVER))

    def tell(self, what: str) -> None:
        self.told = self.told or what
        self._stage.tellings.append((self.record.key, what))
        self._told.set()

    def drain(self) -> None:
        self.tell("drain")

    def leave(self) -> None:
        self.tell("leave")

    def lose(self) -> None:
        self.tell("lose")


class Offered:
    """A `Claimable` that remembers being acknowledged."""

    def __init__(self, key: ContactKey, **more: Any) -> None:
        self.offer = Offer(key=key, **more)
        self.acknowledged = False
        self.declined: Declined | None = None
        self.comes_again = False

    async def done(self) -> None:
        self.acknowledged = True

    async def decline(self, why: Declined) -> bool:
        self.declined = why
        return self.comes_again


class Counter:
    """A `ContactSource` that a test puts offers on."""

    def __init__(self) -> None:
        self.opened = 0
        self.offered: list[Offered] = []
        self._send: Any = None

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[Any]:
        self.opened += 1
        self._send, receive = anyio.create_memory_object_stream[Any](100)
        async with self._send, receive:
            yield receive

    def offer(self, key: ContactKey, **more: Any) -> Offered:
        offered = Offered(key, **more)
        self.put(offered)
        return offered

    def put(self, offered: Offered) -> None:
        self.offered.append(offered)
        self._send.send_nowait(offered)

    def close(self) -> None:
        self._send.close()


class Stage:
    """A store, fake sessions and everything that was reported. Make it inside the loop that it is used in."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.random = Random(7)
        self.store = MemoryStore(self.clock)
        self.running: list[FakeSession] = []
        self.tellings: list[tuple[ContactKey, str]] = []
        self.plans: dict[ContactKey, list[Any]] = {}
        self.told: list[Happening] = []
        self._event = anyio.Event()

    def begin(self, record: ContactRecord) -> FakeSession:
        return FakeSession(record, self)

    def report(self, happening: Happening) -> None:
        self.told.append(happening)
        self.changed()

    def changed(self) -> None:
        self._event.set()
        self._event = anyio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until something has changed so that `condition` holds, at most two virtual hours."""
        with anyio.fail_after(7_200):
            while not condition():
                await self._event.wait()

    def names(self) -> list[str]:
        return [happening.name for happening in self.told]

    @property
    def contacts(self) -> list[str]:
        return sorted(session.record.key.contact_id for session in self.running)


def _key(name: str) -> ContactKey:
    return ContactKey(InstanceId("instance"), ContactId(name))


def _duty(*, roster: Roster | None = None, **changes: Any) -> Duty:
    echo = Roster(bots={"echo": "Echo"}, default="echo")
    return Duty(**{"owner": WorkerId("me"), "roster": roster or echo, **changes})


@pytest.fixture
def stand_ins() -> SimpleNamespace:
    """`stage`, `source`, `offered`, `key` and `duty`: what the daemon's stories are made of."""
    return SimpleNamespace(stage=Stage, source=Counter, offered=Offered, key=_key, duty=_duty)
