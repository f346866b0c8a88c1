"""A token bucket with two lanes of waiting callers.

First come first served within each lane; urgent callers first, but while both lanes wait every fifth token goes to the
patient one, so that nobody starves. A 429 halves the rate, which is held low and then comes back step by step. The
bucket has no task: whoever is first sleeps until the token is there, the others sleep until they are first.
"""

from dataclasses import dataclass
from math import inf

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

from agent.clock import Clock

_URGENT_IN_A_ROW = 4
_ONE = 1 - 1e-6  # a token, but for the rounding of clock readings
_SHORTEST_NAP = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A quota: `rate` calls a second, `burst` at once."""

    rate: float
    burst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaption:
    """How a 429 is answered: the rate is multiplied by `cut`, held for `hold` seconds, then grows by `regain` of the
    full rate a second; it never falls below `floor` of it. Further 429s within `blind` seconds are the same one.
    """

    cut: float = 0.5
    hold: float = 5.0
    regain: float = 0.05
    floor: float = 0.05
    blind: float = 1.0


class _Place:
    """One waiting caller."""

    __slots__ = ("_woken",)

    def __init__(self) -> None:
        self._woken = anyio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def sleep(self, seconds: float) -> None:
        """Until `wake`, at most `seconds`."""
        with anyio.move_on_after(seconds):
            await self._woken.wait()
        self._woken = anyio.Event()


class Bucket:
    """The budget of one operation."""

    def __init__(self, quota: Rate, *, share: float, clock: Clock, adaption: Adaption) -> None:
        self._quota = quota
        self._share = share
        self._clock = clock
        self._adaption = adaption
        self._lowest = 1.0
        self._slowed_at = -inf
        self._filled_at = clock.monotonic()
        self._tokens = self._burst
        self._urgent: dict[_Place, None] = {}
        self._patient: dict[_Place, None] = {}
        self._urgent_in_a_row = 0

    @property
    def waiting(self) -> int:
        return len(self._urgent) + len(self._patient)

    async def admit(self, *, urgent: bool) -> None:
        """Waits for a token and takes it; a cancelled wait takes none."""
        await checkpoint_if_cancelled()
        if self.spare():
            return
        place, lane = _Place(), self._urgent if urgent else self._patient
        lane[place] = None
        try:
            while not self._take(place):
                await place.sleep(self._nap(place))
        finally:
            del lane[place]
            self._wake_first()

    def spare(self) -> bool:
        """Takes a token if there is one and nobody waits."""
        self._fill()
        if self.waiting or self._tokens < _ONE:
            return False
        self._tokens -= 1
        self._urgent_in_a_row = 0
        return True

    def throttled(self) -> None:
        """Slows down; nothing goes out until a new token has come at the lower rate."""
        self._fill()
        now = self._clock.monotonic()
        if now - self._slowed_at >= self._adaption.blind:
            self._lowest = max(self._adaption.floor, self._speed(now) * self._adaption.cut)
            self._slowed_at = now
            self._tokens = 0.0

    def requota(self, quota: Rate) -> None:
        """Changes the quota, from now on."""
        self._fill()
        self._quota = quota
        self.resize(self._share)

    def resize(self, share: float) -> None:
        """Changes the share of the quota, from now on."""
        self._fill()
        self._share = share
        self._tokens = min(self._tokens, self._burst)
        self._wake_first()

    @property
    def _burst(self) -> float:
        return max(1.0, self._quota.burst * self._share)

    def _speed(self, now: float) -> float:
        regained = self._adaption.regain * max(0.0, now - self._slowed_at - self._adaption.hold)
        return min(1.0, self._lowest + regained)

    def _rate(self, now: float) -> float:
        return self._quota.rate * self._share * self._speed(now)

    def _fill(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate(now))
        self._filled_at = now

    def _take(self, place: _Place) -> bool:
        self._fill()
        if self._first() is not place or self._tokens < _ONE:
            return False
        self._tokens -= 1
        self._urgent_in_a_row = self._urgent_in_a_row + 1 if place in self._urgent and self._patient else 0
        return True

    def _nap(self, place: _Place) -> float:
        if self._first() is not place:
            return inf
        return max(_SHORTEST_NAP, (1 - self._tokens) / self._rate(self._clock.monotonic()))

    def _first(self) -> _Place | None:
        patience_is_due = bool(self._patient) and self._urgent_in_a_row >= _URGENT_IN_A_ROW
        lane = self._patient if patience_is_due or not self._urgent else self._urgent
        return next(iter(lane), None)

    def _wake_first(self) -> None:
        if first := self._first():
            first.wake()
