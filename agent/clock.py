"""Time, read in one place.

Everything that needs the hour or a duration asks a `Clock`; nothing else in the project reads one. Whoever
only *waits* uses ``anyio.sleep``. This module knows no protocol, no contact and no configuration.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """A source of wall-clock time and of durations."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC. May jump; never compare two readings to measure a duration."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    monotonic: Callable[[], float] = staticmethod(partial(time.clock_gettime, _STEADY))
    """Counts the time that the machine was suspended, too, where the system can tell: others did not sleep."""


class LoopClock:
    """Time as the running event loop tells it: under a virtual-time loop the wall clock follows the loop."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


def timestamp(moment: datetime) -> str:
    """`moment` the way Connect writes it: ISO 8601, milliseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
