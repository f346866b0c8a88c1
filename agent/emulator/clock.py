"""The emulator's own time: a real or virtual clock, with a pace that can be changed and leaps forward.

Everything inside counts seconds since 1970 as told here. This module must not know who waits for what.
"""

from datetime import UTC, datetime

from agent.clock import Clock, SystemClock

FASTEST = 1e6  # eleven days in a second
END_OF_TIME = 250_000_000_000.0  # near the end of the year 9891: later moments have no ISO form


class ScaledClock:
    """`base` seen through a pace: twice as fast at 2.0, and moved by `advance`. Itself a `Clock`."""

    def __init__(self, base: Clock | None = None) -> None:
        self._base: Clock = base or SystemClock()
        self._real = self._base.monotonic()
        self._shown = self._base.now().timestamp()
        self.pace = 1.0

    def time(self) -> float:
        """Seconds since 1970; never goes back."""
        return self._shown + (self._base.monotonic() - self._real) * self.pace

    def milliseconds(self) -> int:
        """`time` in whole milliseconds."""
        return int(self.time() * 1000)

    @property
    def drift(self) -> float:
        """How many seconds ahead of the base it is."""
        return self.time() - self._base.now().timestamp()

    def now(self) -> datetime:
        """`time` as an aware moment in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def monotonic(self) -> float:
        """The same number as `time`."""
        return self.time()

    def advance(self, seconds: float) -> None:
        """Leap forward by `seconds` (not negative). Raises ValueError, also for a leap beyond all calendars."""
        if seconds < 0:
            raise ValueError("time does not go back")
        if not self.time() + seconds < END_OF_TIME:  # also what is no number
            raise ValueError("time does not go that far")
        self._shown += seconds

    def set_pace(self, pace: float) -> None:
        """From now on `pace` seconds pass here for each real one. Raises ValueError for what is no such pace."""
        if not 0 < pace <= FASTEST:
            raise ValueError("the pace must be more than 0, and at most a million")
        self._shown, self._real = self.time(), self._base.monotonic()
        self.pace = pace

    def real_delay(self, moment: float) -> float:
        """Real seconds from now until `time` reaches `moment`; 0 when it has passed."""
        return max(0.0, (moment - self.time()) / self.pace)
