"""Deadlines: what is to happen when, in one ordered queue that somebody else drives.

Pure: `advance(now)` runs what is due, in order of time and then of setting. It must not read any clock.
"""

import heapq
from collections.abc import Callable

MANY = 1_000


class Timer:
    """One deadline; `cancel` it when it no longer matters."""

    __slots__ = ("_owner", "action", "when")

    def __init__(self, owner: "Timers", when: float, action: Callable[[], None]) -> None:
        self._owner = owner
        self.when = when
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """The action will not run. Harmless afterwards."""
        if self.action is not None:
            self.action = None
            self._owner.one_cancelled()


class Timers:
    """All deadlines of one emulator. `on_earlier` is told when the next deadline moved forward."""

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, Timer]] = []
        self._count = 0
        self._cancelled = 0
        self.on_earlier: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        return len(self._queue)

    def at(self, when: float, action: Callable[[], None]) -> Timer:
        """Run `action` once `when` has come."""
        timer = Timer(self, when, action)
        earlier = not self._queue or when < self._queue[0][0]
        self._count += 1
        heapq.heappush(self._queue, (when, self._count, timer))
        if earlier:
            self.on_earlier()
        return timer

    def one_cancelled(self) -> None:
        """Sweep the queue once most of it is dead: most deadlines are days away and never come."""
        self._cancelled += 1
        if self._cancelled > MANY and self._cancelled * 2 > len(self._queue):
            self._queue = [entry for entry in self._queue if entry[2].action is not None]
            heapq.heapify(self._queue)
            self._cancelled = 0

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
