"""The clock in a test's hand."""

from datetime import timedelta

import pytest

from agent.testing.clocks import ManualClock


def test_advancing_moves_both_clocks_and_jumping_only_the_wall() -> None:
    """A time server sets the wall clock; durations go on."""
    clock = ManualClock()
    start = clock.now()
    clock.advance(2.5)
    clock.jump(-60)
    assert clock.now() - start == timedelta(seconds=-57.5)
    assert clock.monotonic() == 2.5


def test_time_does_not_pass_backwards() -> None:
    """A monotonic clock never goes back."""
    with pytest.raises(ValueError, match=r"use jump\(\)"):
        ManualClock().advance(-1)
