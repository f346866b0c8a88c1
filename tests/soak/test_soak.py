"""The soak itself, in its short form."""

import pytest

from tests.soak.plan import Plan
from tests.soak.report import facts, text
from tests.soak.soaking import soak
from tests.soak.verdict import judge


@pytest.mark.processes
@pytest.mark.timeout(400)
async def test_half_a_minute_of_fifty_chats_leaves_nothing_behind() -> None:
    """Nothing lost or doubled, every metric as the transcripts say, and everything given back."""
    told: list[str] = []
    plan = Plan(chats=50, minutes=0.5, pause=2, life=8, arrivals=25, every=1)
    soaked = await soak(plan, told.append)
    findings = judge(soaked)
    shown = text(facts(soaked, findings))
    # Memory and what lives with it need longer to settle; a short soak shows that they are measured.
    slow = ("flat", "do not grow")
    assert [one for one in findings if one.held is False and not one.name.endswith(slow)] == [], shown
    assert soaked.tally.chats > plan.chats
    assert len(told) > 10
