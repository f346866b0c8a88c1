"""Memory and event loop: when either is short, no more chats are let in, before those inside suffer.

It looks once a second, when the loop's lateness is told, and shuts and opens the door of the worker. It knows no chat.
"""

import os
import resource
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent.daemon.room import Room
from agent.telemetry import Happening, Level, Report

MEMORY = "memory"
LOOP = "loop lag"
_LATE_IN_A_ROW = 3
_EASY_IN_A_ROW = 5
_EASED = 0.95
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_NO_LIMIT = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PressureSettings:
    """From `memory` bytes on, or when the event loop is `loop_lag` seconds late again and again, nobody is let in."""

    memory: int | None
    loop_lag: float | None


class Pressure:
    """A `Report`."""

    def __init__(
        self, settings: PressureSettings, *, room: Room, report: Report, used: Callable[[], int] | None = None
    ) -> None:
        """`used` is how much memory this process uses, in bytes."""
        self.settings = settings
        self._room = room
        self._report = report
        self._used = used or memory_used
        self._late = 0
        self._easy = 0

    def __call__(self, happening: Happening) -> None:
        if happening.name == "loop.lag":
            self._look_at_loop(float(happening.fields["seconds"]))
            self._look_at_memory()

    def _look_at_loop(self, lag: float) -> None:
        limit = self.settings.loop_lag
        late = limit is not None and lag >= limit
        self._late, self._easy = (self._late + 1, 0) if late else (0, self._easy + 1)
        if self._late >= _LATE_IN_A_ROW:
            self._set(LOOP, shut=True, seconds=round(lag, 3))
        elif self._easy >= _EASY_IN_A_ROW or limit is None:
            self._set(LOOP, shut=False)

    def _look_at_memory(self) -> None:
        limit = self.settings.memory
        if limit is None:
            return self._set(MEMORY, shut=False)
        used = self._used()
        if used >= limit:
            self._set(MEMORY, shut=True, bytes=used, limit=limit)
        elif used < limit * _EASED:
            self._set(MEMORY, shut=False)
        return None

    def _set(self, why: str, *, shut: bool, **more: float) -> None:
        if shut == (why in self._room.shut_by):
            return
        if shut:
            self._room.shut(why)
        else:
            self._room.reopen(why)
        name, level = ("guard.shut", Level.WARNING) if shut else ("guard.reopened", Level.INFO)
        self._report(Happening(name=name, level=level, fields={"why": why, **more}))


def memory_used() -> int:
    """What this process keeps in memory, in bytes; where the system does not tell, the most that it ever did."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def memory_limit(paths: tuple[Path, ...] = _LIMITS) -> int | None:
    """What the container may use, in bytes; None where it has no limit of its own."""
    for path in paths:
        with suppress(OSError, ValueError):
            if (limit := int(path.read_text(encoding="ascii"))) < _NO_LIMIT:
                return limit
    return None
