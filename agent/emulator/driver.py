"""Keeps a region's deadlines on the running event loop: one timer handle, and no task that could be lost.

The same under real and virtual time. It must not know what a deadline means.
"""

from __future__ import annotations

import asyncio

from agent.emulator.region import Region


class Driver:
    """Between `start` and `stop` every deadline of the region runs when its time has come."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._handle: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._region.timers.on_earlier = self._arm
        self._arm()

    def stop(self) -> None:
        """No deadline runs any more. Harmless a second time."""
        self._region.timers.on_earlier = lambda: None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _arm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        deadline = self._region.next_deadline()
        if deadline is not None and self._loop is not None:
            self._handle = self._loop.call_later(self._region.clock.real_delay(deadline), self._due)

    def _due(self) -> None:
        try:
            self._region.advance()
        finally:
            self._arm()
