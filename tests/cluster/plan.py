"""Which worker is broken when, how, and for how long: drawn from a seed before anything starts.

The same seed and wishes give the same plan. At least one worker is left alone at any moment, as far as plans go. It
knows no process.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """What happens to a worker."""

    KILLED = "kill -9"
    FROZEN = "SIGSTOP"
    NO_STORE = "cut from the store"
    NO_CONNECT = "cut from Connect"
    DRAINED = "SIGTERM"


DECK = (Fault.KILLED,) * 5 + (Fault.FROZEN, Fault.NO_STORE, Fault.NO_CONNECT, Fault.DRAINED)
"""Dealt out shuffled, again and again."""
RECOVERY = 3.0
"""Seconds that a worker is left alone for after its fault, so that it can do something worth breaking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One fault; times are seconds since the soak began.

    Attributes:
        silent: a cut that swallows what is sent, instead of refusing connections; a death that the others cannot see.
    """

    at: float
    worker: int
    fault: Fault
    lasts: float
    silent: bool


def plan(*, seed: int, workers: int, seconds: float, every: float, lease: float) -> list[Strike]:
    """The faults of one soak, in the order of time."""
    random = Random(seed)
    faults = _dealt(random)
    free_at = [0.0] * workers
    strikes: list[Strike] = []
    at = every
    while at < seconds:
        worker, silent, share = random.randrange(workers), random.random() < 0.5, random.random()
        idle = [one for one in range(workers) if free_at[one] <= at]
        if len(idle) > 1:
            worker = idle[worker % len(idle)]
            fault = next(faults)
            lasts = _length(fault, lease, share)
            free_at[worker] = at + lasts + RECOVERY
            strikes.append(Strike(at=at, worker=worker, fault=fault, lasts=lasts, silent=silent))
        at += every
    return strikes


def _length(fault: Fault, lease: float, share: float) -> float:
    """How long the worker is away by our doing: dead, stopped past its lease, or cut off for less or more than that."""
    match fault:
        case Fault.KILLED | Fault.DRAINED:
            return 2 * share
        case Fault.FROZEN:
            return lease * (1.2 + share / 2)
        case Fault.NO_STORE | Fault.NO_CONNECT:
            return lease * (0.3 + 1.5 * share)


def _dealt(random: Random) -> Iterator[Fault]:
    while True:
        yield from random.sample(DECK, len(DECK))
