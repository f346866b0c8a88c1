"""Waiting longer after each failure, with jitter, up to a bound. It does not know what failed."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

import anyio

from agent.errors import StoreUnreachable
from agent.telemetry import Happening, Level, Report, silent

Answer = TypeVar("Answer")


class Patience:
    """The failures in a row, and how long to wait because of them. Seconds.

    Attributes:
        failures: how many there were since `begin_anew`.
    """

    def __init__(self, *, random: Random, first: float = 0.5, longest: float = 30.0, report: Report = silent) -> None:
        self.failures = 0
        self.report = report
        self._random = random
        self._first = first
        self._longest = longest

    def failed(self) -> None:
        self.failures += 1

    def begin_anew(self) -> None:
        self.failures = 0

    def next(self) -> float:
        """How long to wait now: between half and all of a bound that doubles with each failure."""
        bound = min(self._longest, self._first * 2.0 ** min(max(0, self.failures - 1), 30))
        return bound * (0.5 + self._random.random() / 2)


async def patiently(call: Callable[[], Awaitable[Answer]], waits: Patience) -> Answer:
    """The answer of a repeatable store call, asked again for as long as the store cannot be reached."""
    while True:
        try:
            return await call()
        except StoreUnreachable as error:
            waits.failed()
            waits.report(Happening(name="store.unreachable", level=Level.WARNING, error=error))
            await anyio.sleep(waits.next())
