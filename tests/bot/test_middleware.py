"""Middleware: the operator's, the bot's, and their order around a turn."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from agent import Bot, Chat, Message, RegistrationError
from agent.testing import chatting
from bots.switchboard import Switchboard

Around = Callable[[Chat[Any, Any]], AbstractAsyncContextManager[None]]


def noting(name: str, notes: list[str]) -> Around:
    """Middleware that notes when it is entered and left."""

    @asynccontextmanager
    async def around(chat: Chat[Any, Any]) -> AsyncIterator[None]:
        notes.append(f"+{name}")
        yield
        notes.append(f"-{name}")

    return around


def talker(name: str, *middleware: Around) -> Bot:
    bot = Bot(name, middleware=middleware)

    @bot.on_message()
    async def reply(chat: Chat, message: Message) -> None:
        await chat.say(f"{name}: {message.text}")

    return bot


async def test_the_operators_is_outside_of_the_bots_in_its_order() -> None:
    """Around every turn, the joining too; a bot that is frozen takes it as well."""
    notes: list[str] = []
    bot = talker("shop", noting("own", notes))
    bot.freeze()
    bot.surround([noting("first", notes), noting("second", notes)])
    once = ["+first", "+second", "+own", "-own", "-second", "-first"]
    async with chatting(bot) as customer:
        assert notes == once
        await customer.says("hi")
        await customer.sees("shop: hi")
    assert notes[:12] == once * 2


async def test_what_was_put_around_before_is_replaced() -> None:
    """Settings that are read twice act once."""
    notes: list[str] = []
    bot = talker("shop")
    bot.surround([noting("old", notes)])
    bot.surround([noting("new", notes)])
    async with chatting(bot):
        assert notes == ["+new", "-new"]


def test_what_is_no_function_is_refused() -> None:
    """With its own sentence."""
    with pytest.raises(RegistrationError, match="Middleware is a function of the chat"):
        talker("shop").surround([3])  # type: ignore[list-item]


async def test_it_is_around_the_bots_behind_a_switchboard() -> None:
    """Whoever has the chat."""
    notes: list[str] = []
    board = Switchboard("board", bots={"shop": talker("shop")})

    @board.on_message()
    async def choose(chat: Any, message: Message) -> None:
        chat.state.bot = "shop"

    board.surround([noting("mine", notes)])
    async with chatting(board) as customer:
        for number in range(2):
            await customer.says("hi")
            await customer.sees("shop: hi")
            notes.append(str(number))
    assert notes.index("0") < notes.index("+mine", notes.index("0"))
