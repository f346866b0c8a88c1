"""One lease for all contacts: kept alive, and given up in one's own mind before the others may think so."""

import os
import subprocess
import sys
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, TypeAlias

import anyio
import pytest

from agent.daemon.ownership import Lease, has_died, new_worker_id
from agent.errors import StoreUnreachable
from agent.ids import WorkerId

Virtually: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]
ME = WorkerId("me")


def _parts(worker: WorkerId) -> list[str]:
    return worker.rsplit(".", 3)


def test_a_worker_id_names_host_machine_and_process_and_is_never_used_twice() -> None:
    """The host may have dots in its name."""
    one, two = new_worker_id(), new_worker_id()
    assert one != two
    assert _parts(one)[:3] == _parts(two)[:3]
    assert _parts(one)[2] == str(os.getpid())


def test_a_process_of_this_machine_that_is_gone_has_died() -> None:
    """So a restart after a crash need not wait for the lease."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(timeout=30)
    host, machine, _, chance = _parts(new_worker_id())
    assert has_died(WorkerId(f"{host}.{machine}.{process.pid}.{chance}"), of=new_worker_id())


def test_an_earlier_life_of_the_same_process_number_has_died() -> None:
    """In a container every life is process 1."""
    assert has_died(new_worker_id(), of=new_worker_id())


def test_in_doubt_a_worker_lives() -> None:
    """Itself, a live process, another machine, another container, a name of another kind."""
    me = new_worker_id()
    host, machine, number, chance = _parts(me)
    assert not has_died(me, of=me)
    for other in (
        f"{host}.{machine}.1.{chance}",
        f"{host}.{machine}.x.{chance}",
        f"other.{machine}.{number}.{chance}",
        f"{host}.other.{number}.{chance}",
        "somebody",
    ):
        assert not has_died(WorkerId(other), of=me)


def test_a_kept_lease_stays_alive(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Three renewals in each lease."""

    async def story() -> None:
        stage = stand_ins.stage()
        lease = Lease(stage.store, ME, ttl=15, clock=stage.clock, report=stage.report)
        await lease.take()
        assert lease.held
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: lease.keep(lapsed=lambda: pytest.fail("lapsed")))
            await anyio.sleep(41)
            assert ME in await stage.store.workers()
            group.cancel_scope.cancel()
        assert stage.names() == ["lease.renewed"] * 10

    virtually(story())


@pytest.mark.parametrize("hanging", [True, False])
def test_who_cannot_renew_falls_silent_before_the_lease_lapses_for_others(
    virtually: Virtually, stand_ins: SimpleNamespace, hanging: bool
) -> None:
    """Whether the store refuses or never answers; and speaks again once the lease is held anew."""

    async def story() -> None:
        stage = stand_ins.stage()
        lease = Lease(stage.store, ME, ttl=15, clock=stage.clock, report=stage.report)
        await lease.take()
        beat, alive_until_then = stage.store.heartbeat, []

        async def away(*_: Any, **__: Any) -> None:
            if hanging:
                await anyio.sleep_forever()
            raise StoreUnreachable("away")

        def lapsed() -> None:
            alive_until_then.append(anyio.current_time())

        stage.store.heartbeat = away
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: lease.keep(lapsed=lapsed))
            await stage.until(lambda: "lease.lapsed" in stage.names())
            assert not lease.held
            assert [12 <= moment < 15 for moment in alive_until_then] == [True]
            assert ME in await stage.store.workers()
            await anyio.sleep(100)
            assert len(alive_until_then) == 1
            stage.store.heartbeat = beat
            await lease.wait_held()
            assert ME in await stage.store.workers()
            group.cancel_scope.cancel()

    virtually(story())


def test_a_store_that_answers_slowly_costs_no_lease(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """In time is in time: the next renewal is due by when the last was asked for, not by when it was answered."""

    async def story() -> None:
        stage = stand_ins.stage()
        beat = stage.store.heartbeat

        async def slow(*args: Any, **kwargs: Any) -> None:
            await beat(*args, **kwargs)
            await anyio.sleep(5.5)

        stage.store.heartbeat = slow
        lease = Lease(stage.store, ME, ttl=15, clock=stage.clock, report=stage.report)
        await lease.take()
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: lease.keep(lapsed=lambda: pytest.fail("lapsed")))
            await anyio.sleep(100)
            assert lease.held
            group.cancel_scope.cancel()

    virtually(story())


def test_a_renewal_that_answered_late_counts_from_when_it_was_asked(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """The store may have stamped it at once and answered slowly: the lease may already run out there."""

    async def story() -> None:
        stage = stand_ins.stage()
        beat = stage.store.heartbeat
        lapses: list[float] = []

        async def slow(*args: Any, **kwargs: Any) -> None:
            await beat(*args, **kwargs)
            stage.store.heartbeat = away
            await anyio.sleep(10)

        async def away(*_: Any, **__: Any) -> None:
            raise StoreUnreachable("away")

        stage.store.heartbeat = slow
        lease = Lease(stage.store, ME, ttl=15, clock=stage.clock, report=stage.report)
        await lease.take()
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: lease.keep(lapsed=lambda: lapses.append(anyio.current_time())))
            await stage.until(lambda: bool(lapses))
            group.cancel_scope.cancel()
        assert 12 <= lapses[0] < 15

    virtually(story())


def test_a_store_that_never_answers_is_an_error_at_the_start(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """The operator learns it instead of waiting."""

    async def story() -> None:
        stage = stand_ins.stage()

        async def silent(*_: Any, **__: Any) -> None:
            await anyio.sleep_forever()

        stage.store.heartbeat = silent
        with pytest.raises(StoreUnreachable, match="within the lease"):
            await Lease(stage.store, ME, ttl=15, clock=stage.clock).take()

    virtually(story())


def test_a_failing_store_is_an_error_at_the_start_and_a_warning_later(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """Counting workers and giving up are worth a line, no more."""

    async def story() -> None:
        stage = stand_ins.stage()

        async def away(*_: Any, **__: Any) -> None:
            raise StoreUnreachable("away")

        beat, stage.store.heartbeat = stage.store.heartbeat, away
        lease = Lease(stage.store, ME, ttl=15, clock=stage.clock, report=stage.report)
        with pytest.raises(StoreUnreachable):
            await lease.take()
        stage.store.heartbeat, stage.store.retire = beat, away
        await lease.take()
        stage.store.heartbeat = away
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: lease.keep(lapsed=lambda: None))
            await stage.until(lambda: "lease.at_risk" in stage.names())
            group.cancel_scope.cancel()
        assert lease.held
        await lease.give_up()
        assert not lease.held
        assert "worker.not_retired" in stage.names()

    virtually(story())


class _Frozen:
    """A clock that may be ahead of the loop: while the process was stopped, time passed and nothing was woken."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self.stopped_for = 0.0

    def monotonic(self) -> float:
        return float(self._clock.monotonic()) + self.stopped_for

    def now(self) -> Any:
        return self._clock.now()


def test_a_process_that_was_stopped_past_its_lease_falls_silent_before_it_renews(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """Others may own its contacts by now: a renewal that works would otherwise hide that."""

    async def story() -> None:
        stage = stand_ins.stage()
        clock = _Frozen(stage.clock)
        lease = Lease(stage.store, ME, ttl=15, clock=clock, report=stage.report)
        await lease.take()
        held_then: list[bool] = []
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: lease.keep(lapsed=lambda: held_then.append("lease.renewed" in names())))
            await anyio.sleep(1)
            stage.told.clear()
            names = stage.names
            clock.stopped_for = 60
            assert not lease.held
            await stage.until(lambda: "lease.renewed" in stage.names())
            assert held_then == [False]
            assert lease.held
            group.cancel_scope.cancel()

    virtually(story())


def test_an_answer_that_comes_after_the_lease_holds_nothing(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """The process was stopped between the question and the answer."""

    async def story() -> None:
        stage = stand_ins.stage()
        clock = _Frozen(stage.clock)
        beat = stage.store.heartbeat

        async def stopped(*args: Any, **kwargs: Any) -> None:
            await beat(*args, **kwargs)
            clock.stopped_for += 60
            stage.store.heartbeat = beat

        lease = Lease(stage.store, ME, ttl=15, clock=clock, report=stage.report)
        await lease.take()
        stage.store.heartbeat = stopped
        lapses: list[float] = []
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: lease.keep(lapsed=lambda: lapses.append(anyio.current_time())))
            await stage.until(lambda: bool(lapses))
            assert not lease.held
            await lease.wait_held()
            assert lease.held
            group.cancel_scope.cancel()
        assert len(lapses) == 1

    virtually(story())
