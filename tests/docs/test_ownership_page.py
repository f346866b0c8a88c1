"""The page about ownership says the numbers that the code has."""

from pathlib import Path

import pytest

from agent.config.sections import WorkerSection
from agent.daemon import lookout, ownership, rebalancing, supervisor, watch, worker

TEXT = " ".join(Path(__file__).parents[2].joinpath("docs/ownership.md").read_text(encoding="utf-8").split())
LEASE = WorkerSection().lease
SPARE = round(1 - ownership._SILENT_AFTER, 3)
MOVES = rebalancing.Rebalancing()


@pytest.mark.parametrize(
    "claim",
    [
        f"`worker.lease`, {LEASE:.0f} s",
        {3: "three times in its length"}[ownership._RENEWALS],
        f"After {ownership._SILENT_AFTER} of the lease",
        {20: "twenty times in a lease"}[lookout._LOOKS],
        f"at least every {lookout._LONGEST} s",
        {16: "sixteen of them"}[supervisor._AT_ONCE],
        f"within {worker._FOR_FAREWELLS} of `worker.drain_deadline`",
        f"have been where they are for {MOVES.stay:.0f} s",
        f"keeps its last {({5: 'five'})[MOVES.few]}",
        f"clocks may differ by {SPARE} of the lease, {LEASE * SPARE:.0f} s of {LEASE:.0f}",
    ],
)
def test_every_number_is_the_code_s(claim: str) -> None:
    """A change of one without the other is seen here."""
    assert claim in TEXT


def test_two_looks_find_a_dead_worker_s_contacts_within_two_seconds() -> None:
    """The first look leaves them to whoever is preferred, the second takes them."""
    assert 2 * lookout.look_every(LEASE) < 2.0
    assert 2 * lookout.look_every(3_600.0) < 2.0
    assert 2 * lookout.look_every(3_600.0) < watch._NEWCOMERS_TIME
