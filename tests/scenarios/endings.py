"""The end of a chat: a flow that waits for its bot, a bot that wants the last word, and what must then be over.

It tells no story itself.
"""

from __future__ import annotations

import anyio

from agent.errors import ConversationOver
from agent.ids import Secret
from agent.session.conversation import Trigger, Turn
from agent.session.session import Ending
from agent.wire.content import ContentType
from tests.scenarios.stage import Customer, ScriptedBot, Stage

BY_HUMAN = {"HumanTookOver"}


def waiting(*, disconnected: str = "queue", expired: str = "late") -> dict[str, str]:
    """A flow called ``waiting``, which waits ten minutes for its bot."""
    return {
        "waiting": f"""
name = "waiting"
start = "bot"
after_agent = "aftermath"
[blocks.bot]
type = "bot"
join_within = 86400
timeout = 600
[blocks.bot.on]
disconnected = "{disconnected}"
expired = "{expired}"
[blocks.queue]
type = "queue"
[blocks.late]
type = "prompt"
text = "The flow goes on."
next = "aftermath"
[blocks.aftermath]
type = "wait"
timeout = 900
[blocks.aftermath.on]
expired = "end"
[blocks.end]
type = "disconnect"
"""
    }


class BusyBot(ScriptedBot):
    """Works on each message without end, and tries to have the last word."""

    def __init__(self) -> None:
        super().__init__(reply=self._work)
        self.refused: list[ConversationOver] = []

    async def _work(self, turn: Turn, text: str) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await self._try_to_speak(turn)

    async def _try_to_speak(self, turn: Turn) -> None:
        try:
            await turn.send("too late", content_type=ContentType.PLAIN)
        except ConversationOver as over:
            self.refused.append(over)


async def busy(scene: Stage, customer: Customer) -> BusyBot:
    """A bot in the middle of a turn."""
    bot = BusyBot()
    await scene.joins(customer, bot)
    customer.says("hello")
    await scene.until(lambda: bot.heard == ["hello"])
    return bot


async def is_over(scene: Stage, customer: Customer, bot: ScriptedBot, reasons: set[str]) -> None:
    """The session ended, for one of these reasons; the bot had its last turn, and nobody hears of it any more."""
    assert await scene.ended() is Ending.OVER
    assert scene.why() in reasons
    assert bot.triggers[-1] is Trigger.LEFT
    assert bot.triggers.count(Trigger.LEFT) == 1
    assert "too late" not in customer.bot_lines()
    await scene.until(lambda: scene.sockets(customer) == 0)
    assert (await scene.record(customer)).participant is None


def connection_token(scene: Stage) -> Secret:
    """The bot's newest connection token, as the service gave it."""
    answer = scene.calls("CreateParticipantConnection")[-1].payload["response"]
    return Secret(answer["ConnectionCredentials"]["ConnectionToken"])
