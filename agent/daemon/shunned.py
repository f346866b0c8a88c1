"""Contacts that are left to others for a while. It forgets by itself: in time, and the oldest first."""

from agent.clock import Clock
from agent.ids import ContactKey


class Shunned:
    """At most `limit` contacts, each for its own time."""

    def __init__(self, clock: Clock, *, limit: int = 1_000) -> None:
        self._clock = clock
        self._limit = limit
        self._until: dict[ContactKey, float] = {}

    def add(self, key: ContactKey, seconds: float) -> None:
        """For `seconds` from now."""
        self._until.pop(key, None)
        self._until[key] = self._clock.monotonic() + seconds
        if len(self._until) > self._limit:
            del self._until[next(iter(self._until))]

    def __contains__(self, key: ContactKey) -> bool:
        if self._until.get(key, 0.0) > self._clock.monotonic():
            return True
        self._until.pop(key, None)
        return False

    def __len__(self) -> int:
        return len(self._until)
