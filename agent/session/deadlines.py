"""One timer of the event loop for the deadlines of all chats: heartbeats, typing, the end of a turn's time.

Thousands of chats have one each, and most of them move long before they come; a timer of the loop for each costs more
than what is done at it. Where they lie close together some come a moment late, so that the loop wakes up for many at
once. It knows nothing of what they are for.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context
from heapq import heapify, heappop, heappush
from itertools import count

try:
    from sniffio import current_async_library_cvar
except ImportError:  # anyio asks it only where it is installed
    current_async_library_cvar = None  # type: ignore[assignment]

NEVER = float("inf")

_GRAIN = 0.05
"""Seconds by which a deadline may be late when another one came just before it."""
_FEW = 64


class Deadline:
    """One that is set; `cancel` takes it back and lets go of whom it would have called."""

    __slots__ = ("act",)

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act

    def cancel(self) -> None:
        """Nobody is called. May be repeated, and comes too late without harm."""
        self.act = nobody


class Deadlines:
    """Times are the event loop's. Who is called may use anyio, and runs in no chat's context."""

    def __init__(self) -> None:
        self._set: list[tuple[float, int, Deadline]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = NEVER
        self._full = _FEW

    def at(self, due: float, act: Callable[[], None]) -> Deadline:
        """Calls `act` once, at `due` or a moment later."""
        if len(self._set) >= self._full:
            self._forget_cancelled()
        deadline = Deadline(act)
        heappush(self._set, (due, next(self._numbers), deadline))
        if due < self._rings_at:
            self._ring_at(due)
        return deadline

    def _forget_cancelled(self) -> None:
        self._set = [one for one in self._set if one[2].act is not nobody]
        heapify(self._set)
        self._full = max(_FEW, 2 * len(self._set))

    def _ring_at(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = due
        self._timer = asyncio.get_running_loop().call_at(due, self._ring, context=_context())

    def _ring(self) -> None:
        loop, self._timer, self._rings_at = asyncio.get_running_loop(), None, -NEVER
        now = loop.time()
        due = self._taken(now)
        for deadline in due:
            try:
                deadline.act()
            except Exception as error:  # one chat's must not cost the others theirs
                loop.call_exception_handler({"message": "A deadline's callback failed.", "exception": error})
        self._rings_at = NEVER
        if self._set:
            self._ring_at(max(self._set[0][0], now + _GRAIN if due else now))

    def _taken(self, now: float) -> list[Deadline]:
        taken = []
        while self._set and self._set[0][0] <= now:
            taken.append(heappop(self._set)[2])
        return taken


def nobody() -> None:
    """Stands where somebody was called."""


def _context() -> Context:
    context = Context()
    if current_async_library_cvar is not None:  # a callback runs in no task, by which asyncio is recognised
        context.run(current_async_library_cvar.set, "asyncio")
    return context
