"""A straight line through samples, with how sure one may be of it. Pure arithmetic.

Neighbouring samples resemble each other, which makes a line through all of them look surer than it is. So the line
goes through the means of a few equal stretches, and its confidence comes from how those scatter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

STRETCHES = 10
_STUDENT = 2.306
"""Student's t for 95 % on both sides and ten stretches less two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """`per_minute`, true within `by` to either side with 95 % confidence."""

    per_minute: float
    by: float

    @property
    def least(self) -> float:
        """The lower end of the confidence."""
        return self.per_minute - self.by

    def __str__(self) -> str:
        return f"{self.per_minute:+.1f} ± {self.by:.1f} a minute"


def slope_of(points: Sequence[tuple[float, float]]) -> Slope | None:
    """The slope of values over seconds; None for too few points to tell."""
    if len(points) < 2 * STRETCHES:
        return None
    means = [_mean(points[start:end]) for start, end in _stretches(len(points))]
    middle_x, middle_y = _mean(means)
    spread = sum((x - middle_x) ** 2 for x, _ in means)
    slope = sum((x - middle_x) * (y - middle_y) for x, y in means) / spread
    residues = sum((y - middle_y - slope * (x - middle_x)) ** 2 for x, y in means)
    error = sqrt(residues / (STRETCHES - 2) / spread)
    return Slope(per_minute=60 * slope, by=60 * _STUDENT * error)


def _stretches(count: int) -> list[tuple[int, int]]:
    bounds = [count * number // STRETCHES for number in range(STRETCHES + 1)]
    return list(pairwise(bounds))


def _mean(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
