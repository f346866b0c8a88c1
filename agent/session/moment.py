"""Something that happens once, and whoever waits for it.

Each chat has a handful of these for as long as it lives: an event of asyncio's or anyio's would be a kilobyte each,
most of it a queue in which hardly ever anybody stands. It knows nothing of what happens.
"""

import asyncio

from agent.session.deadlines import NEVER


class Moment:
    """Has come once `set` was called."""

    __slots__ = ("_come", "_waiting")

    def __init__(self) -> None:
        self._come = False
        self._waiting: tuple[asyncio.Future[None], ...] = ()

    def is_set(self) -> bool:
        """Whether it has come."""
        return self._come

    def set(self) -> None:
        """It has come; all who wait go on."""
        self._come = True
        for waiter in self._waiting:
            _wake(waiter)

    async def wait(self, *, within: float = NEVER) -> None:
        """Returns when it has come, or after so many seconds."""
        if self._come:
            return
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiting = (*self._waiting, waiter)
        alarm = None if within == NEVER else loop.call_later(within, _wake, waiter)
        try:
            await waiter
        finally:
            self._waiting = tuple(other for other in self._waiting if other is not waiter)
            if alarm is not None:
                alarm.cancel()


def _wake(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
