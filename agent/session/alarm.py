"""A timer that is set far more often than it rings: setting it again seldom costs a deadline.

What is set for later than the deadline is found out when that one comes. It knows nothing of what it is for.
"""

import asyncio
from collections.abc import Callable

from agent.session.deadlines import NEVER, Deadline, Deadlines, nobody


class Alarm:
    """Calls `ring` at the time that was set last, or a moment later. Times are the event loop's."""

    __slots__ = ("_deadline", "_deadlines", "_due", "_looks_at", "_ring")

    def __init__(self, ring: Callable[[], None], deadlines: Deadlines) -> None:
        self._due = self._looks_at = NEVER
        self._ring = ring
        self._deadlines = deadlines
        self._deadline: Deadline | None = None

    def set(self, due: float) -> None:
        """Rings at `due`, and not at the time that was set before; `NEVER` takes it back."""
        self._due = due
        if due < self._looks_at:
            self._look(due)

    def close(self) -> None:
        """Never rings again, and lets go of whom it would have called."""
        self._due = self._looks_at = NEVER
        self._ring = nobody
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _look(self, at: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._looks_at = at
        self._deadline = self._deadlines.at(at, self._go_off)

    def _go_off(self) -> None:
        self._deadline, self._looks_at = None, NEVER
        if self._due > asyncio.get_running_loop().time():
            if self._due != NEVER:
                self._look(self._due)
            return
        self._due = NEVER
        self._ring()
