"""Deadlines: what is to happen when, in one ordered queue that somebody else drives.

Pure: `advance(now)` runs what is due, in order of time and then of setting. It must not read any clock.
"""

import heapq
from collections.abc import Callable


class Timer:
    """One deadline; `cancel` it when it no longer matters."""

    __slots__ = ("action", "when")

    def __init__(self, when: float, action: Callable[[], None]) -> None:
        self.when = when
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """The action will not run. Harmless afterwards."""
        self.action = None


class Timers:
    """All deadlines of one emulator. `on_earlier` is told when the next deadline moved forward."""

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, Timer]] = []
        self._count = 0
        self.on_earlier: Callable[[], None] = lambda: None

    def at(self, when: float, action: Callable[[], None]) -> Timer:
        """Run `action` once `when` has come."""
        timer = Timer(when, action)
        earlier = not self._queue or when < self._queue[0][0]
        self._count += 1
        heapq.heappush(self._queue, (when, self._count, timer))
        if earlier:
            self.on_earlier()
        return timer

    def next_deadline(self) -> float | None:
        """When `advance` has something to do again; None while nothing is waiting."""
        while self._queue and self._queue[0][2].action is None:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def advance(self, now: float) -> None:
        """Run everything due at `now`, also what becomes due through it."""
        while self._queue and self._queue[0][0] <= now:
            timer = heapq.heappop(self._queue)[2]
            action, timer.action = timer.action, None
            if action is not None:
                action()
