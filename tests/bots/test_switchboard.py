"""Several bots on one chat: what a new build of one of them would break is told before it is deployed."""

from typing import Any

import pytest

from agent import Bot, Chat, Message
from agent.bot.rehearsal import SavedJournal, rehearse
from agent.testing import chatting
from bots.switchboard import Switchboard


def asking(*questions: str) -> Bot:
    bot = Bot("shop")

    @bot.dialog("order")
    async def order(chat: Chat) -> None:
        for question in questions:
            await chat.ask(question)

    @bot.on_message()
    async def otherwise(chat: Chat, message: Message) -> None:
        await chat.say("?")

    return bot


def board_of(shop: Bot) -> Switchboard:
    board = Switchboard("board", bots={"shop": shop})

    @board.on_message()
    async def choose(chat: Any, message: Message) -> None:
        await chat.ask("Which shop?", key="which")
        chat.state.bot = "shop"

    return board


async def saved(*words: str) -> SavedJournal:
    """What the store holds of a chat in which the customer said these words."""
    async with chatting(board_of(asking("Which size?", "Which colour?"))) as customer:
        for word in words:
            await customer.says(word)
            await customer.waits("5s")
        record = await customer._worker.record()
        assert record is not None
        return SavedJournal.of(record)


@pytest.mark.parametrize("words", [("hello",), ("hello", "order"), ("hello", "order", "42")])
async def test_an_open_chat_would_go_on_with_the_same_build(words: tuple[str, ...]) -> None:
    """With the switchboard's own dialog, or with that of the bot behind it."""
    rehearsal = await rehearse(board_of(asking("Which size?", "Which colour?")), [await saved(*words)])
    assert (rehearsal.conversations, rehearsal.runs, rehearsal.findings) == (1, 1, ())


async def test_what_a_new_build_of_a_bot_behind_it_would_break_is_told() -> None:
    """By the dialog's name."""
    kept = await saved("hello", "order", "42")
    rehearsal = await rehearse(board_of(asking("Which brand?", "Which size?", "Which colour?")), [kept])
    (finding,) = rehearsal.findings
    assert "order" in finding.handler
    assert "no longer matches its journal" in str(finding.error)
