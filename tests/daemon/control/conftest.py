"""A worker of fake sessions with its control socket open, on a real socket and in real time."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.to_thread
import pytest
from msgspec.structs import replace

from agent.clock import SystemClock
from agent.config import ControlSection
from agent.daemon.control.client import Line, lines
from agent.daemon.control.opening import control, timeline_of
from agent.daemon.room import Room
from agent.daemon.roster import Roster
from agent.daemon.supervisor import Duty, Goodbye
from agent.daemon.worker import Worker, WorkerSettings
from agent.ids import ContactId, ContactKey, InstanceId, WorkerId
from agent.record import ContactRecord
from agent.session.orders import Slip
from agent.session.session import Ending
from agent.session.surroundings import Ports
from agent.store.memory import MemoryStore
from agent.telemetry import Happening

INSTANCE = InstanceId("11111111-2222-4333-8444-555555555555")


def key(name: str) -> ContactKey:
    return ContactKey(INSTANCE, ContactId(name))


class FakeSession:
    """Stays until it is told to go; keeps its orders, and settles them as the scene wants."""

    def __init__(self, record: ContactRecord, scene: "Scene") -> None:
        self.record = record
        self.scene = scene
        self.waiting = 3
        self._told = anyio.Event()
        self._goodbye = ""

    async def run(self) -> Ending:
        self.scene.report(Happening(name="contact.joined", contact=self.record.key))
        await self._told.wait()
        if self._goodbye == "drain":
            await self.scene.store.release(self.record)
            return Ending.RELEASED
        return Ending.OVER

    def drain(self) -> None:
        self._goodbye = "drain"
        self._told.set()

    def leave(self) -> None:
        self._goodbye = "leave"
        self._told.set()

    def lose(self) -> None:
        self._told.set()

    def carry_out(self, slip: Slip) -> None:
        self.scene.slips.append(slip)
        self.scene.settle(slip)


class Connect:
    """Ends contacts, or refuses to."""

    def __init__(self) -> None:
        self.stopped: list[ContactKey] = []
        self.error: Exception | None = None

    async def stop_contact(self, key: ContactKey) -> None:
        if self.error:
            raise self.error
        self.stopped.append(key)


class Pacer:
    async def admit(self, *_: Any, **__: Any) -> None:
        return

    def throttled(self, *_: Any) -> None:
        return


class Scene:
    """A worker with chats, and the other end of its control socket."""

    def __init__(self, directory: Path, *, goodbye: Goodbye = Goodbye.RELEASE, lease: float = 60) -> None:
        self.section = ControlSection(directory=directory / "control", audit=directory / "audit.jsonl", history=5)
        self.clock = SystemClock()
        self.store = MemoryStore(self.clock)
        self.told: list[Happening] = []
        self.slips: list[Slip] = []
        self.settle: Callable[[Slip], None] = lambda slip: slip.settled.set()
        self.connect = Connect()
        self.timeline = timeline_of(self.section, max_chats=10, clock=self.clock)
        self.room = Room(10)
        self.worker = Worker(
            lambda record: FakeSession(record, self),
            lifespan=nullcontext(),
            source=self,
            store=self.store,
            duty=Duty(
                owner=WorkerId(f"host.boot.{os.getpid()}.abcd"), roster=Roster(bots={"echo": "Echo"}, default="echo")
            ),
            room=self.room,
            settings=WorkerSettings(lease=lease, goodbye=goodbye),
            clock=self.clock,
            random=Random(1),
            report=self.report,
        )
        ports: Any = SimpleNamespace(
            connect=self.connect,
            store=self.store,
            pacer=Pacer(),
            clock=self.clock,
            random=Random(1),
            report=self.report,
        )
        self.ports: Ports = ports

    def report(self, happening: Happening) -> None:
        self.told.append(happening)
        self.timeline(happening)

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[AsyncIterator[Any]]:
        send, receive = anyio.create_memory_object_stream[Any](0)
        async with send, receive:
            yield receive

    @asynccontextmanager
    async def serving(self, *names: str) -> AsyncIterator[Path | None]:
        """The worker serves these contacts, and its control socket is open."""
        for name in names:
            fresh = ContactRecord(key=key(name), bot="echo", display_name="Echo")
            await self.store.heartbeat(WorkerId("before"), ttl=60)
            await self.store.release(await self.store.claim(fresh, owner=WorkerId("before")))
        await self.store.retire(WorkerId("before"))
        async with (
            control(self.section, self.worker, self.timeline, self.ports) as path,
            anyio.create_task_group() as group,
        ):
            await group.start(lambda task_status: self.worker.run(task_status=task_status))
            with anyio.fail_after(30):
                while len(self.worker.supervisor.contacts if self.worker.supervisor else ()) < len(names):
                    await anyio.lowlevel.checkpoint()
                await anyio.wait_all_tasks_blocked()
            yield path
            group.cancel_scope.cancel()

    async def ask(self, verb: str, **args: Any) -> Any:
        return await self.asking(lambda line: line.ask(verb, **args))

    async def follow(self, verb: str, **args: Any) -> list[Any]:
        return await self.asking(lambda line: list(line.follow(verb, patience=30, **args)))

    async def asking(self, work: Callable[[Line], Any]) -> Any:
        def asked() -> Any:
            (line,) = lines(self.section.directory)
            with line:
                return work(line)

        return await anyio.to_thread.run_sync(asked)

    async def stored(self, name: str, **changes: Any) -> ContactRecord:
        """Another worker's contact."""
        other = WorkerId("other.boot.1.ffff")
        await self.store.heartbeat(other, ttl=3600)
        fresh = ContactRecord(key=key(name), bot="echo", display_name="Echo")
        record = replace(await self.store.claim(fresh, owner=other), **changes)
        await self.store.save(record)
        return record

    def noted(self) -> str:
        return self.section.audit.read_text(encoding="utf-8")


@pytest.fixture
def scene(tmp_path: Path) -> Callable[..., Scene]:
    """Makes a scene, inside the loop that it is used in."""
    return lambda **more: Scene(tmp_path, **more)
