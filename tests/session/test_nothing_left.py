"""What a chat leaves in memory when it has ended: nothing that waits for Python's collector, however it is heard."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from agent.session.rails import GuardSettings
from agent.session.ways import Way
from tests.scenarios.stage import ScriptedBot
from tests.session.hall import hall, virtual

ROOMS = ("agent.aws", "agent.bot", "agent.ids", "agent.ports", "agent.record", "agent.session", "agent.wire")


@pytest.fixture
def uncollected() -> Iterator[None]:
    """The collector rests, so that what it would find is still there."""
    gc.collect()
    gc.freeze()  # nor does what was there before take the time of a look
    gc.disable()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()
    gc.unfreeze()


@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize("watched", [{}, {"guards": GuardSettings(hand_off_after=60.0), "audit_interval": 3.0}])
@pytest.mark.parametrize("end", ["the customer leaves", "drained", "lost"])
def test_an_ended_session_leaves_no_circles(uncollected: None, end: str, watched: dict[str, Any], way: Way) -> None:
    """Parts that know each other in circles would keep tokens, records and journals of ended chats for an hour."""

    async def story() -> None:
        async with hall(way=way) as scene:
            session = await scene.joins(ScriptedBot(), **watched)
            scene.says("hello")
            await scene.passes(5)
            match end:
                case "the customer leaves":
                    scene.customer_leaves()
                case "drained":
                    session.drain()
                case _:
                    session.lose()
            await scene.passes(150)  # what was cancelled keeps its place among the deadlines until its time

    virtual(story)()
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    assert {type(one).__qualname__ for one in gc.garbage if type(one).__module__.startswith(ROOMS)} == set()
