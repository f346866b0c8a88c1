"""Virtual time in a loop that already runs: inside `leaping` its clock leaps whenever everybody waits.

So a test needs no loop of its own kind: the one its runner gives it is bent for as long as it chats, and keeps its
monotonic time going from where the leaps left it. It knows no chat.
"""

import asyncio
import selectors
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from agent.testing.virtual import EverybodyWaits, VirtualLoop

LONGEST_SILENCE = 400 * 86400.0


class Leap(selectors.BaseSelector):
    """A selector that never waits: it moves `now` instead."""

    def __init__(self, real: selectors.BaseSelector, now: float) -> None:
        self.real = real
        self.now = now
        self._until = now + LONGEST_SILENCE

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self.real.select(0)
        if ready:
            return ready
        if timeout is None or self.now > self._until:
            raise EverybodyWaits("Everybody waits, and nothing is left that could wake anybody.")
        self.now += max(0.0, timeout)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self.real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self.real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self.real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self.real.get_map()


@contextmanager
def leaping() -> Iterator[None]:
    """Virtual time in the running loop; nothing changes in one that is virtual already.

    Raises RuntimeError in a loop whose time cannot be bent, such as uvloop's.
    """
    loop: Any = asyncio.get_running_loop()
    if isinstance(loop, VirtualLoop) or isinstance(getattr(loop, "_selector", None), Leap):
        yield
        return
    real = getattr(loop, "_selector", None)
    if not isinstance(loop, asyncio.SelectorEventLoop) or real is None:
        raise RuntimeError(f"Virtual time needs asyncio's own selector loop, not {type(loop).__name__}.")
    bent: Any = loop
    leap = Leap(real, loop.time())
    bent._selector, bent.time = leap, lambda: leap.now  # noqa: SLF001 - no public way to bend a loop that runs
    try:
        yield
    finally:
        ahead = leap.now - time.monotonic()
        bent._selector, bent.time = real, lambda: time.monotonic() + ahead  # noqa: SLF001
