"""Running the bot's code: bounded in time, shown as typing, and stopped gently when the conversation moves on.

To stop gently is to cancel once, so that a handler's own cleaning up may still await, and to cancel for good only
after `cleanup_timeout`. A send in flight is always brought to its end first. It knows no store and no item.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum

import anyio

from agent.errors import ConversationOver, TurnTimeout
from agent.session.outbox import Outbox
from agent.session.surroundings import SessionSettings


class Outcome(StrEnum):
    """How a handler ended; the last two are those of a turn whose handler raised."""

    DONE = "done"
    INTERRUPTED = "interrupted"
    OVER = "over"
    FAILED = "failed"
    TIMEOUT = "timeout"


class Handler:
    """One run of a bot's code at a time."""

    def __init__(self, *, outbox: Outbox, settings: SessionSettings) -> None:
        self._outbox = outbox
        self._settings = settings
        self._task: asyncio.Task[object] | None = None
        self._bound = anyio.CancelScope()
        self._stopping = False
        self._typing = anyio.Event()
        self._typing_due = float("-inf")

    async def run(self, work: Callable[[], Awaitable[None]]) -> Outcome:
        """Runs `work` to its end, to its deadline or until `stop`.

        Raises:
            TurnTimeout: it took longer than ``turn_timeout``.
            Exception: whatever `work` raised, except `ConversationOver`.
        """
        self._stopping = False
        self._typing = anyio.Event()
        self._bound = anyio.CancelScope(deadline=anyio.current_time() + self._settings.turn_timeout)
        async with anyio.create_task_group() as group:
            group.start_soon(self._show_typing)
            outcome = await self._bounded(work)
            group.cancel_scope.cancel()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def stop(self) -> None:
        """Cancels the running work once, and for good after ``cleanup_timeout``; does nothing when none runs."""
        self._outbox.when_landed(self._stop)

    def show_typing(self) -> None:
        """Shows the bot as typing from now until the work ends."""
        self._typing.set()

    def _stop(self) -> None:
        if self._task is None or self._stopping:
            return
        self._stopping = True
        self._bound.deadline = anyio.current_time() + self._settings.cleanup_timeout
        self._task.cancel()

    async def _bounded(self, work: Callable[[], Awaitable[None]]) -> Outcome | Exception:
        task = self._task = asyncio.current_task()
        outcome: Outcome | Exception = Outcome.DONE
        try:
            with self._bound:
                await work()
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        except ConversationOver:
            outcome = Outcome.OVER
        except Exception as error:  # the author's: given back whole, reported and committed by the caller
            outcome = error
        finally:
            self._task = None
        if self._stopping and task is not None:
            await self._absorb_cancellation(task)
            return Outcome.INTERRUPTED
        return TurnTimeout("The handler ran past its turn's time.") if self._bound.cancelled_caught else outcome

    async def _absorb_cancellation(self, task: asyncio.Task[object]) -> None:
        """Ends our own request; one that a task makes of itself only arrives at its next await."""
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            if task.cancelling() > 1:
                raise
        task.uncancel()

    async def _show_typing(self) -> None:
        """At most one event in each interval, over all turns: they share their quota with everybody's [client code]."""
        with anyio.move_on_after(self._settings.typing_after):
            await self._typing.wait()
        while True:
            await anyio.sleep_until(self._typing_due)
            self._typing_due = anyio.current_time() + self._settings.typing_interval
            await self._outbox.typing()
