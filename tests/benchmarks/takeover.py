"""A worker with many chats dies, two others take them over: ``python tests/benchmarks/takeover.py [CHATS [STORE]]``.

The real workers over one store, memory or SQLite; the sessions are stand-ins that only hold their contact, so that what
is measured is finding, claiming and sharing them, not Amazon Connect. Also: how late the heartbeats were meanwhile, and
how many calls the store got while nothing happened.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from random import Random
from typing import Any

import anyio

from agent.clock import SystemClock
from agent.daemon.abreast import abreast
from agent.daemon.room import Room
from agent.daemon.roster import Roster
from agent.daemon.supervisor import Duty
from agent.daemon.worker import Worker, WorkerSettings
from agent.ids import WorkerId
from agent.ports import ContactStore
from agent.record import ContactRecord
from agent.session.session import Ending
from agent.store import MemoryStore, SQLiteStore
from agent.telemetry import Happening
from agent.testing.conformance.records import record

LEASE = 15.0
QUIET = 15.0


class Counted:
    """A store that counts what it is asked."""

    def __init__(self, store: ContactStore) -> None:
        self._store = store
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._store, name)


class Held:
    """A session that holds its contact and does nothing."""

    waiting = 0
    resting = True

    def __init__(self) -> None:
        self._over = anyio.Event()

    async def run(self) -> Ending:
        await self._over.wait()
        return Ending.LOST

    def lose(self) -> None:
        self._over.set()

    drain = leave = lose


class NoOffers:
    """Nothing is offered."""

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[Any]:
        async def nothing() -> AsyncIterator[Any]:
            await anyio.sleep_forever()
            yield

        yield nothing()


@asynccontextmanager
async def opened(kind: str) -> AsyncIterator[ContactStore]:
    if kind == "memory":
        yield MemoryStore(SystemClock())
        return
    with tempfile.TemporaryDirectory() as place:
        async with await SQLiteStore.open(Path(place, "contacts.db"), clock=SystemClock()) as store:
            yield store


async def main(chats: int = 5_000, kind: str = "sqlite") -> None:
    async with opened(kind) as store, anyio.create_task_group() as group:
        bot = record(0).bot
        dead = WorkerId("dead")
        await store.heartbeat(dead, ttl=3_600)
        contacts = [record(number) for number in range(chats)]

        async def claim(one: ContactRecord) -> None:
            await store.claim(one, owner=dead)

        await abreast(contacts, claim, at_once=64)
        rooms, renewals = [Room(chats), Room(chats)], [0.0]
        counted: Any = Counted(store)
        for number, room in enumerate(rooms):
            worker = _worker(counted, WorkerId(f"taker-{number}"), bot, room, renewals)
            await group.start(worker.run)
        await store.heartbeat(dead, ttl=LEASE)
        died = time.perf_counter()
        while sum(room.taken for room in rooms) < chats:
            await anyio.sleep(0.05)
        took = time.perf_counter() - died
        print(f"{kind}: {chats} chats have new owners {took:.1f} s after the last heartbeat, lease {LEASE:.0f} s")
        print(f"shared {[room.taken for room in rooms]}, slowest renewal {max(renewals) * 1000:.0f} ms")
        print("calls for the takeover:", dict(counted.calls))
        counted.calls.clear()
        await anyio.sleep(QUIET)
        print(f"calls in {QUIET:.0f} quiet seconds, both workers:", dict(counted.calls))
        group.cancel_scope.cancel()


def _worker(store: Any, owner: WorkerId, bot: str, room: Room, renewals: list[float]) -> Worker:
    def report(happening: Happening) -> None:
        if happening.name == "lease.renewed":
            renewals.append(float(happening.fields["seconds"]))

    return Worker(
        lambda claimed: Held(),
        lifespan=nullcontext(),
        source=NoOffers(),
        store=store,
        duty=Duty(owner=owner, roster=Roster(bots={bot: "Bot"}, default=bot)),
        room=room,
        settings=WorkerSettings(lease=LEASE),
        clock=SystemClock(),
        random=Random(1),
        report=report,
    )


if __name__ == "__main__":
    anyio.run(main, *(int(word) if word.isdigit() else word for word in sys.argv[1:]))
