"""How long to wait before the next try: endless streams of delays. Randomness is passed in; nothing here waits."""

from collections.abc import Callable, Iterator
from enum import Enum
from random import Random

SPREAD = 0.3


class Jitter(Enum):
    """How a delay of `d` seconds is scattered, so that many who failed together do not try again together.

    NONE: exactly `d`. FULL: anything from 0 to `d`; the best for crowds. EQUAL: from `d`/2 to `d`; never at once.
    SPREAD: `d` ± 30 %, as the official web client does [client code].
    """

    NONE = "none"
    FULL = "full"
    EQUAL = "equal"
    SPREAD = "spread"


_SCATTER: dict[Jitter, Callable[[Random, float], float]] = {
    Jitter.NONE: lambda random, delay: delay,
    Jitter.FULL: lambda random, delay: random.uniform(0, delay),
    Jitter.EQUAL: lambda random, delay: random.uniform(delay / 2, delay),
    Jitter.SPREAD: lambda random, delay: delay * random.uniform(1 - SPREAD, 1 + SPREAD),
}


def backoff(
    random: Random, *, base: float = 2.0, factor: float = 2.0, cap: float = 30.0, jitter: Jitter = Jitter.EQUAL
) -> Iterator[float]:
    """Delays in seconds, growing from `base` by `factor` up to `cap`, then scattered; for calls to the API.

    The defaults are the official web client's for fetching new connection details [client code].
    """
    delay = base
    while True:
        yield _SCATTER[jitter](random, min(delay, cap))
        delay = min(delay * factor, cap)


def link_backoff(random: Random, *, base: float = 1.0, cap: float = 30.0) -> Iterator[float]:
    """Delays between tries to open one websocket URL: 1 s, doubling, ± 30 % [client code]; the cap is ours."""
    return backoff(random, base=base, cap=cap, jitter=Jitter.SPREAD)
