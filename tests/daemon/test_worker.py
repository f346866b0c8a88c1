"""Serve, drain, stop: and fall silent between, when the lease cannot be kept."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, TypeAlias

import anyio
import pytest

from agent.daemon.room import Room
from agent.daemon.sources import OneContact
from agent.daemon.supervisor import Goodbye
from agent.daemon.worker import Worker, WorkerSettings
from agent.errors import StoreUnreachable
from agent.ids import WorkerId
from agent.record import ContactRecord
from agent.session.session import Ending

Virtually: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]


class Scene:
    """A worker, running."""

    def __init__(self, parts: SimpleNamespace) -> None:
        self.parts = parts
        self.stage = parts.stage()
        self.source = parts.source()
        self.lifespan: list[str] = []
        self.shares: list[int] = []

    def worker(self, *, source: Any = None, **settings: Any) -> Worker:
        return Worker(
            self.stage.begin,
            lifespan=self._lifespan(),
            source=source or self.source,
            store=self.stage.store,
            duty=self.parts.duty(),
            room=Room(500),
            settings=WorkerSettings(**settings),
            clock=self.stage.clock,
            random=self.stage.random,
            shared_by=self.shares.append,
            report=self.stage.report,
        )

    @asynccontextmanager
    async def _lifespan(self) -> AsyncIterator[None]:
        self.lifespan.append("entered")
        try:
            yield
        finally:
            self.lifespan.append("left")

    async def offer(self, *names: str) -> None:
        for name in names:
            self.source.offer(self.parts.key(name))
        await anyio.wait_all_tasks_blocked()


def _story(
    virtually: Virtually, parts: SimpleNamespace, story: Callable[[Scene, Worker], Any], **settings: Any
) -> None:
    async def told() -> None:
        scene = Scene(parts)
        worker = scene.worker(**settings)
        async with anyio.create_task_group() as group:
            await group.start(worker.run)
            await anyio.wait_all_tasks_blocked()
            await story(scene, worker)
            group.cancel_scope.cancel()

    virtually(told())


def test_a_worker_tells_once_that_it_is_full_and_once_that_it_has_room(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """Not for each offer that waits."""

    async def story(scene: Scene, worker: Worker) -> None:
        worker.room.resize(2)
        await scene.offer("a", "b", "c", "d")
        await anyio.sleep(60)
        for session in list(scene.stage.running):
            session.leave()
        await anyio.sleep(60)
        assert scene.stage.contacts == ["c", "d"]
        assert [name for name in scene.stage.names() if name.startswith("worker.")] == ["worker.serving", "worker.full"]
        scene.stage.running[0].leave()
        await anyio.sleep(60)
        *_, told = [told for told in scene.stage.told if told.name.startswith("worker.")]
        assert (told.name, told.fields) == ("worker.has_room", {"chats": 1, "places": 2})

    _story(virtually, stand_ins, story)


def test_a_worker_that_stops_has_no_room_to_tell_of(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Its places become free one after the other, for nobody."""

    async def lingers(session: Any) -> Ending:
        await anyio.sleep(20)
        ending: Ending = await session.go()
        return ending

    async def story(scene: Scene, worker: Worker) -> None:
        worker.room.resize(2)
        scene.stage.plans[scene.parts.key("b")] = [lingers]
        await scene.offer("a", "b")
        await anyio.sleep(2)
        worker.stop()
        await scene.stage.until(lambda: "worker.stopped" in scene.stage.names())
        told = [name for name in scene.stage.names() if name in {"worker.full", "worker.draining", "worker.has_room"}]
        assert told == ["worker.full", "worker.draining"]

    _story(virtually, stand_ins, story)


@pytest.mark.parametrize(("goodbye", "word"), [(Goodbye.RELEASE, "drain"), (Goodbye.LEAVE, "leave")])
def test_a_stopped_worker_takes_leave_of_its_chats_in_order(
    virtually: Virtually, stand_ins: SimpleNamespace, goodbye: Goodbye, word: str
) -> None:
    """No new chat, running turns end, the lifespan is left last, the lease is given up."""

    async def told() -> None:
        scene = Scene(stand_ins)
        worker = scene.worker(goodbye=goodbye)
        async with anyio.create_task_group() as group:
            await group.start(worker.run)
            await anyio.wait_all_tasks_blocked()
            await scene.offer("a", "b")
            assert scene.lifespan == ["entered"]
            worker.stop()
        assert [what for _, what in scene.stage.tellings] == [word, word]
        assert scene.lifespan == ["entered", "left"]
        assert list(await scene.stage.store.workers()) == []
        assert scene.stage.names()[-4:] == ["worker.draining", "chat.closed", "chat.closed", "worker.stopped"]

    virtually(told())


def test_a_turn_that_never_ends_is_cut_off_at_the_deadline(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """A stop takes as long as the operator allows, no longer."""

    async def never(_: Any) -> Ending:
        await anyio.sleep_forever()
        return Ending.OVER

    async def told() -> None:
        scene = Scene(stand_ins)
        scene.stage.plans[stand_ins.key("a")] = [never]
        worker = scene.worker(drain_deadline=25)
        async with anyio.create_task_group() as group:
            await group.start(worker.run)
            await anyio.wait_all_tasks_blocked()
            await scene.offer("a")
            asked = anyio.current_time()
            worker.stop()
        assert anyio.current_time() - asked == pytest.approx(25, abs=0.1)
        assert "worker.drain_cut_short" in scene.stage.names()
        assert scene.stage.running == []

    virtually(told())


def test_a_worker_that_drains_takes_nothing_on(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """What is offered then is neither claimed nor acknowledged: another worker may have it at once."""

    async def slow(_: Any) -> Ending:
        await anyio.sleep(10)
        return Ending.RELEASED

    async def told() -> None:
        scene = Scene(stand_ins)
        scene.stage.plans[stand_ins.key("a")] = [slow]
        worker = scene.worker()
        async with anyio.create_task_group() as group:
            await group.start(worker.run)
            await anyio.wait_all_tasks_blocked()
            await scene.offer("a")
            worker.stop()
            late = stand_ins.offered(stand_ins.key("late"))
            scene.source.put(late)
        assert not late.acknowledged
        assert await scene.stage.store.load(stand_ins.key("late")) is None

    virtually(told())


def test_what_a_dead_worker_left_is_taken_up_at_the_start(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Before any offer comes."""

    async def told() -> None:
        scene = Scene(stand_ins)
        record = ContactRecord(key=stand_ins.key("a"), bot="echo", display_name="Echo")
        await scene.stage.store.claim(record, owner=WorkerId("dead"))
        async with anyio.create_task_group() as group:
            await group.start(scene.worker().run)
            await scene.stage.until(lambda: scene.stage.contacts == ["a"])
            assert anyio.current_time() == 0
            group.cancel_scope.cancel()

    virtually(told())


def test_what_another_worker_loses_is_taken_up_within_a_lease(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Whoever falls silent is replaced."""

    async def story(scene: Scene, _: Worker) -> None:
        await scene.stage.store.heartbeat(WorkerId("other"), ttl=15)
        record = ContactRecord(key=stand_ins.key("a"), bot="echo", display_name="Echo")
        await scene.stage.store.claim(record, owner=WorkerId("other"))
        await scene.stage.until(lambda: scene.stage.contacts == ["a"])
        assert 15 <= anyio.current_time() <= 20.1
        assert scene.shares[-1] == 1

    _story(virtually, stand_ins, story)


def test_without_the_lease_all_chats_are_silent_and_come_back_with_it(
    virtually: Virtually, stand_ins: SimpleNamespace
) -> None:
    """Nothing is taken on meanwhile; afterwards the worker's own contacts are claimed anew."""

    async def story(scene: Scene, _: Worker) -> None:
        await scene.offer("a", "b")
        beat = scene.stage.store.heartbeat

        async def away(*_: Any, **__: Any) -> None:
            raise StoreUnreachable("away")

        scene.stage.store.heartbeat = away
        await scene.stage.until(lambda: "lease.lapsed" in scene.stage.names())
        assert anyio.current_time() < 15
        await anyio.wait_all_tasks_blocked()
        assert scene.stage.contacts == []
        assert scene.source.opened == 1
        await anyio.sleep(60)
        assert scene.stage.contacts == []
        scene.stage.store.heartbeat = beat
        await scene.stage.until(lambda: scene.stage.contacts == ["a", "b"])
        assert {session.record.epoch for session in scene.stage.running} == {2}
        assert scene.source.opened == 2

    _story(virtually, stand_ins, story)


def test_a_worker_that_is_told_to_stop_while_silent_stops(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """It does not wait for its lease."""

    async def told() -> None:
        scene = Scene(stand_ins)
        worker = scene.worker()
        async with anyio.create_task_group() as group:
            await group.start(worker.run)

            async def away(*_: Any, **__: Any) -> None:
                raise StoreUnreachable("away")

            scene.stage.store.heartbeat = away
            await scene.stage.until(lambda: "lease.lapsed" in scene.stage.names())
            worker.stop()
        assert anyio.current_time() < 16

    virtually(told())


def test_a_store_that_fails_while_looking_around_is_a_warning(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """It is looked around again later."""

    async def story(scene: Scene, _: Worker) -> None:
        claimable = scene.stage.store.claimable

        async def away(*_: Any, **__: Any) -> None:
            scene.stage.store.claimable = claimable
            raise StoreUnreachable("away")

        scene.stage.store.claimable = away
        await scene.stage.until(lambda: "store.failed" in scene.stage.names())
        await scene.offer("a")
        assert scene.stage.contacts == ["a"]

    _story(virtually, stand_ins, story)


def test_one_contact_is_served_and_then_the_worker_ends(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """A source that ends has nothing more to come; nobody else's contacts are taken up."""

    async def told() -> None:
        scene = Scene(stand_ins)
        other = ContactRecord(key=stand_ins.key("other"), bot="echo", display_name="Echo")
        await scene.stage.store.claim(other, owner=WorkerId("dead"))
        async with anyio.create_task_group() as group:
            group.start_soon(scene.worker(source=OneContact(stand_ins.key("a")), resume=False).run)
            await scene.stage.until(lambda: bool(scene.stage.running))
            assert scene.stage.contacts == ["a"]
            scene.stage.running[0].leave()
        assert "worker.stopped" in scene.stage.names()

    virtually(told())


def test_a_store_that_fails_at_the_start_ends_the_worker(virtually: Virtually, stand_ins: SimpleNamespace) -> None:
    """Nothing was promised yet; the lifespan is left."""

    async def told() -> None:
        scene = Scene(stand_ins)

        async def away(*_: Any, **__: Any) -> None:
            raise StoreUnreachable("away")

        scene.stage.store.heartbeat = away
        with pytest.raises(StoreUnreachable):
            await scene.worker().run()
        assert scene.lifespan == ["entered", "left"]

    virtually(told())
