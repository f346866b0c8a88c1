"""Running the bot's code: bounded in time, shown as typing, and stopped gently when the conversation moves on.

To stop gently is to cancel once, so that a handler's own cleaning up may still await, and, from `cleanup_timeout`
on, at everything that it still awaits. A send in flight is always brought to its end first. It knows no store and no
item.
"""

import asyncio
from collections.abc import Awaitable
from enum import StrEnum
from typing import cast

import anyio
from anyio.abc import TaskGroup

from agent.errors import ConversationOver, HandlerQuit, TurnTimeout
from agent.session.alarm import Alarm
from agent.session.deadlines import NEVER, Deadlines
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

    def __init__(self, *, outbox: Outbox, deadlines: Deadlines, settings: SessionSettings) -> None:
        self._outbox = outbox
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._session: asyncio.Task[object] | None = None
        self._task: asyncio.Task[object] | None = None
        self._ends_at = NEVER
        self._cancelled = 0
        self._late = False
        self._insisting: asyncio.Handle | None = None
        self._alarm = Alarm(self._look, deadlines)
        self._group: TaskGroup | None = None
        self._typist: anyio.CancelScope | None = None
        self._typing_at = NEVER
        self._typing_due = float("-inf")

    def type_in(self, group: TaskGroup | None) -> None:
        """Where typing is shown from now on; without a group it is not."""
        self._group = group

    async def run(self, work: Awaitable[None]) -> Outcome:
        """Runs `work` to its end, to its deadline or until `stop`.

        Raises:
            TurnTimeout: it took longer than ``turn_timeout``.
            HandlerQuit: `work` raised what would end our task, or the program.
            Exception: whatever `work` raised, except `ConversationOver`.
        """
        self._begin()
        try:
            await work
        except (asyncio.CancelledError, SystemExit, Exception) as error:
            if self._cancelled:
                return await self._cut_off(error)
            if isinstance(error, ConversationOver):
                return Outcome.OVER
            if self._quits(error):
                raise HandlerQuit(f"{type(error).__name__} would have ended more than its turn.") from error
            raise
        finally:
            self._end()
        return await self._cut_off() if self._cancelled else Outcome.DONE

    def stop(self) -> None:
        """Cancels the running work once, and for good after ``cleanup_timeout``; does nothing when none runs."""
        self._outbox.when_landed(self._cancel)

    def show_typing(self) -> None:
        """Shows the bot as typing from now until the work ends."""
        if self._task is not None:
            self._typing_at = min(self._typing_at, max(self._loop.time(), self._typing_due))
            self._look()

    def close(self) -> None:
        """Nothing runs any more."""
        self._alarm.close()

    # ----------------------------------------------------------------------------- beginning and ending

    def _begin(self) -> None:
        now = self._loop.time()
        self._cancelled, self._late = 0, False
        self._ends_at = now + self._settings.turn_timeout
        typing_after = self._settings.typing_after
        self._typing_at = NEVER if typing_after is None else max(now + typing_after, self._typing_due)
        self._alarm.set(self._typing_at if self._typing_at < self._ends_at else self._ends_at)
        self._session = self._session or asyncio.current_task(self._loop)  # one task runs all turns of a chat
        self._task = self._session

    def _end(self) -> None:
        self._task = None
        self._alarm.set(NEVER)
        if self._insisting is not None:
            self._insisting.cancel()
            self._insisting = None
        if self._typist is not None:
            self._typist.cancel()

    def _quits(self, error: BaseException) -> bool:
        """A task that was cancelled knows it; who only awaited one that was is as well as before."""
        cancelled = self._task is not None and self._task.cancelling() > 0
        return isinstance(error, SystemExit) or (isinstance(error, asyncio.CancelledError) and not cancelled)

    async def _cut_off(self, error: BaseException | None = None) -> Outcome:
        self._end()
        await self._absorb_cancellation()
        if self._late:
            raise TurnTimeout("The handler ran past its turn's time.") from error
        return Outcome.INTERRUPTED

    async def _absorb_cancellation(self) -> None:
        """Ends our own requests; one that a task makes of itself only arrives at its next await."""
        task = cast("asyncio.Task[object]", asyncio.current_task(self._loop))
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            others = task.cancelling() > self._cancelled
            self._take_back(task)
            if others:
                await self._cancelled_by_others()
                raise
        else:
            self._take_back(task)

    def _take_back(self, task: "asyncio.Task[object]") -> None:
        for _ in range(self._cancelled):
            task.uncancel()

    async def _cancelled_by_others(self) -> None:
        """A scope takes for its own only what bears its name, and ours may have come in its place; it says so again."""
        for _ in range(2):
            await asyncio.sleep(0)

    # ------------------------------------------------------------------------------ while it is at work

    def _look(self) -> None:
        """The alarm has gone off: something is due while the work goes on."""
        now = self._loop.time()
        if now >= self._typing_at:
            self._type(now)
        if now >= self._ends_at:
            self._outbox.when_landed(self._time_out)
        else:
            self._alarm.set(min(self._typing_at, self._ends_at))

    def _time_out(self) -> None:
        if not self._cancelled:
            self._late = True
            self._cancel()

    def _cancel(self) -> None:
        if self._task is None or self._cancelled:
            return
        self._cancelled = 1
        self._task.cancel()
        self._insisting = self._loop.call_later(self._settings.cleanup_timeout, self._insist)

    def _insist(self) -> None:
        """It had its time to clean up: from now on whatever it awaits is cancelled, until it ends."""
        self._outbox.when_landed(self._cancel_anew)

    def _cancel_anew(self) -> None:
        if self._task is not None:
            self._cancelled += 1
            self._task.cancel()
            self._insisting = self._loop.call_soon(self._insist)

    def _type(self, now: float) -> None:
        """At most one event in each interval, over all turns: they share their quota with everybody's [client code]."""
        self._typing_at = self._typing_due = now + self._settings.typing_interval
        if self._group is not None and self._typist is None:
            self._typist = anyio.CancelScope()
            self._group.start_soon(self._show, self._typist)

    async def _show(self, until: anyio.CancelScope) -> None:
        try:
            with until:
                await self._outbox.typing()
        finally:
            self._typist = None
