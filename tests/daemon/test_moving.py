"""Chats that change their worker: to a newcomer, from one that stops, and from one that could not keep them."""

from collections.abc import Callable, Collection, Coroutine
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, TypeAlias

import anyio
import pytest

from agent.daemon.abreast import abreast
from agent.daemon.census import Census
from agent.daemon.rebalancing import Rebalancer, Rebalancing
from agent.daemon.room import Room
from agent.daemon.shunned import Shunned
from agent.daemon.worker import Worker, WorkerSettings
from agent.errors import StoreUnreachable
from agent.ids import ContactId, ContactKey, InstanceId, WorkerId
from agent.record import ContactRecord
from agent.testing.clocks import ManualClock

Virtually: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]
ANN, BOB = WorkerId("ann"), WorkerId("bob")
KEYS = [ContactKey(InstanceId("instance"), ContactId(f"c{number:02}")) for number in range(40)]
BOTH = Census(workers=(ANN, BOB), joining=frozenset({BOB}))
BOBS = [key for key in KEYS if BOTH.preferred(key) == BOB]


def _drawn(
    rebalancer: Rebalancer,
    clock: ManualClock,
    seen: Census,
    seconds: int,
    rests: Callable[[ContactKey, float], bool] = lambda key, stay: True,
) -> list[ContactKey]:
    moved: list[ContactKey] = []
    for _ in range(seconds):
        clock.advance(1)
        moved += rebalancer.due(seen, KEYS, rests)
    return moved


def test_a_newcomer_gets_its_part_one_a_second() -> None:
    """And nothing else, however long it is joining."""
    clock = ManualClock()
    assert _drawn(Rebalancer(ANN, Rebalancing(), clock), clock, BOTH, 5) == BOBS[:5]
    assert _drawn(Rebalancer(ANN, Rebalancing(), clock), clock, BOTH, 500) == BOBS


@pytest.mark.parametrize(
    ("settings", "seen"),
    [
        (Rebalancing(rate=0), BOTH),
        (Rebalancing(few=len(KEYS)), BOTH),
        (Rebalancing(), Census(workers=(ANN, BOB))),
        (Rebalancing(), Census(workers=(ANN, BOB), joining=frozenset({ANN, BOB}))),
        (Rebalancing(), Census(workers=(ANN, BOB), joining=frozenset({BOB}), leaving=frozenset({BOB}))),
    ],
)
def test_nothing_moves_without_a_reason(settings: Rebalancing, seen: Census) -> None:
    """Switched off, few chats, nobody joins, all join, or who joined leaves."""
    clock = ManualClock()
    assert _drawn(Rebalancer(ANN, settings, clock), clock, seen, 100) == []


def test_a_chat_in_a_turn_moves_when_it_rests() -> None:
    """It waits behind the others."""
    clock = ManualClock()
    busy = {BOBS[0]}
    rebalancer = Rebalancer(ANN, Rebalancing(), clock)
    assert _drawn(rebalancer, clock, BOTH, 3, lambda key, stay: key not in busy) == BOBS[1:4]
    busy.clear()
    assert BOBS[0] in _drawn(rebalancer, clock, BOTH, 100, lambda key, stay: True)


def test_what_is_shunned_is_forgotten_in_time_and_when_there_is_too_much() -> None:
    """A worker runs for months."""
    clock = ManualClock()
    shunned = Shunned(clock, limit=2)
    for key in KEYS[:3]:
        shunned.add(key, 10)
    assert [key in shunned for key in KEYS[:3]] == [False, True, True]
    clock.advance(10)
    assert KEYS[2] not in shunned
    assert len(shunned) == 1


def test_the_first_error_stops_what_has_not_begun(virtually: Virtually) -> None:
    """What is under way comes to its end, a few at a time."""
    done: list[int] = []

    async def act(number: int) -> None:
        await anyio.sleep(1)
        if number == 2:
            raise StoreUnreachable("away")
        done.append(number)

    async def story() -> None:
        with pytest.raises(StoreUnreachable):
            await abreast(range(100), act, at_once=4)
        assert done[:3] == [0, 1, 3]
        assert len(done) <= 4

    virtually(story())


class Cluster:
    """Workers over one store."""

    def __init__(self, parts: SimpleNamespace) -> None:
        self.parts = parts
        self.stage = parts.stage()
        self.shares: dict[str, list[int]] = {}

    def worker(
        self, name: str, *, places: int = 500, deaf: Callable[[], Collection[ContactKey]] = tuple, **settings: Any
    ) -> tuple[Worker, Any]:
        source = self.parts.source()
        worker = Worker(
            self.stage.begin,
            lifespan=nullcontext(),
            source=source,
            store=self.stage.store,
            duty=self.parts.duty(owner=WorkerId(name)),
            room=Room(places),
            settings=WorkerSettings(**settings),
            clock=self.stage.clock,
            random=self.stage.random,
            shared_by=self.shares.setdefault(name, []).append,
            deaf=deaf,
            report=self.stage.report,
        )
        return worker, source

    def of(self, name: str) -> list[ContactKey]:
        return sorted(session.record.key for session in self.stage.running if session.record.owner == name)


def test_a_newcomer_takes_up_its_part_and_nothing_goes_back(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """The quotas are shared from the first look on, and whole again when one is left."""

    async def story() -> None:
        cluster = Cluster(stand_ins)
        ann, source = cluster.worker("ann")
        bob, _ = cluster.worker("bob")
        async with anyio.create_task_group() as group:
            await group.start(ann.run)
            await anyio.wait_all_tasks_blocked()
            for key in KEYS:
                source.offer(key)
            await anyio.sleep(70)
            await group.start(bob.run)
            await anyio.sleep(120)
            assert cluster.of("bob") == BOBS
            assert cluster.shares["ann"][-1] == cluster.shares["bob"][-1] == 2
            await anyio.sleep(600)
            assert cluster.of("bob") == BOBS
            bob.stop()
            await anyio.sleep(30)
            assert cluster.of("ann") == KEYS
            assert cluster.shares["ann"][-1] == 1
            group.cancel_scope.cancel()

    virtually(story())


def test_a_drain_lets_chats_go_as_fast_as_others_take_them(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Each is without an owner for less than two seconds, and those whose turn has not come go on."""

    async def story() -> None:
        cluster = Cluster(stand_ins)
        ann, source = cluster.worker("ann", handover_rate=4.0)
        bob, _ = cluster.worker("bob")
        async with anyio.create_task_group() as group:
            await group.start(ann.run)
            await anyio.wait_all_tasks_blocked()
            for key in KEYS:
                source.offer(key)
            await anyio.sleep(1)
            await group.start(bob.run)
            await anyio.sleep(1)
            ann.stop()
            await anyio.sleep(5)
            assert 15 <= len(cluster.of("bob")) <= 22
            assert len(cluster.of("ann")) + len(cluster.of("bob")) >= 34
            await anyio.sleep(8)
            assert cluster.of("bob") == KEYS
            assert list(await cluster.stage.store.workers()) == ["bob"]
            group.cancel_scope.cancel()

    virtually(story())


def test_a_dead_workers_chats_find_owners_within_two_seconds_after_its_lease(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """Shared by the others according to rank; nobody waits for the other."""

    async def story() -> None:
        cluster = Cluster(stand_ins)
        store = cluster.stage.store
        await store.heartbeat(WorkerId("dead"), ttl=15)
        for key in KEYS:
            await store.claim(ContactRecord(key=key, bot="echo", display_name="Echo"), owner=WorkerId("dead"))
        ann, _ = cluster.worker("ann")
        bob, _ = cluster.worker("bob")
        async with anyio.create_task_group() as group:
            await group.start(ann.run)
            await group.start(bob.run)
            await anyio.sleep(14.9)
            assert cluster.of("ann") == cluster.of("bob") == []
            await anyio.sleep(2)
            assert min(len(cluster.of("ann")), len(cluster.of("bob"))) >= 8
            assert sorted(cluster.of("ann") + cluster.of("bob")) == KEYS
            group.cancel_scope.cancel()

    virtually(story())


def test_what_a_full_worker_owns_without_serving_it_is_released(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """It lost its chats with its lease, and its places went to others: nobody else could claim what it owns."""

    async def story() -> None:
        cluster = Cluster(stand_ins)
        store = cluster.stage.store
        ann, source = cluster.worker("ann", places=1)
        bob, _ = cluster.worker("bob")
        async with anyio.create_task_group() as group:
            await group.start(ann.run)
            await anyio.wait_all_tasks_blocked()
            source.offer(KEYS[0])
            await anyio.sleep(1)
            beat, claimable = store.heartbeat, store.claimable

            async def away(*_: Any, **__: Any) -> Any:
                raise StoreUnreachable("away")

            store.heartbeat = store.claimable = away
            await cluster.stage.until(lambda: "lease.lapsed" in cluster.stage.names())
            store.heartbeat = beat
            await anyio.sleep(1)
            source.offer(KEYS[1])
            await anyio.sleep(1)
            store.claimable = claimable
            await group.start(bob.run)
            await anyio.sleep(20)
            assert (cluster.of("ann"), cluster.of("bob")) == ([KEYS[1]], [KEYS[0]])
            group.cancel_scope.cancel()

    virtually(story())
