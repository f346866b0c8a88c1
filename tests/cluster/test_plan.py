"""The plan of faults: repeatable, fair to the last worker standing, and long enough to hurt."""

import pytest

from tests.cluster.plan import Fault, Strike, plan


def drawn(seed: int, workers: int = 3, seconds: float = 600) -> list[Strike]:
    return plan(seed=seed, workers=workers, seconds=seconds, every=5, lease=6)


def test_a_seed_is_a_plan() -> None:
    """The same seed strikes the same workers in the same way at the same time, another one differently."""
    assert drawn(1) == drawn(1) != drawn(2)


@pytest.mark.parametrize("workers", [2, 3, 5])
@pytest.mark.parametrize("seed", range(10))
def test_one_worker_is_always_left_alone(seed: int, workers: int) -> None:
    """At any moment at most all but one suffer."""
    strikes = drawn(seed, workers)
    for strike in strikes:
        assert len({one.worker for one in strikes if one.at <= strike.at < one.at + one.lasts}) < workers


def test_everything_happens_and_kills_most_often() -> None:
    """Every kind is dealt out; about half of all are kill -9."""
    strikes = drawn(1)
    assert {strike.fault for strike in strikes} == set(Fault)
    assert sum(strike.fault is Fault.KILLED for strike in strikes) * 2 > len(strikes)


def test_who_is_stopped_is_stopped_past_its_lease() -> None:
    """Otherwise nobody would take its chats, and nothing would be tried."""
    assert all(strike.lasts > 6 for seed in range(10) for strike in drawn(seed) if strike.fault is Fault.FROZEN)


def test_a_single_worker_is_left_alone() -> None:
    """Nobody could take its chats."""
    assert drawn(1, workers=1) == []
