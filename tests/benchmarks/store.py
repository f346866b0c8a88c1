"""How many saves a store commits per second, and what group commit is worth: ``python tests/benchmarks/store.py``.

Three stores, each with 1, 50 and 500 chats that save one after another: memory; SQLite with group commit; and SQLite
with one transaction per save, which is what a store without group commit does. Ratios are worth more than the numbers:
those are this machine's.
"""

import argparse
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
from msgspec.structs import replace

from agent.clock import SystemClock
from agent.ids import WorkerId
from agent.ports import ContactStore
from agent.record import ContactRecord
from agent.store import MemoryStore, SQLiteStore
from agent.store.file import Synchronous
from agent.testing.conformance.records import record

Opened = Callable[[], AbstractAsyncContextManager[ContactStore]]
CHATS = (1, 50, 500)


class OneAtATime(SQLiteStore):
    """Each save waits for the one before it, so that each has a transaction of its own."""

    _turn = anyio.Lock()

    async def save(self, mine: ContactRecord) -> None:
        async with self._turn:
            await super().save(mine)


@asynccontextmanager
async def memory() -> AsyncIterator[ContactStore]:
    yield MemoryStore(SystemClock())


@asynccontextmanager
async def sqlite(
    kind: type[SQLiteStore], synchronous: Synchronous, directory: str | None
) -> AsyncIterator[ContactStore]:
    with tempfile.TemporaryDirectory(dir=directory) as place:
        path = Path(place, "contacts.db")
        async with await kind.open(path, clock=SystemClock(), synchronous=synchronous) as store:
            yield store


async def saves_per_second(opened: Opened, chats: int, seconds: float, size: int) -> float:
    """Commits per second of `chats` chats with `size` bytes of state each."""
    saves = 0

    async def chat(store: ContactStore, mine: ContactRecord) -> None:
        nonlocal saves
        while time.perf_counter() < until:
            await store.save(mine)
            saves += 1

    async with opened() as store:
        held = [await store.claim(record(number), owner=WorkerId("bench")) for number in range(chats)]
        began = time.perf_counter()
        until = began + seconds
        async with anyio.create_task_group() as tasks:
            for mine in held:
                tasks.start_soon(chat, store, replace(mine, state=bytes(size)))
        return saves / (time.perf_counter() - began)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each of the measurements takes")
    parser.add_argument("--size", type=int, default=600, help="bytes of state in each record")
    parser.add_argument("--directory", help="where the files are made; the disk is what is measured")
    asked = parser.parse_args()
    stores: dict[str, Opened] = {"memory": memory}
    for synchronous in (Synchronous.FULL, Synchronous.NORMAL):
        stores[f"sqlite {synchronous} group"] = partial(sqlite, SQLiteStore, synchronous, asked.directory)
        stores[f"sqlite {synchronous} single"] = partial(sqlite, OneAtATime, synchronous, asked.directory)
    print(f"{'saves/s':22}" + "".join(f"{chats:>10} chats" for chats in CHATS) + "   ms per save at 500")
    for name, opened in stores.items():
        rates = [await saves_per_second(opened, chats, asked.seconds, asked.size) for chats in CHATS]
        print(f"{name:22}" + "".join(f"{rate:16,.0f}" for rate in rates) + f"{1000 / rates[-1]:21.3f}", flush=True)


if __name__ == "__main__":
    anyio.run(main)
