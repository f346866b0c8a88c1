"""How late the event loop is: one task sleeps, and tells by how much it overslept.

A loop that is late makes every chat wait. It knows nothing of what the loop runs.
"""

import anyio

from agent.clock import Clock
from agent.telemetry import Happening, Level, Report

_INTERVAL = 1.0
_LATE = 0.5


async def meter_loop(*, clock: Clock, report: Report, interval: float = _INTERVAL) -> None:
    """Reports ``loop.lag`` with its ``seconds`` each `interval` seconds, until cancelled; a warning when it hurts."""
    while True:
        began = clock.monotonic()
        await anyio.sleep(interval)
        lag = max(0.0, clock.monotonic() - began - interval)
        level = Level.WARNING if lag >= _LATE else Level.DEBUG
        report(Happening(name="loop.lag", level=level, fields={"seconds": round(lag, 4)}))
