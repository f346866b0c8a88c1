"""A worker tells when it becomes full, and when it has room again: once each, whatever comes and goes between.

It is asked to look again and again. A place that is free for a moment, until the next offer takes it, is no room. It
knows the places only.
"""

from agent.clock import Clock
from agent.daemon.room import Room
from agent.telemetry import Happening, Level, Report

_EASY = 10.0  # seconds with a free place


class Fullness:
    """Whether the worker is full, as far as it was told."""

    def __init__(self, room: Room, *, clock: Clock, report: Report) -> None:
        self._room = room
        self._clock = clock
        self._report = report
        self._told = False
        self._full_at = 0.0

    def look(self) -> None:
        """As things stand now."""
        now = self._clock.monotonic()
        if self._room.full:
            self._full_at = now
            self._set(True, "worker.full", Level.WARNING)
        elif self._room.free > 0 and now - self._full_at >= _EASY:
            self._set(False, "worker.has_room", Level.INFO)

    def _set(self, full: bool, name: str, level: Level) -> None:
        if full != self._told:
            self._told = full
            fields = {"chats": self._room.taken, "places": self._room.places}
            self._report(Happening(name=name, level=level, fields=fields))
