"""The promises hold in every seeded storm; `make simulate SEEDS=...` runs many more than this."""

import pytest

from agent.session.ways import Way
from agent.testing.virtual import run_virtually
from tests.simulation.verdict import violations
from tests.simulation.world import story

FOUND = (11134, 12476, 15054, 17379, 28888, 43286, 95922)
"""Seeds that once broke a promise."""


@pytest.mark.parametrize("seed", range(60))
def test_a_story_keeps_every_promise(seed: int) -> None:
    """Exactly once, in order, nothing after the end, nothing left behind, nothing given away; by both ways in."""
    assert violations(run_virtually(story(seed))) == []


@pytest.mark.parametrize("seed", FOUND)
def test_a_promise_that_was_broken_once_is_kept(seed: int) -> None:
    """They were found with the websocket."""
    assert violations(run_virtually(story(seed, Way.WEBSOCKET))) == []
