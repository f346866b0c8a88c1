"""Group commit: who fails alone, who fails together, and that nobody waits for ever."""

import sqlite3
import threading
from functools import partial
from pathlib import Path

import anyio
import pytest

from agent.errors import StoreUnreachable, StoreUnusable
from agent.store import writer as module
from agent.store.file import explain
from agent.store.writer import Work, Writer


def memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("CREATE TABLE t (n PRIMARY KEY)")
    connection.execute("CREATE TABLE later (n REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
    return connection


async def started() -> Writer:
    writer = Writer(memory, partial(explain, path=Path("t.db")))
    await writer.start()
    return writer


def insert(value: object) -> Work[object]:
    return lambda connection: connection.execute("INSERT INTO t VALUES (?)", (value,))


def lose(connection: sqlite3.Connection) -> None:
    """As SQLite does where it undoes a whole transaction by itself."""
    connection.execute("ROLLBACK")
    raise sqlite3.OperationalError("lost")


async def rows(writer: Writer) -> list[object]:
    return await writer.run(lambda connection: [n for (n,) in connection.execute("SELECT n FROM t ORDER BY n")])


async def together(writer: Writer, *works: Work[object]) -> list[bool]:
    """Runs `works` as one batch, which gathers while the thread is held; whether each was committed."""
    committed = [True] * len(works)
    held, go_on = anyio.Event(), threading.Event()

    def hold(_: sqlite3.Connection) -> None:
        writer._loop.call_soon_threadsafe(held.set)
        go_on.wait(10)

    async def attempt(number: int, work: Work[object]) -> None:
        try:
            await writer.run(work)
        except StoreUnusable:
            committed[number] = False

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run, hold)
        await held.wait()
        for number, work in enumerate(works):
            tasks.start_soon(attempt, number, work)
        await anyio.wait_all_tasks_blocked()
        go_on.set()
    return committed


async def test_what_cannot_be_written_fails_alone() -> None:
    """A row that SQLite refuses and one that Python cannot bind: the others of the batch are committed."""
    writer = await started()
    outcomes = await together(writer, insert(1), insert(2), insert(1), insert("\ud800"), insert(3))
    assert outcomes == [True, True, False, False, True]
    assert await rows(writer) == [1, 2, 3]
    await writer.aclose()


async def test_when_the_transaction_is_lost_all_of_its_batch_fail() -> None:
    """Nobody is told of a commit that did not happen; the next batch goes on."""
    writer = await started()
    assert await together(writer, insert(1), lose, insert(2)) == [False, False, False]
    assert await rows(writer) == []
    assert await together(writer, insert(3)) == [True]
    await writer.aclose()


async def test_when_the_commit_itself_fails_all_of_its_batch_fail() -> None:
    """The transaction is undone, so that the next one can begin."""
    writer = await started()
    assert await together(writer, insert(1), lambda c: c.execute("INSERT INTO later VALUES (99)")) == [False, False]
    assert await together(writer, insert(2)) == [True]
    assert await rows(writer) == [2]
    await writer.aclose()


async def test_nobody_goes_on_before_the_commit() -> None:
    """Held in front of its COMMIT, a write has not returned."""
    writer = await started()
    at_commit, go_on, returned = anyio.Event(), threading.Event(), anyio.Event()

    def hold(statement: str) -> None:
        if statement == "COMMIT":
            writer._loop.call_soon_threadsafe(at_commit.set)
            go_on.wait(10)

    async def write() -> None:
        await writer.run(lambda connection: connection.set_trace_callback(hold))
        returned.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        await at_commit.wait()
        await anyio.wait_all_tasks_blocked()
        assert not returned.is_set()
        go_on.set()
    await writer.aclose()


async def test_a_connection_that_cannot_be_opened_is_told_to_the_opener() -> None:
    """And the thread is gone."""

    def refuse() -> sqlite3.Connection:
        raise StoreUnusable("no")

    writer = Writer(refuse, partial(explain, path=Path("t.db")))
    with pytest.raises(StoreUnusable, match="no"):
        await writer.start()
    assert not writer._thread.is_alive()


async def test_a_cancelled_opening_leaves_no_thread() -> None:
    """Opening is all or nothing, also for who is in a hurry."""
    writer = Writer(memory, partial(explain, path=Path("t.db")))
    with anyio.CancelScope() as scope:
        scope.cancel()
        await writer.start()
    assert not writer._thread.is_alive()


async def test_closing_is_bounded_when_the_disk_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The close gives up with a sentence; the process can go."""
    monkeypatch.setattr(module, "CLOSE_WITHIN", 0.0)
    writer = await started()
    answer = threading.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run, lambda _: answer.wait(10))
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(StoreUnreachable, match="did not close"):
            await writer.aclose()
        answer.set()
    monkeypatch.undo()
    await writer.aclose()
