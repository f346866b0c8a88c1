"""The log's way out of the process: a thread writes it, so that whoever reads slowly, or no more, holds nobody up.

Lines that find no room, or cannot be written, are lost; how many is told as soon as one can be written again. It knows
a file's descriptor, and no line's meaning.
"""

import os
import select
import threading
from collections import deque
from collections.abc import Callable

_ROOM = 20_000
_LAST_WORDS = 2.0
"""Seconds for what is still to be written when the process ends."""


class Outlet:
    """A text file for whole lines; `write` never waits and never raises."""

    def __init__(self, descriptor: int, *, lost: Callable[[int], None], room: int = _ROOM) -> None:
        """`lost` is told, in the thread, how many lines were lost before one could be written again."""
        self._descriptor = descriptor
        self._lost = lost
        self._room = room
        self._refused = 0
        self._unwritten = 0
        self._told = 0
        self._torn = False
        self._lines: deque[str | threading.Event] = deque()
        self._wake = threading.Event()
        threading.Thread(target=self._work, name="log", daemon=True).start()

    def write(self, line: str) -> None:
        """Takes `line`, which ends in a line break, if there is room."""
        if len(self._lines) < self._room:
            self._lines.append(line)
            self._wake.set()
        else:
            self._refused += 1

    def flush(self) -> None:
        """Nothing is held back."""

    def drain(self, within: float = _LAST_WORDS) -> None:
        """Returns when all lines are written or lost, or after so many seconds."""
        done = threading.Event()
        self._lines.append(done)
        self._wake.set()
        done.wait(within)

    def _work(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._lines:
                self._put([self._lines.popleft() for _ in range(len(self._lines))])

    def _put(self, batch: list[str | threading.Event]) -> None:
        lines = [line for line in batch if isinstance(line, str)]
        try:
            self._put_whole(("\n" if self._torn else "") + "".join(lines))
        except OSError:
            self._unwritten += len(lines)
        else:
            self._tell()
        for done in batch:
            if not isinstance(done, str):
                done.set()

    def _put_whole(self, text: str) -> None:
        rest = memoryview(text.encode(errors="replace"))
        while rest:
            try:
                written = os.write(self._descriptor, rest)
            except BlockingIOError:  # whoever shares the file made it so
                select.select((), (self._descriptor,), ())
                continue
            self._torn = rest[written - 1] != ord("\n")
            rest = rest[written:]

    def _tell(self) -> None:
        missing = self._refused + self._unwritten - self._told
        if missing:
            self._told += missing
            self._lost(missing)
