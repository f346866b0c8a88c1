"""What a chat costs the store: the more it is asked, the fewer chats it can keep."""

from typing import Any

import pytest

from agent.session.conversation import Turn
from tests.scenarios.stage import ScriptedBot
from tests.session.hall import Hall, hall, virtual
from tests.session.test_turns import say
from tests.store.counting import CountingStore

pytestmark = pytest.mark.both_ways


def _counted(scene: Hall) -> CountingStore:
    counted = CountingStore(scene.store)
    store: Any = counted
    scene.store = store
    return counted


@virtual
async def test_a_plain_turn_is_one_write() -> None:
    """The promise is two; the commit alone is needed. Nothing is read."""
    async with hall() as scene:
        counted = _counted(scene)
        await scene.joins(ScriptedBot())
        counted.forget_counts()
        for text in ("one", "two", "three"):
            scene.says(text)
            await scene.passes(5)
        assert scene.lines() == ["one", "two", "three"]
        assert counted.calls == {"save": 3}


@virtual
async def test_many_replies_of_one_turn_are_one_write() -> None:
    """Each says for itself, by its ClientToken, whether it was said."""
    async with hall() as scene:

        async def thrice(turn: Turn, text: str) -> None:
            await say(turn, "a", "b", "c")

        counted = _counted(scene)
        await scene.joins(ScriptedBot(thrice))
        counted.forget_counts()
        scene.says("go")
        await scene.passes(5)
        assert scene.lines() == ["a", "b", "c"]
        assert counted.calls == {"save": 1}


@virtual
async def test_a_chat_costs_few_writes_from_beginning_to_end() -> None:
    """The claim, the participant, one for each turn and one for the end; while nothing is said none at all."""
    async with hall() as scene:
        counted = _counted(scene)
        await scene.joins(ScriptedBot(greeting="Hello!"))
        joined = counted.writes
        assert counted.calls["claim"] == 1
        await scene.passes(600)
        assert counted.writes == joined <= 4
        counted.forget_counts()
        scene.customer_leaves()
        await scene.passes(60)
        assert 1 <= counted.writes <= 2
