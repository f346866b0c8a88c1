"""What a chat leaves in memory when it has ended: nothing that waits for Python's collector."""

import gc
from collections.abc import Iterator

import pytest

from tests.scenarios.stage import ScriptedBot
from tests.session.hall import hall, virtual


@pytest.fixture
def uncollected() -> Iterator[None]:
    """The collector rests, so that what it would find is still there."""
    gc.collect()
    gc.disable()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


@pytest.mark.parametrize("end", ["the customer leaves", "drained", "lost"])
def test_an_ended_session_leaves_no_cycles(uncollected: None, end: str) -> None:
    """Parts that know each other in circles would keep records and journals of ended chats for an hour. (What a
    cancelled task's own traceback still holds is empty, or the way in, not what was said.)"""

    async def story() -> None:
        async with hall() as scene:
            session = await scene.joins(ScriptedBot())
            scene.says("hello")
            await scene.passes(5)
            match end:
                case "the customer leaves":
                    scene.customer_leaves()
                case "drained":
                    session.drain()
                case _:
                    session.lose()
            await scene.passes(30)

    virtual(story)()
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    left = {type(one).__qualname__ for one in gc.garbage if type(one).__module__.startswith("agent.session")}
    assert left & {"Session", "Inbox", "Outbox", "Conductor", "Handler", "TranscriptReader", "LiveTurn"} == set()
