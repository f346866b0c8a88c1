"""A timer that is set far more often than it rings: setting it again seldom costs a timer of the event loop.

What is set for later than the loop's timer is found out when that one goes off. It knows nothing of what it is for.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context

try:
    from sniffio import current_async_library_cvar
except ImportError:  # anyio asks it only where it is installed
    current_async_library_cvar = None  # type: ignore[assignment]

NEVER = float("inf")


class Alarm:
    """Calls `ring`, which may use anyio, at the time that was set last. Times are the event loop's."""

    __slots__ = ("_due", "_looks_at", "_ring", "_timer")

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._due = self._looks_at = NEVER
        self._timer: asyncio.TimerHandle | None = None

    def set(self, due: float) -> None:
        """Rings at `due`, and not at the time that was set before; `NEVER` takes it back."""
        self._due = due
        if due < self._looks_at:
            self._look(due)

    def close(self) -> None:
        """Never rings again, and lets go of whom it would have called."""
        self._due = self._looks_at = NEVER
        self._ring = _nobody
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._looks_at = at
        self._timer = asyncio.get_running_loop().call_at(at, self._go_off, context=_callback_context())

    def _go_off(self) -> None:
        self._timer, self._looks_at = None, NEVER
        if self._due > asyncio.get_running_loop().time():
            if self._due != NEVER:
                self._look(self._due)
            return
        self._due = NEVER
        self._ring()


def _nobody() -> None:
    return None


def _callback_context() -> Context:
    context = copy_context()
    if current_async_library_cvar is not None:  # a callback runs in no task, by which asyncio is recognised
        context.run(current_async_library_cvar.set, "asyncio")
    return context
