"""A line through samples, and how sure one may be of it."""

from random import Random

import pytest

from tests.soak.slope import slope_of


def test_a_straight_line_is_found_and_is_certain() -> None:
    """A value that grows by 3 each second grows by 180 each minute."""
    slope = slope_of([(float(at), 100 + 3.0 * at) for at in range(100)])
    assert slope
    assert slope.per_minute == pytest.approx(180)
    assert slope.by == pytest.approx(0, abs=1e-6)
    assert str(slope) == "+180.0 ± 0.0 a minute"


def test_noise_without_growth_is_not_taken_for_growth() -> None:
    """The confidence holds zero in about 19 of 20 cases; these are 20 fixed ones."""
    missed = 0
    for seed in range(20):
        random = Random(seed)
        slope = slope_of([(float(at), random.gauss(1_000, 20)) for at in range(300)])
        assert slope
        missed += abs(slope.per_minute) > slope.by
    assert missed <= 3


def test_growth_is_seen_through_noise() -> None:
    """A leak of 60 KB a minute under noise of 20 KB."""
    random = Random(1)
    slope = slope_of([(float(at), 1_000 + at + random.gauss(0, 20)) for at in range(300)])
    assert slope
    assert slope.least > 40


def test_a_few_points_make_no_line() -> None:
    """Rather no answer than a wrong one."""
    assert slope_of([(1.0, 1.0)] * 19) is None
