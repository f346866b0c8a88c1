"""Simulated customers and a bot that does what the test says: what is counted, and that all of it ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio

from agent.cli.benching.customers import Crowd
from agent.cli.benching.figures import Tally
from agent.cli.benching.scenario import Line, Scenario
from agent.emulator import INSTANCE_ID, Emulator, emulate
from agent.emulator.contacts import Chat
from agent.emulator.happenings import BotWanted, Happening, ItemPublished
from agent.emulator.participants import Role

BOUND = 60


class Bot:
    """Joins every chat at once and answers by `answers`: text to replies; None leaves."""

    def __init__(self, connect: Emulator, answers: dict[str, list[str] | None], *, joins: bool = True) -> None:
        self._connect = connect
        self._answers = answers
        self._joins = joins
        self.heard: list[str] = []
        connect.region.listeners.append(self._listen)

    def _listen(self, happening: Happening) -> None:
        if isinstance(happening, BotWanted) and self._joins:
            self._connect.region.after(0, lambda: self._join(happening.chat))
        if isinstance(happening, ItemPublished) and happening.sender is happening.chat.customer:
            self._connect.region.after(0, lambda: self._answer(happening.chat, happening.item))

    def _join(self, chat: Chat) -> None:
        details = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"}
        params = {"InstanceId": INSTANCE_ID, "ContactId": chat.contact_id, "ParticipantDetails": details}
        token = self._connect.call("CreateParticipant", params)["ParticipantCredentials"]["ParticipantToken"]
        self._connect.call("CreateParticipantConnection", {"ConnectParticipant": True}, bearer=token)

    def _answer(self, chat: Chat, item: dict[str, Any]) -> None:
        if item["Type"] != "MESSAGE" or not (here := chat.present(Role.CUSTOM_BOT)):
            return
        self.heard.append(item["Content"])
        replies = self._answers.get(item["Content"], [])
        if replies is None:
            self._connect.bot_leaves(chat.contact_id)
        for text in replies or ():
            chat.publish_message(here[0], "text/plain", text)


@asynccontextmanager
async def playing(
    scenario: Scenario, answers: dict[str, list[str] | None], *, joins: bool = True, greets: bool = False
) -> AsyncIterator[tuple[Crowd, Tally, Bot]]:
    """All customers are there, have met the bot or given up, and may talk."""
    tally = Tally()
    async with emulate() as connect:
        bot = Bot(connect, answers, joins=joins)
        crowd = Crowd(connect, scenario, tally, greets=greets)
        with anyio.fail_after(BOUND):
            async with anyio.create_task_group() as group:
                if joins:
                    await crowd.worker_is_there()
                for number in range(scenario.chats):
                    group.start_soon(crowd.customer, number)
                met: list[int] = []
                await crowd.meet(met.append)
                assert met[-1] == scenario.chats
                crowd.begin()
                yield crowd, tally, bot
                await crowd.finish()
                group.cancel_scope.cancel()


async def _until(condition: Any) -> None:
    while not condition():
        await anyio.sleep(0.001)


async def test_lines_are_said_in_turn_each_when_the_last_is_answered() -> None:
    """With as many messages as were announced; the first one counts for the latency."""
    lines = (Line(say="a", answers=2), Line(say="b"))
    async with playing(Scenario(lines=lines, chats=1), {"a": ["1", "2"], "b": ["3"]}) as (crowd, tally, bot):
        await _until(lambda: len(tally.latencies) >= 4)
        await crowd.finish()
    assert bot.heard[:4] == ["a", "b", "a", "b"]
    assert tally.said == len(tally.latencies)
    assert tally.replies == sum({"a": 2, "b": 1}[text] for text in bot.heard)
    assert (len(tally.joins), tally.unanswered, tally.missed, tally.left) == (1, 0, 0, 0)


async def test_a_message_without_its_whole_answer_is_counted_and_the_next_one_said() -> None:
    """When patience is at its end, also after the time is over."""
    scenario = Scenario(lines=(Line(say="a"), Line(say="b", answers=2)), chats=2, patience=0.05)
    async with playing(scenario, {"b": ["1"]}) as (_, tally, bot):
        await _until(lambda: bot.heard.count("b") >= 2)
    assert tally.unanswered == tally.said
    assert len(tally.latencies) == bot.heard.count("b") > 0


async def test_a_customer_whose_chat_the_bot_ends_starts_another() -> None:
    """A join more; nothing is owed when no answer was."""
    lines = (Line(say="bye", answers=0), Line(say="a"))
    async with playing(Scenario(lines=lines, chats=1, rate=200), {"bye": None}) as (_, tally, _bot):
        await _until(lambda: len(tally.joins) >= 3)
    assert tally.missed == 0


async def test_a_bot_that_leaves_while_it_owes_an_answer_is_counted() -> None:
    """It is not an unanswered message: nobody is there any more."""
    async with playing(Scenario(lines=(Line(say="bye"),), chats=1), {"bye": None}) as (_, tally, _bot):
        await _until(lambda: tally.left >= 2)
    assert (tally.unanswered, tally.latencies) == (0, [])


async def test_a_bot_that_never_comes_is_counted_and_nothing_said() -> None:
    """The bench still comes to its end."""
    async with playing(Scenario(chats=3, patience=0.05), {}, joins=False) as (_, tally, bot):
        pass
    assert tally.missed >= 3
    assert bot.heard == []


async def test_a_greeting_is_waited_for() -> None:
    """It would look like the first answer."""
    async with playing(Scenario(chats=1, patience=0.05), {"hello": ["hi"]}, greets=True) as (_, tally, _bot):
        await _until(lambda: tally.latencies)
    assert tally.replies == len(tally.latencies)
