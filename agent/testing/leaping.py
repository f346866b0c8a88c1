"""Virtual time in a loop that already runs: inside `leaping` its clock leaps whenever everybody waits.

So a test needs no loop of its own kind: the one its runner gives it is bent for as long as it chats, and keeps its
monotonic time going from where the leaps left it. It knows no chat.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agent.testing.virtual import Leap

LONGEST_SILENCE = 400 * 86400.0


@contextmanager
def leaping() -> Iterator[Leap]:
    """Virtual time in the running loop; nothing changes in one that is virtual already.

    Raises RuntimeError in a loop whose time cannot be bent, such as uvloop's.
    """
    loop: Any = asyncio.get_running_loop()
    real = getattr(loop, "_selector", None)
    if isinstance(real, Leap):
        yield real
        return
    if not isinstance(loop, asyncio.SelectorEventLoop) or real is None:
        raise RuntimeError(f"Virtual time needs asyncio's own selector loop, not {type(loop).__name__}.")
    leap = Leap(real, now=loop.time(), longest=LONGEST_SILENCE)
    with _bent(loop, leap):
        yield leap


@contextmanager
def _bent(loop: Any, leap: Leap) -> Iterator[None]:
    """There is no public way to bend a loop that runs."""
    hand_over = loop.run_in_executor

    def run_in_executor(executor: Any, func: Any, *args: Any) -> Any:
        work = hand_over(executor, func, *args)
        leap.threads.hand(work)
        return work

    loop._selector, loop.time, loop.run_in_executor = leap, lambda: leap.now, run_in_executor  # noqa: SLF001
    try:
        yield
    finally:
        ahead = leap.now - time.monotonic()
        loop._selector, loop.time = leap.real, lambda: time.monotonic() + ahead  # noqa: SLF001
        del loop.run_in_executor
