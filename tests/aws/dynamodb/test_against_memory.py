"""Whatever is done to it, the store in a table answers as the store in memory does."""

from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.aws.dynamodb import DynamoDBStore
from agent.errors import StoreError
from agent.ids import WorkerId
from agent.ports import ContactStore
from agent.record import ContactRecord, Phase
from agent.store import MemoryStore
from agent.testing.clocks import ManualClock
from agent.testing.conformance.records import key, record
from tests.aws.dynamodb.tables import made_table
from tests.aws.moto import Moto

WORKERS = st.sampled_from([WorkerId("ann"), WorkerId("bob"), WorkerId("cat")])
NUMBERS = st.integers(1, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), WORKERS, NUMBERS),
        st.tuples(st.just("claim"), WORKERS, NUMBERS),
        st.tuples(st.sampled_from(["save", "release", "finish"]), st.integers(0, 5), st.integers(0, 9)),
        st.tuples(st.just("heartbeat"), WORKERS, st.integers(1, 20)),
        st.tuples(st.just("retire"), WORKERS),
        st.tuples(st.just("forget"), NUMBERS),
        st.tuples(st.just("advance"), st.integers(1, 15)),
        st.tuples(st.just("jump"), st.integers(-30, 30)),
    ),
    min_size=5,
    max_size=25,
)


async def answer(call: Callable[[], Awaitable[object]]) -> object:
    """What came of a call: its value, or the kind of its refusal."""
    try:
        return await call()
    except StoreError as error:
        return type(error).__name__


class Told:
    """Does the same to both, and compares."""

    def __init__(self, ours: ContactStore, theirs: ContactStore, clock: ManualClock) -> None:
        self.stores = (ours, theirs)
        self.clock = clock
        self.held: list[ContactRecord] = []

    async def both(self, call: Callable[[ContactStore], Awaitable[object]]) -> object:
        ours, theirs = [await answer(lambda store=store: call(store)) for store in self.stores]  # type: ignore[misc]
        assert ours == theirs
        return ours

    async def step(self, what: str, *about: Any) -> None:
        match what:
            case "claim":
                got = await self.both(lambda store: store.claim(record(about[1]), owner=about[0]))
                self.held += [got] if isinstance(got, ContactRecord) else []
            case "heartbeat":
                await self.both(lambda store: store.heartbeat(about[0], ttl=about[1]))
            case "retire":
                await self.both(lambda store: store.retire(about[0]))
            case "forget":
                await self.both(lambda store: store.forget(key(about[0])))
            case "advance":
                self.clock.advance(about[0])
            case "jump":
                self.clock.jump(about[0])
            case _ if self.held:
                await self.write(what, self.held[-1 - about[0] % len(self.held)], about[1])

    async def write(self, what: str, held: ContactRecord, state: int) -> None:
        wanted = replace(held, state=bytes([state]), phase=Phase.OVER if what == "finish" else held.phase)
        if what == "release":
            await self.both(lambda store: store.release(wanted))
        else:
            await self.both(lambda store: store.save(wanted))

    async def look(self) -> None:
        for number in (1, 2, 3):
            await self.both(lambda store, number=number: store.load(key(number)))  # type: ignore[misc]
        await self.both(lambda store: store.workers())
        await self.both(lambda store: store.live())
        for worker in (WorkerId("ann"), WorkerId("dan")):
            await self.both(lambda store, by=worker: store.claimable(by, limit=2))  # type: ignore[misc]
            await self.both(lambda store, by=worker: store.claimable(by, after=key(1)))  # type: ignore[misc]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
async def test_both_answer_alike(moto: Moto, steps: list[tuple[Any, ...]]) -> None:
    """After every story the records, the living and the lists are the same."""
    clock = ManualClock()
    async with await DynamoDBStore.open(made_table(moto), clock=clock) as ours:
        told = Told(ours, MemoryStore(clock), clock)
        for step in steps:
            await told.step(*step)
        await told.look()


async def test_a_dead_worker_that_holds_nothing_is_struck_off(moto: Moto) -> None:
    """The index is asked for each worker that is known, so that list must not grow for ever."""
    clock = ManualClock()
    async with await DynamoDBStore.open(made_table(moto), clock=clock) as store:
        for name in ("ann", "bob", "cat"):
            await store.heartbeat(WorkerId(name), ttl=10)
        await store.claim(record(), owner=WorkerId("bob"))
        clock.advance(3600)
        await store.heartbeat(WorkerId("cat"), ttl=10)
        await store.sweep(older_than=0)
        assert [lease.worker for lease in await store._leases.all()] == ["bob", "cat"]
        assert await store.claimable(WorkerId("cat")) == [key()]
        await store.heartbeat(WorkerId("ann"), ttl=10)
        assert await store.workers() == ["ann", "cat"]
