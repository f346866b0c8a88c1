"""Verbs of the kit where they must fail: a verb that cannot would let a broken bot pass."""

from collections.abc import Awaitable, Callable

import anyio
import pytest

from agent import Bot, Chat, Message
from agent.emulator import ServiceError
from agent.errors import BotError
from agent.testing import chatting
from agent.testing.person import Customer

Verb = Callable[[Customer], Awaitable[None]]


def _echo() -> Bot:
    bot = Bot("echo")

    @bot.on_message()
    async def echo(chat: Chat, message: Message) -> None:
        await chat.say(message.text)

    return bot


@pytest.mark.parametrize(
    "verb",
    [
        lambda customer: customer.types(),
        lambda customer: customer.says("hello"),
        lambda customer: customer.sends("hello", "text/plain"),
    ],
    ids=["types", "says", "sends"],
)
async def test_nothing_can_be_done_in_a_chat_that_has_ended(verb: Verb) -> None:
    """As against Amazon Connect: the token no longer works."""
    async with chatting(_echo()) as customer:
        await customer.leaves()
        with pytest.raises(ServiceError):
            await verb(customer)


@pytest.mark.parametrize("duration", ["soon", "-3s"])
async def test_a_wait_of_no_duration_is_refused(duration: str) -> None:
    """With a right one in the sentence."""
    async with chatting(_echo()) as customer:
        with pytest.raises(BotError):
            await customer.waits(duration)


async def test_an_event_that_the_bot_does_not_handle_is_not_answered() -> None:
    """`happens` brings the event, not the answer."""
    async with chatting(_echo()) as customer:
        await customer.happens("participant.idle")
        with pytest.raises(AssertionError, match="Still there"):
            await customer.sees("Still there?", within="5s")


def _stuck_in_its_first_life() -> Bot:
    bot = Bot("stuck")
    lives: list[int] = []

    @bot.on_message()
    async def answer(chat: Chat, message: Message) -> None:
        lives.append(1)
        if len(lives) == 1:
            await anyio.sleep_forever()
        await chat.say(message.text)

    return bot


async def test_a_bot_that_is_stuck_answers_only_when_its_worker_is_killed() -> None:
    """Without the crash there is no second life."""
    async with chatting(_stuck_in_its_first_life()) as customer:
        await customer.says("hello")
        with pytest.raises(AssertionError):
            await customer.sees("hello", within="10s")
    async with chatting(_stuck_in_its_first_life()) as customer:
        await customer.says("hello")
        await customer.hears_nothing("10s")
        await customer.kill_worker()
        await customer.sees("hello")
