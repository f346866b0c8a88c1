"""One chat from beginning to end, over the real wire."""

import pytest

from agent.session.conversation import Trigger
from agent.session.session import Ending
from tests.scenarios.stage import ScriptedBot, stage

pytestmark = pytest.mark.both_ways


async def test_a_bot_greets_answers_and_ends_with_the_chat() -> None:
    """Join, greet, receive, reply; the chat's end ends the session."""
    bot = ScriptedBot(greeting="Hello!")
    async with stage() as scene:
        customer = scene.customer()
        await scene.joins(customer, bot)
        await customer.sees("Hello!")
        customer.says("one")
        customer.says("two")
        await customer.sees("Hello!", "one", "two")
        customer.leaves()
        assert await scene.ended() is Ending.OVER
    assert bot.triggers == [Trigger.JOINED, Trigger.ITEMS, Trigger.ITEMS, Trigger.LEFT]
