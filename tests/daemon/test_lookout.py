"""Who is there, and what the workers tell one another by the names of their leases."""

from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, TypeAlias

import anyio

from agent.daemon.census import Census, Notice, census
from agent.daemon.lookout import Lookout, look_every
from agent.daemon.ownership import new_worker_id
from agent.errors import StoreUnreachable
from agent.ids import ContactId, ContactKey, InstanceId, WorkerId

Virtually: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]
ANN, BOB, CLEO = WorkerId("ann"), WorkerId("bob"), WorkerId("cleo")
KEYS = [ContactKey(InstanceId("i"), ContactId(f"c{number}")) for number in range(3_000)]


def _lookout(stage: Any, owner: WorkerId) -> Lookout:
    return Lookout(stage.store, owner, ttl=15, clock=stage.clock, report=stage.report)


def test_notices_are_told_from_workers_and_count_with_their_worker_only() -> None:
    """A worker that died leaves its notice behind for a lease."""
    seen = census([ANN, BOB, Notice.LEAVING.of(ANN), Notice.JOINING.of(BOB), Notice.JOINING.of(CLEO)])
    assert seen == Census(workers=(ANN, BOB), leaving=frozenset({ANN}), joining=frozenset({BOB}))
    assert seen.staying == (BOB,)
    assert seen.preferred(KEYS[0]) == BOB
    assert Census().preferred(KEYS[0]) is None
    assert census([WorkerId("host:4510.m.1.x")]).workers == ("host:4510.m.1.x",)


def test_a_newcomer_is_preferred_for_its_part_and_nothing_else_moves() -> None:
    """Each contact's workers are ranked alone: a third one takes about a third, half of it from each."""
    two, three = Census(workers=(ANN, BOB)), Census(workers=(ANN, BOB, CLEO))
    moved = [key for key in KEYS if two.preferred(key) != three.preferred(key)]
    assert all(three.preferred(key) == CLEO for key in moved)
    assert 850 < len(moved) < 1150


def test_a_look_shows_who_came_and_who_went(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """And says whether anything has changed; while the store is away the last look counts."""

    async def story() -> None:
        stage = stand_ins.stage()
        lookout = _lookout(stage, ANN)
        await stage.store.heartbeat(ANN, ttl=60)
        assert await lookout.look()
        assert not await lookout.look()
        await stage.store.heartbeat(BOB, ttl=60)
        assert await lookout.look()
        assert lookout.seen.workers == (ANN, BOB)
        await stage.store.retire(BOB)
        assert await lookout.look()
        assert list(lookout.seen.workers) == [ANN]

    virtually(story())


def test_a_dead_process_of_this_machine_is_retired_with_its_notices(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """Its contacts are free at once, not only after its lease."""

    async def story() -> None:
        stage = stand_ins.stage()
        dead, alive = new_worker_id(), new_worker_id()
        for name in (dead, Notice.LEAVING.of(dead), alive):
            await stage.store.heartbeat(name, ttl=1e6)
        lookout = _lookout(stage, alive)
        await lookout.look()
        assert lookout.seen == Census(workers=(alive,))
        assert list(await stage.store.workers()) == [alive]
        assert stage.names() == ["worker.found_dead"] * 2

    virtually(story())


def test_what_is_told_is_renewed_and_taken_back(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Three writes in a lease at most, however often it is told; and what cannot be taken back is reported."""

    async def story() -> None:
        stage = stand_ins.stage()
        lookout = _lookout(stage, ANN)
        beats: list[float] = []
        beat = stage.store.heartbeat

        async def counted(*args: Any, **kwargs: Any) -> None:
            beats.append(anyio.current_time())
            await beat(*args, **kwargs)

        stage.store.heartbeat = counted
        await beat(ANN, ttl=60)
        for _ in range(30):
            await lookout.tell([Notice.JOINING])
            await anyio.sleep(0.75)
        assert len(beats) == 5
        await lookout.look()
        assert lookout.seen.joining == {ANN}
        await lookout.tell([Notice.LEAVING])
        await lookout.look()
        assert lookout.seen == Census(workers=(ANN,), leaving=frozenset({ANN}))

        async def away(*_: Any) -> None:
            raise StoreUnreachable("away")

        retire, stage.store.retire = stage.store.retire, away
        await lookout.fall_silent()
        assert stage.names() == ["store.failed"]
        stage.store.retire = retire
        await lookout.fall_silent()
        assert list(await stage.store.workers()) == [ANN]

    virtually(story())


def test_two_looks_fit_into_two_seconds_and_often_into_a_short_lease() -> None:
    """A contact that is left to another worker is taken at the second look."""
    assert 2 * look_every(15) < 2
    assert look_every(1) == 0.05
