"""Which threads work for a loop: those that asyncio's executors and anyio lent it, and nobody else's.

A thread that a library keeps for itself is not known, since nobody can tell whether it works or waits. It knows no
time.
"""

import asyncio
from collections.abc import Sized
from importlib import import_module
from typing import Any

from anyio import lowlevel

_BACKEND = import_module("anyio._backends._asyncio")
_HIRED = getattr(_BACKEND, "_threadpool_workers", None)
_IDLE = getattr(_BACKEND, "_threadpool_idle_workers", None)
_KEPT: Any = getattr(lowlevel, "_run_vars", {})
"""anyio tells nobody whether its threads are at work, so we look where it keeps them, each loop's apart."""


class Threads:
    """The threads that work for one loop."""

    def __init__(self) -> None:
        self._handed = 0

    def hand(self, work: asyncio.Future[Any]) -> None:
        """A thread begins `work`."""
        self._handed += 1
        work.add_done_callback(self._back)

    def at_work(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether something that was handed to a thread has not come back to `loop`."""
        return self._handed > 0 or _anyio_at_work(loop)

    def _back(self, work: asyncio.Future[Any]) -> None:
        self._handed -= 1


def _anyio_at_work(loop: asyncio.AbstractEventLoop) -> bool:
    kept: dict[object, Sized] = _KEPT.get(loop, {})
    return len(kept.get(_HIRED, ())) > len(kept.get(_IDLE, ()))
