"""The emulator's own time: a real or virtual clock, with a pace that can be changed and leaps forward.

Everything inside counts seconds since 1970 as told here. This module must not know who waits for what.
"""

from datetime import UTC, datetime

from agent.clock import Clock, SystemClock


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

    def now(self) -> datetime:
        """`time` as an aware moment in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def monotonic(self) -> float:
        """The same number as `time`."""
        return self.time()

    def advance(self, seconds: float) -> None:
        """Leap forward by `seconds` (not negative)."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self._shown += seconds

    def set_pace(self, pace: float) -> None:
        """From now on `pace` seconds pass here for each real one (more than 0)."""
        if pace <= 0:
            raise ValueError("the pace must be more than 0")
        self._shown, self._real = self.time(), self._base.monotonic()
        self.pace = pace

    def real_delay(self, moment: float) -> float:
        """Real seconds from now until `time` reaches `moment`; 0 when it has passed."""
        return max(0.0, (moment - self.time()) / self.pace)
