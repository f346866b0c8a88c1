"""Python's collector, which looks through all that lives at moments when it disturbs least.

An ended chat needs none; what is left for it is circles in the code of bots and libraries. To look for them among
thousands of chats holds the event loop up for a good part of a second, and Python by itself would do so again and
again where chats come and go. It knows no chat, only how many turns run.
"""

import gc
from collections.abc import Callable

import anyio

from agent.clock import Clock
from agent.telemetry import Happening, Level, Report

_EVERY = 300.0
_SHARE = 0.001
"""The part of the time that it may take: where a look takes long, the next one comes later."""
_PATIENCE = 30.0
"""Seconds to wait for a moment without a turn; a bot that asks a slow backend may leave none."""
_RARELY = 100
"""After so many looks at the youngest objects Python itself looks at those that outlived one, and holds up the loop for
75 ms where five hundred chats are new. What a bot's long turns leave in circles must not wait for our own look."""


class Collecting:
    """A `Report` that counts the running turns."""

    def __init__(self, *, clock: Clock, report: Report) -> None:
        self._clock = clock
        self._report = report
        self._turns = 0
        self._quiet = anyio.Event()
        self._built = anyio.Event()
        self._acts: dict[str, Callable[[], None]] = {
            "worker.serving": self._built.set,
            "turn.began": self._began,
            "turn.committed": self._ended,
            "turn.abandoned": self._ended,
        }

    def __call__(self, happening: Happening) -> None:
        if act := self._acts.get(happening.name):
            act()

    async def watch(self) -> None:
        """Looks every few minutes, until cancelled; never at what was built before the first chat, as that stays."""
        await self._built.wait()
        before = gc.get_threshold()
        gc.collect()
        gc.freeze()
        gc.set_threshold(before[0], _RARELY, before[2])
        try:
            took = 0.0
            while True:
                await anyio.sleep(max(_EVERY, took / _SHARE))
                await self._quiet_moment()
                took = self._collect()
        finally:
            gc.set_threshold(*before)
            gc.unfreeze()

    async def _quiet_moment(self) -> None:
        with anyio.move_on_after(_PATIENCE):
            while self._turns:
                self._quiet = anyio.Event()
                await self._quiet.wait()

    def _began(self) -> None:
        self._turns += 1

    def _ended(self) -> None:
        self._turns -= 1
        if not self._turns:
            self._quiet.set()

    def _collect(self) -> float:
        began = self._clock.monotonic()
        found = gc.collect()
        took = self._clock.monotonic() - began
        fields = {"seconds": round(took, 3), "found": found}
        self._report(Happening(name="memory.collected", level=Level.DEBUG, fields=fields))
        return took
