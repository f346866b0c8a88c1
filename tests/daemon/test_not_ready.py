"""Each reason not to be ready, brought about in a real worker, read from ``/readyz``; and what ends it."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import aiohttp
import anyio
import pytest

from agent import Bot, Chat
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.assembly import assembled
from agent.daemon.health_station import Station
from agent.daemon.sources import LocalSource
from agent.daemon.worker import Worker
from agent.emulator import Emulator, Fault, Rule, emulate
from agent.emulator.participants import Role
from agent.errors import StoreUnreachable
from agent.ids import WorkerId
from agent.store.memory import MemoryStore
from agent.telemetry import Happening
from tests.scenarios.pulse import PATIENCE

pytestmark = pytest.mark.timeout(4 * PATIENCE)


class Store(MemoryStore):
    """A store that may be away for everybody's leases."""

    away = False

    async def heartbeat(self, owner: WorkerId, *, ttl: float) -> None:
        if self.away:
            raise StoreUnreachable("away")
        await super().heartbeat(owner, ttl=ttl)


@dataclass
class Ward:
    """A worker under observation."""

    connect: Emulator
    worker: Worker
    store: Store
    http: aiohttp.ClientSession
    address: str = ""
    happened: anyio.Event = field(default_factory=anyio.Event)

    def note(self, happening: Happening) -> None:
        if happening.name == "health.listening":
            self.address = str(happening.fields["address"])
        self.happened.set()
        self.happened = anyio.Event()

    async def reasons(self) -> list[str]:
        async with self.http.get(f"{self.address}/readyz") as answer:
            told = json.loads(await answer.read())
        assert told["ready"] is not bool(told["reasons"])
        assert answer.status == (200 if told["ready"] else 503)
        return [one["reason"] for one in told["reasons"]]

    async def becomes(self, *reasons: str) -> None:
        """These are the reasons, sooner or later, and no others."""
        seen: list[str] = []
        with anyio.move_on_after(PATIENCE):
            while (seen := await self.reasons()) != list(reasons):
                await self.happened.wait()
        assert seen == list(reasons)


async def test_each_reason_is_told_while_it_holds() -> None:
    """And no other one."""
    async with _ward() as ward:
        assert await ward.reasons() == ["starting"]
        async with anyio.create_task_group() as group:
            group.start_soon(ward.worker.run)
            await ward.becomes()
            ward.store.away = True
            await ward.becomes("store_unreachable", "lease_at_risk")
            ward.store.away = False
            await ward.becomes()
            ward.connect.start_chat(connected=True)
            await ward.becomes("full")
            ward.worker.room.resize(10)
            await ward.becomes()
            await _deafened(ward)
            await ward.connect.close()
            await ward.becomes("source_failing", "deaf_sockets")
            ward.worker.stop()
            await ward.becomes("source_failing", "draining")


async def _deafened(ward: Ward) -> None:
    """Its sockets are lost, and new ones refused; then they are let in again."""
    ward.connect.weather.set([Rule(fault=Fault.REFUSE_UPGRADE, role="CUSTOM_BOT")])
    [chat] = ward.worker.supervisor.contacts if ward.worker.supervisor else []
    ward.connect.close_sockets(chat.contact_id, role=Role.CUSTOM_BOT)
    await ward.becomes("deaf_sockets")
    ward.connect.weather.set([])
    await ward.becomes()


@asynccontextmanager
async def _ward() -> AsyncIterator[Ward]:
    clock, bot = SystemClock(), Bot("mine")

    @bot.on_join
    async def greet(chat: Chat) -> None:
        await chat.say("hello")

    async with AsyncExitStack() as stack:
        connect = await stack.enter_async_context(emulate())
        settings = Configuration(
            connect={"endpoint_url": connect.url},  # type: ignore[arg-type]
            worker={"lease": 1, "max_chats": 1},  # type: ignore[arg-type]
            health={"port": 0, "deaf_after": 0.3, "deaf_share": 0.5},  # type: ignore[arg-type]
        )
        told: list[Ward] = []
        early: list[Happening] = []
        station = Station(settings, log=lambda one: told[0].note(one) if told else early.append(one), clock=clock)
        store = Store(clock)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        await stack.enter_async_context(station.open())
        source = LocalSource(connect.url, random=Random(1), report=station)
        assembly = await stack.enter_async_context(
            assembled(settings, bot, bot, source=source, room=station.room, store=store, report=station)
        )
        ward = Ward(connect, assembly.worker, store, http)
        told.append(ward)
        for happening in early:
            ward.note(happening)
        yield ward
