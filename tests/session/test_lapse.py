"""Times between items, as Amazon Connect writes them."""

from datetime import UTC, datetime

import pytest

from agent.session.lapse import lapse, lapse_until

EARLY, LATE = "2026-01-01T10:00:00.000Z", "2026-01-01T10:00:01.250Z"


def test_between_two_of_amazon_connect_s_times() -> None:
    """Whatever the clock here says."""
    assert lapse(EARLY, LATE) == 1.25


def test_a_clock_that_is_behind_gives_nothing_negative() -> None:
    """Clocks differ."""
    assert lapse(LATE, EARLY) == 0
    assert lapse_until(LATE, datetime(2026, 1, 1, 10, tzinfo=UTC)) == 0


def test_until_now() -> None:
    """By two clocks."""
    assert lapse_until(EARLY, datetime(2026, 1, 1, 10, 0, 2, tzinfo=UTC)) == 2


@pytest.mark.parametrize("text", ["", "soon", "2026-01-01T10:00:00"])
def test_what_is_no_time_gives_no_number(text: str) -> None:
    """A time without a zone is none either."""
    assert lapse(text, LATE) is None
    assert lapse(EARLY, text) is None
    assert lapse_until(text, datetime(2026, 1, 1, tzinfo=UTC)) is None
