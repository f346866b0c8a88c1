"""Running the bot's code: bounded in time, shown as typing, and stopped gently when the conversation moves on.

To stop gently is to cancel once, so that a handler's own cleaning up may still await, and to cancel for good only
after `cleanup_timeout`. A send in flight is always brought to its end first. It knows no store and no item.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum

import anyio
from anyio.abc import TaskGroup

from agent.errors import ConversationOver, TurnTimeout
from agent.session.alarm import alarm
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
        self._group: TaskGroup | None = None
        self._typist = anyio.CancelScope()
        self._is_typing = False
        self._patience: asyncio.TimerHandle | None = None
        self._typing_due = float("-inf")

    def type_in(self, group: TaskGroup) -> None:
        """Where typing is shown from now on; without a group it is not."""
        self._group = group

    async def run(self, work: Callable[[], Awaitable[None]]) -> Outcome:
        """Runs `work` to its end, to its deadline or until `stop`.

        Raises:
            TurnTimeout: it took longer than ``turn_timeout``.
            Exception: whatever `work` raised, except `ConversationOver`.
        """
        self._stopping = False
        self._bound = anyio.CancelScope(deadline=anyio.current_time() + self._settings.turn_timeout)
        self._await_typing()
        try:
            outcome = await self._bounded(work)
        finally:
            self._end_typing()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def stop(self) -> None:
        """Cancels the running work once, and for good after ``cleanup_timeout``; does nothing when none runs."""
        self._outbox.when_landed(self._stop)

    def show_typing(self) -> None:
        """Shows the bot as typing from now until the work ends."""
        if self._group is not None and not self._is_typing:
            self._is_typing = True
            self._group.start_soon(self._type, self._typist)

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

    def _await_typing(self) -> None:
        """A timer, not a task: most turns end long before it is due."""
        self._typist = anyio.CancelScope()
        if self._settings.typing_after is not None:
            due_in = self._typing_due - anyio.current_time()
            self._patience = alarm(max(self._settings.typing_after, due_in), self.show_typing)

    def _end_typing(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
        if self._is_typing:
            self._typist.cancel()
        self._patience, self._is_typing = None, False

    async def _type(self, until: anyio.CancelScope) -> None:
        """At most one event in each interval, over all turns: they share their quota with everybody's [client code]."""
        with until:
            while True:
                await anyio.sleep_until(self._typing_due)
                self._typing_due = anyio.current_time() + self._settings.typing_interval
                await self._outbox.typing()
