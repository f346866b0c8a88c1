"""The promises hold in every seeded storm; `make simulate SEEDS=...` runs many more than this."""

import pytest

from agent.testing.virtual import run_virtually
from tests.simulation.verdict import violations
from tests.simulation.world import story

FOUND = (11134, 12476, 15054, 17379, 28888, 43286, 95922)
"""Seeds that once broke a promise."""


@pytest.mark.parametrize("seed", [*range(60), *FOUND])
def test_a_story_keeps_every_promise(seed: int) -> None:
    """Exactly once, in order, nothing after the end, nothing left behind, nothing given away."""
    assert violations(run_virtually(story(seed))) == []
