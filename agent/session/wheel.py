"""One timer of the event loop for many short waits of the same length, of all chats.

At saturation thousands of messages a second wait for the same few milliseconds; a timer of the loop for each costs more
than what it is waited for. Waits of one length end in the order in which they began, so a queue is all it takes. It
knows nothing of what is waited for.
"""

import asyncio
from collections import deque
from collections.abc import Callable

_GRAIN = 0.002
"""Seconds by which a wait may be longer than asked for, so that what ends at about the same time ends together."""


class Wheel:
    """`after` calls back once, in time; it cannot be taken back, so what it calls must be harmless when it is late."""

    def __init__(self) -> None:
        self._waits: dict[float, deque[tuple[float, Callable[[], None]]]] = {}

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Calls `act` after `seconds`, or a moment later."""
        loop = asyncio.get_running_loop()
        waits = self._waits.get(seconds)
        if waits is None:
            waits = self._waits[seconds] = deque()
            loop.call_later(seconds, self._turn, loop, seconds, waits)
        waits.append((loop.time() + seconds, act))

    def _turn(
        self, loop: asyncio.AbstractEventLoop, seconds: float, waits: deque[tuple[float, Callable[[], None]]]
    ) -> None:
        now = loop.time()
        try:
            while waits and waits[0][0] <= now:
                waits.popleft()[1]()
        finally:
            if waits:
                loop.call_later(max(_GRAIN, waits[0][0] - now), self._turn, loop, seconds, waits)
            else:
                del self._waits[seconds]
