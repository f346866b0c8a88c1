"""Noticing code that blocks the event loop, while it does so, and where in the author's files it is.

The loop ticks; a thread looks whether it still does. When it has not for too long, the thread looks at what the loop is
stuck in. It knows no bot and no chat.
"""

import asyncio
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from agent.telemetry import Happening, Level, Report

_OWN = str(Path(__file__).parents[1])
_MOST_LINES = 20


class _Watch:
    def __init__(self, limit: float, report: Report) -> None:
        self._limit = limit
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._loops_thread = threading.get_ident()
        self._ticked = time.monotonic()
        self._over = threading.Event()
        self._handle = self._loop.call_soon(self._tick)
        self._thread = threading.Thread(target=self._look, name="chat-agent-blocking", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._handle.cancel()
        self._thread.join()

    def _tick(self) -> None:
        self._ticked = time.monotonic()
        self._handle = self._loop.call_later(self._limit / 4, self._tick)

    def _look(self) -> None:
        told = 0.0
        while not self._over.wait(self._limit / 4):
            since = self._ticked
            if time.monotonic() - since > self._limit and since != told:
                told = since
                self._tell(time.monotonic() - since)

    def _tell(self, seconds: float) -> None:
        frame = sys._current_frames().get(self._loops_thread)  # noqa: SLF001 - the documented way to see another thread
        stack = own_lines(_stack_of(frame)) if frame else ""
        fields: dict[str, str | float] = {"seconds": round(seconds, 1), "stack": stack}
        self._report(Happening(name="loop.blocked", level=Level.WARNING, fields=fields))


def _stack_of(frame: FrameType) -> traceback.StackSummary:
    """Outermost first; sources are not read: that takes time and memory, and they stay in a cache for good."""
    stack = traceback.StackSummary.extract(traceback.walk_stack(frame), lookup_lines=False)
    stack.reverse()
    return stack


def own_lines(stack: traceback.StackSummary) -> str:
    """The innermost places in `stack`: what the innermost line of this package called. File and line, never a line of
    source, as it may hold a literal."""
    found = list(stack)
    ours = [number for number, line in enumerate(found) if line.filename.startswith(_OWN)]
    shown = found[ours[-1] + 1 if ours else 0 :][-_MOST_LINES:]
    return "\n".join(f"{one.filename}:{one.lineno}, {one.name}" for one in shown)


@contextmanager
def watching(limit: float, report: Report) -> Iterator[None]:
    """While open, reports ``loop.blocked`` with a stack whenever the running loop has not ticked for `limit` seconds.

    The report comes from a thread, once for each blocking.
    """
    watch = _Watch(limit, report)
    watch.start()
    try:
        yield
    finally:
        watch.stop()
