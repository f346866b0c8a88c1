"""What workers cost the store while nothing happens: as much as there are workers, however many chats they serve."""

from collections import Counter
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, TypeAlias

import anyio
import pytest

from agent.ids import WorkerId
from tests.daemon.test_worker import Scene
from tests.store.counting import CountingStore

Virtually: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]
LEASE = 15.0
QUIET = 20 * LEASE


async def _quiet(parts: SimpleNamespace, chats: int) -> tuple[Counter[str], int]:
    """What is asked, and how many keys are listed, while a worker with so many chats is left alone."""
    scene = Scene(parts)
    store = scene.stage.store
    counted: Any = CountingStore(store)
    scene.stage.store = counted
    worker = scene.worker(lease=LEASE)
    async with anyio.create_task_group() as group:
        await group.start(worker.run)
        await anyio.wait_all_tasks_blocked()
        for number in range(chats):
            await scene.offer(f"c{number}")
        await scene.stage.until(lambda: len(scene.stage.running) == chats)
        await anyio.sleep(LEASE)
        counted.forget_counts()
        await anyio.sleep(QUIET)
        calls, listed = Counter(counted.calls), counted.listed
        group.cancel_scope.cancel()
    return calls, listed


def test_a_quiet_worker_costs_the_same_however_many_chats_it_serves(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """One heartbeat three times in a lease, a look at the leases, and a look for abandoned contacts that finds none."""

    async def told() -> None:
        few, _ = await _quiet(stand_ins, 1)
        many, listed = await _quiet(stand_ins, 200)
        assert many == few
        assert set(many) == {"heartbeat", "workers", "claimable", "sweep"}
        assert many["heartbeat"] == pytest.approx(3 * QUIET / LEASE, abs=1)
        assert many["claimable"] <= 3 * QUIET / LEASE + 1
        assert many["workers"] <= 20 * QUIET / LEASE + 1
        assert listed == 0

    virtually(told())


def test_a_worker_that_takes_over_claims_each_contact_once(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """A read and a claim for each; listed twice at most, and never while it is served."""

    async def told() -> None:
        scene = Scene(stand_ins)
        store = scene.stage.store
        dead = WorkerId("dead")
        await store.heartbeat(dead, ttl=LEASE)
        duty = stand_ins.duty()
        for number in range(50):
            offer = stand_ins.offered(stand_ins.key(f"c{number}")).offer
            await store.claim(duty.fresh(offer, "echo"), owner=dead)
        counted: Any = CountingStore(store)
        scene.stage.store = counted
        async with anyio.create_task_group() as group:
            await group.start(scene.worker(lease=LEASE).run)
            await scene.stage.until(lambda: len(scene.stage.running) == 50)
            await anyio.sleep(QUIET)
            assert (counted.calls["load"], counted.calls["claim"]) == (50, 50)
            assert counted.listed <= 2 * 50
            group.cancel_scope.cancel()

    virtually(told())
