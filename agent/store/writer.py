"""One thread, one connection, one transaction per batch: group commit.

While a transaction is being made durable the next writes gather; all of them become the next transaction, and each
waiter goes on only after its COMMIT. So a disk that syncs two thousand times a second carries far more commits than
that, and a lone write waits for nobody. It knows transactions, not tables: what to do is handed in as functions.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, cast

import anyio

from agent.errors import StoreError, StoreUnreachable, StoreUnusable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
Explain = Callable[[sqlite3.Error], StoreError]

CLOSE_WITHIN = 15.0
"""Seconds a close waits for the thread: longer than it may wait for another process's lock."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Job(Generic[T]):
    """A piece of work, and its outcome: the loop's `done` is told it once all of a batch is durable."""

    work: Work[T]
    done: asyncio.Future[T]
    answer: T | None = None
    error: Exception | None = None

    def announce(self) -> None:
        if self.done.done():  # cancelled: nobody waits
            return
        if self.error is None:
            self.done.set_result(cast("T", self.answer))
        else:
            self.done.set_exception(self.error)

    def attempt(self, connection: sqlite3.Connection) -> None:
        try:
            self.answer = self.work(connection)
        except Exception as error:
            if not connection.in_transaction:
                raise
            self.error = error


class Writer:
    """The thread that owns the connection. Work runs in the order in which `run` was called."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], explain: Explain) -> None:
        """`connect` runs in the thread; `explain` turns what SQLite raised into one of our errors."""
        self._connect = connect
        self._explain = explain
        self._queue: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        # anyio has no way to wake a loop from a thread without waiting for it.
        self._loop = asyncio.get_running_loop()
        self._ended = anyio.Event()
        self._closed = False
        # A daemon, so that a disk that never answers cannot keep the process from ending.
        self._thread = threading.Thread(target=self._live, name="chat-agent store", daemon=True)

    async def start(self) -> None:
        """Starts the thread and returns when the connection is open; raises what opening it raised."""
        self._thread.start()
        try:
            await self._outcome(lambda _: None)
        except BaseException:
            await self.aclose()
            raise

    async def run(self, work: Work[T]) -> T:
        """What `work` returns, once it is committed.

        `work` runs inside a transaction shared with others': it looks first and then writes with one statement at most,
        so that its refusal takes nothing back. Cancelled, it may still take place, before any later work.

        Raises:
            StoreUnusable: the store is closed, or cannot be used as it is.
            StoreUnreachable: the transaction failed.
        """
        if self._closed:
            raise StoreUnusable("The contact store is closed; open it again.")
        return await self._outcome(work)

    async def aclose(self) -> None:
        """Commits what was asked for before, closes the connection and joins the thread.

        Shielded from cancellation, and bounded by `CLOSE_WITHIN` seconds.

        Raises:
            StoreUnreachable: the disk did not answer in time; the thread is left behind.
        """
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        with anyio.move_on_after(CLOSE_WITHIN, shield=True):
            await self._ended.wait()
            self._thread.join()
            return
        raise StoreUnreachable(f"The contact store did not close within {CLOSE_WITHIN:.0f} s; is its disk answering?")

    async def _outcome(self, work: Work[T]) -> T:
        done: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Job(work=work, done=done))
        try:
            return await done
        except sqlite3.Error as error:
            raise self._explain(error) from error

    # ---------------------------------------------------------------------------------- in the thread

    def _live(self) -> None:
        try:
            connection = self._connect()
        except Exception as error:
            self._refuse_all(error)
        else:
            try:
                self._serve(connection)
            finally:
                connection.close()
        finally:
            self._tell(self._ended.set)

    def _serve(self, connection: sqlite3.Connection) -> None:
        running = True
        while running:
            batch, running = self._next_batch()
            self._commit(connection, batch)
            self._tell(_announce, batch)

    def _next_batch(self) -> tuple[list[_Job[Any]], bool]:
        """All that waits, at least one; and whether more may come."""
        batch: list[_Job[Any]] = []
        job = self._queue.get()
        while job is not None:
            batch.append(job)
            try:
                job = self._queue.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _commit(self, connection: sqlite3.Connection, batch: list[_Job[Any]]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in batch:
                job.attempt(connection)
            connection.execute("COMMIT")
        except Exception as error:
            _fail(batch, error)
            _undo(connection)

    def _refuse_all(self, error: Exception) -> None:
        running = True
        while running:
            batch, running = self._next_batch()
            _fail(batch, error)
            self._tell(_announce, batch)

    def _tell(self, callback: Callable[..., object], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(callback, *arguments)


def _announce(batch: list[_Job[Any]]) -> None:
    for job in batch:
        job.announce()


def _fail(batch: list[_Job[Any]], error: Exception) -> None:
    for job in batch:
        job.error = error


def _undo(connection: sqlite3.Connection) -> None:
    # Where SQLite has already undone it, it says so as an error.
    with suppress(sqlite3.Error):
        connection.execute("ROLLBACK")
