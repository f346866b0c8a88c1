"""A clock that moves when it is told to. It knows no event loop: nothing that sleeps is woken by it."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    """An `agent.clock.Clock` in the hand of a test. Several workers may share one, or have one each that differs."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        """`start` is the first reading of the wall clock, aware; the monotonic one begins at 0."""
        self._now = start.astimezone(UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Lets time pass on both clocks. Raises ValueError when it would pass backwards."""
        if seconds < 0:
            raise ValueError("time does not pass backwards; use jump() to set the wall clock back")
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Sets the wall clock alone, forwards or backwards, as a time server may."""
        self._now += timedelta(seconds=seconds)
