"""Delays: they grow, they stay under their cap, and the same seed gives the same ones."""

from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.backoff import Jitter, backoff, link_backoff

BOUNDS = {Jitter.NONE: (1, 1), Jitter.FULL: (0, 1), Jitter.EQUAL: (0.5, 1), Jitter.SPREAD: (0.7, 1.3)}


def test_without_jitter_delays_double_up_to_their_cap() -> None:
    """2 s, doubling, at most 30 s."""
    assert list(islice(backoff(Random(1), jitter=Jitter.NONE), 6)) == [2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize("jitter", Jitter)
@given(seed=st.integers())
def test_each_jitter_keeps_its_bounds(jitter: Jitter, seed: int) -> None:
    """For any seed."""
    least, most = BOUNDS[jitter]
    plain = islice(backoff(Random(), jitter=Jitter.NONE), 8)
    for delay, exact in zip(backoff(Random(seed), jitter=jitter), plain, strict=False):
        assert least * exact <= delay <= most * exact


def test_the_same_seed_gives_the_same_delays() -> None:
    """So that a failing run can be repeated."""
    assert list(islice(backoff(Random(7)), 9)) == list(islice(backoff(Random(7)), 9))


def test_a_socket_is_tried_again_after_about_a_second() -> None:
    """± 30 %, doubling."""
    for exact, delay in zip([1, 2, 4, 8, 16, 30, 30], link_backoff(Random(3)), strict=False):
        assert 0.7 * exact <= delay <= 1.3 * exact


def test_delays_never_overflow() -> None:
    """A link may be down for months."""
    assert next(islice(backoff(Random(1), jitter=Jitter.NONE), 100_000, None)) == 30
