"""What of a chat concerns the bot: not what others dealt with before it was this chat."""

import pytest

from tests.scenarios.stage import ScriptedBot
from tests.session.hall import hall, virtual

pytestmark = pytest.mark.both_ways


@virtual
async def test_what_was_said_in_a_rehydrated_chat_is_not_answered_again() -> None:
    """Its transcript holds the past one, whose questions somebody has dealt with."""
    async with hall() as scene:
        scene.says("last week")
        past = scene.contact_id
        scene.customer_leaves()
        await scene.passes(5)
        scene.chat_begins(PersistentChat={"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": past})
        scene.says("today")
        bot = ScriptedBot()
        await scene.joins(bot)
        assert bot.heard == ["today"]
