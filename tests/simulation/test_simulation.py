"""The promises hold in every seeded storm; `make simulate SEEDS=...` runs many more than this."""

import pytest

from agent.session.ways import Way
from agent.testing.virtual import run_virtually
from tests.simulation.freezing import run_freezing
from tests.simulation.orders import ordered_story
from tests.simulation.upgrades import cluster_story
from tests.simulation.verdict import violations
from tests.simulation.world import story

FOUND = (11134, 12476, 15054, 17379, 28888, 43286, 95922, 431847)
"""Seeds that once broke a promise."""


@pytest.mark.parametrize("seed", range(60))
def test_a_story_keeps_every_promise(seed: int) -> None:
    """Exactly once, in order, nothing after the end, nothing left behind, nothing given away; by both ways in."""
    assert violations(run_virtually(story(seed))) == []


@pytest.mark.parametrize("seed", range(40))
def test_operators_orders_are_kept_to_in_every_story(seed: int) -> None:
    """Once, or never when it was refused; and they disturb nothing else."""
    assert violations(run_virtually(ordered_story(seed))) == []


@pytest.mark.parametrize("seed", FOUND)
def test_a_promise_that_was_broken_once_is_kept(seed: int) -> None:
    """They were found with the websocket."""
    assert violations(run_virtually(story(seed, Way.WEBSOCKET))) == []


@pytest.mark.parametrize("seed", range(8))
def test_a_cluster_keeps_every_promise(seed: int) -> None:
    """And nobody speaks for a contact that is another's, nor is one without an owner for long."""
    assert violations(run_freezing(cluster_story(seed))) == []
