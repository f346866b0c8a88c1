"""Who may speak, in any order of events: many workers over one store that loses calls, under clocks that differ.

The real lease, claims and store; time is in the hand of the machine, so that a worker may be stopped for any while.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from random import Random
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agent.daemon.claims import Claims
from agent.daemon.ownership import Lease
from agent.errors import Fenced, StoreError, StoreUnreachable
from agent.ids import ContactId, ContactKey, InstanceId, WorkerId
from agent.record import ContactRecord
from agent.store.memory import MemoryStore
from agent.telemetry import silent
from agent.testing.clocks import ManualClock
from agent.testing.virtual import VirtualLoop

TTL = 15.0
STEP = TTL / 20
KEYS = [ContactKey(InstanceId("instance"), ContactId(name)) for name in ("a", "b")]
ANY = st.integers(0, 7)


class Line:
    """One worker's way to the store; `fate` says what becomes of the next call."""

    def __init__(self, clock: ManualClock, store: MemoryStore) -> None:
        self._store = MemoryStore(clock)
        self._store._rows, self._store._leases = store._rows, store._leases
        self.fate = "answered"
        self.away = False

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Awaitable[Any]] = getattr(self._store, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            fate, self.fate = self.fate, "answered"
            if self.away or fate == "request lost":
                raise StoreUnreachable(fate)
            answer = await method(*args, **kwargs)
            if fate == "answer lost":
                raise StoreUnreachable(fate)
            return answer

        return call


class Mate:
    """One worker: its clock, its lease, and the contacts for which it would speak."""

    def __init__(self, name: str, store: MemoryStore, now: float, skew: float) -> None:
        self.name = WorkerId(name)
        self.clock = ManualClock()
        self.clock.advance(now)
        self.clock.jump(skew)
        self.line: Any = Line(self.clock, store)
        self.lease = Lease(self.line, self.name, ttl=TTL, clock=self.clock)
        self.claims = Claims(self.line, self.name, random=Random(1), report=silent)
        self.held: dict[ContactKey, ContactRecord] = {}
        self.letting_go: set[ContactKey] = set()
        self.stopped = False
        self.gone = False

    async def renew(self) -> None:
        """One round of the lease's own loop."""
        with anyio.move_on_after(1e-9):
            await self.lease.keep(lapsed=self.held.clear)

    def speaks_for(self, key: ContactKey) -> bool:
        """A session says nothing from its release on, whether or not the store's answer reaches it."""
        return not self.gone and self.lease.held and key in self.held and key not in self.letting_go


class Ownership(RuleBasedStateMachine):
    """Any worker may do anything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=VirtualLoop)
        self.store = MemoryStore(ManualClock())
        self.mates: list[Mate] = []
        self.now = 0.0
        self.old: list[ContactRecord] = []
        self.owners: dict[tuple[ContactKey, int], WorkerId] = {}

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def one(self, number: int) -> Mate | None:
        able = [mate for mate in self.mates if not (mate.stopped or mate.gone)]
        return able[number % len(able)] if able else None

    @initialize()
    def begins_with_two(self) -> None:
        self.joins(0.0)
        self.joins(0.0)

    @precondition(lambda self: len(self.mates) < 6)
    @rule(skew=st.floats(-1.2, 1.2))
    def joins(self, skew: float) -> None:
        """Clocks differ by less than a fifth of the lease."""
        mate = Mate(f"w{len(self.mates)}", self.store, self.now, skew)
        self.do(mate.lease.take())
        self.mates.append(mate)

    @rule(steps=st.integers(1, 40))
    def time_passes(self, steps: int) -> None:
        """Whoever is not stopped renews when its time has come."""
        for step in range(steps):
            self.now += STEP
            for mate in self.mates:
                mate.clock.advance(STEP)
                if not (mate.stopped or mate.gone) and (step % 6 == 0 or not mate.lease.held):
                    self.do(mate.renew())

    @rule(number=ANY, fate=st.sampled_from(["request lost", "answer lost"]))
    def loses_a_call(self, number: int, fate: str) -> None:
        if mate := self.one(number):
            mate.line.fate = fate

    @rule(number=ANY)
    def loses_or_finds_the_store(self, number: int) -> None:
        if mate := self.one(number):
            mate.line.away = not mate.line.away

    @rule(number=ANY)
    def is_stopped(self, number: int) -> None:
        if mate := self.one(number):
            mate.stopped = True

    @rule(number=ANY)
    def is_stopped_past_its_lease(self, number: int) -> None:
        self.is_stopped(number)
        self.time_passes(25)

    @rule()
    def all_go_on(self) -> None:
        for mate in self.mates:
            mate.stopped = False

    @rule(number=ANY, key=st.sampled_from(KEYS))
    def claims(self, number: int, key: ContactKey) -> None:
        mate = self.one(number)
        if mate is None or not mate.lease.held:
            return
        try:
            record = self.do(mate.claims.take_now(ContactRecord(key=key, bot="echo", display_name="Echo")))
        except StoreUnreachable:
            return
        if record is not None:
            assert (key, record.epoch) not in self.owners, "an epoch was owned twice"
            self.owners[key, record.epoch] = mate.name
            self.old += [mate.held[key]] if key in mate.held else []
            mate.held[key] = record
            mate.letting_go.discard(key)

    @rule(number=ANY, key=st.sampled_from(KEYS), release=st.booleans())
    def writes(self, number: int, key: ContactKey, release: bool) -> None:
        """What was written, was written by the owner; who is fenced holds nothing any more. A release is repeated."""
        mate = self.one(number)
        if mate is None or key not in mate.held:
            return
        record = mate.held[key]
        if release := release or key in mate.letting_go:
            mate.letting_go.add(key)
        try:
            self.do((mate.line.release if release else mate.line.save)(record))
            row = self.store._rows[key]
            assert (row.record.epoch, row.owner) == (record.epoch, None if release else mate.name)
        except Fenced:
            del mate.held[key]
        except StoreError:
            return
        else:
            if release:
                self.old.append(mate.held.pop(key))

    @precondition(lambda self: self.old)
    @rule(number=ANY)
    def an_earlier_session_writes(self, number: int) -> None:
        """It is refused, also when its worker owns the contact again."""
        with pytest.raises(Fenced):
            self.do(self.store.save(self.old[number % len(self.old)]))

    @rule(number=ANY)
    def retires(self, number: int) -> None:
        mate = self.one(number)
        if mate is not None and len(self.mates) > 1:
            mate.gone = True
            self.do(mate.lease.give_up())

    @invariant()
    def never_two_speakers(self) -> None:
        """And whoever may speak owns the contact in the store."""
        for key in KEYS:
            speakers = [mate.name for mate in self.mates if mate.speaks_for(key)]
            assert len(speakers) <= 1, f"{speakers} speak for {key.contact_id}"
            assert not speakers or self.store._rows[key].owner == speakers[0]

    def teardown(self) -> None:
        self.runner.close()


TestOwnership = Ownership.TestCase
TestOwnership.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestOwnership.pytestmark = [pytest.mark.timeout(300)]
