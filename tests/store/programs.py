"""Programs that the process tests run and kill: ``python programs.py NAME FILE WORKER``; they report on stdout."""

import sys
from itertools import count

import anyio
from msgspec.structs import replace

from agent.clock import SystemClock
from agent.errors import AlreadyOwned, Fenced
from agent.ids import WorkerId
from agent.record import ContactRecord
from agent.store import SQLiteStore
from agent.testing.conformance.records import key, record

CHATS = 8


def report(*words: object) -> None:
    """One line, written at once: a kill may cut off what comes after, never this."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def ready() -> None:
    """Waits until all have started."""
    report("ready")
    sys.stdin.readline()


async def write(path: str, worker: WorkerId) -> None:
    """Saves in a loop, many chats at once, and reports each save that was committed."""
    store = await SQLiteStore.open(path, clock=SystemClock())

    async def chat(number: int) -> None:
        mine = await store.claim(record(number), owner=worker)
        for turn in count(mine.handled_turns + 1):
            mine = replace(mine, handled_turns=turn, state=str(turn).encode() * (turn % 3000))
            await store.save(mine)
            report(mine.key.contact_id, turn)

    async with anyio.create_task_group() as tasks:
        for number in range(CHATS):
            tasks.start_soon(chat, number)


async def contend(path: str, worker: WorkerId) -> None:
    """Claims one contact again and again, adds a few turns and reports each that was committed, with its epoch."""
    store = await SQLiteStore.open(path, clock=SystemClock())
    ready()
    turns = 0
    while turns < 100:
        mine = await store.claim(record(), owner=worker)
        turns += await add_turns(store, mine)
    await store.aclose()


async def add_turns(store: SQLiteStore, mine: ContactRecord) -> int:
    """Up to five turns, until somebody else claims; neither has a lease, so each is dead to the other."""
    for added in range(5):
        mine = replace(mine, handled_turns=mine.handled_turns + 1)
        try:
            await store.save(mine)
        except Fenced:
            return added
        report(mine.epoch, mine.handled_turns)
    return 5


async def win(path: str, worker: WorkerId) -> None:
    """Claims fifty contacts under a live lease while others do the same, and reports those it got."""
    store = await SQLiteStore.open(path, clock=SystemClock())
    await store.heartbeat(worker, ttl=60)
    ready()
    for number in range(50):
        try:
            await store.claim(record(number), owner=worker)
        except AlreadyOwned:
            continue
        report(key(number).contact_id)
    await store.aclose()


if __name__ == "__main__":
    program = {"write": write, "contend": contend, "win": win}[sys.argv[1]]
    anyio.run(program, sys.argv[2], WorkerId(sys.argv[3]))
