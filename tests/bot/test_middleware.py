"""Middleware: the operator's, the bot's, and their order around a turn."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
import pytest

from agent import Bot, Chat, DialogError, Event, Message, RegistrationError, Router, words
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


def hearing(heard: list[str]) -> Around:
    """Middleware that notes what the turn is about."""

    @asynccontextmanager
    async def around(chat: Chat[Any, Any]) -> AsyncIterator[None]:
        item = chat.item
        heard.append(item.text if isinstance(item, Message) else type(item).__name__)
        yield

    return around


async def test_each_sees_what_the_turn_is_about() -> None:
    """The bot's, the router's and the handler's own; a dialog's answer too, and nothing where no item began it."""
    whole: list[str] = []
    part: list[str] = []
    own: list[str] = []
    bot, router = Bot("seen", middleware=[hearing(whole)]), Router(middleware=[hearing(part)])
    bot.include(router)

    @bot.on_join
    async def greet(chat: Chat) -> None:
        chat.later("1h", "alarm")

    @router.dialog("start", middleware=[hearing(own)])
    async def talk(chat: Chat) -> None:
        await chat.say(await chat.ask("Size?"))

    @router.on_event("participant.idle", middleware=[hearing(own)])
    async def idle(chat: Chat, event: Event) -> None:
        await chat.say("idle")

    @router.on_timer("alarm", middleware=[hearing(own)])
    async def alarm(chat: Chat, payload: str) -> None:
        await chat.say("alarm")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Size?")
        await customer.kill_worker()
        await customer.says("42")
        await customer.sees("42")
        await customer.happens("participant.idle")
        await customer.sees("idle")
        await customer.sees("alarm", within="2h")
        assert own == part == ["start", "42", "Event", "NoneType"]
        assert whole == ["NoneType", *own]


@pytest.mark.parametrize(("turns", "expected"), [("merge", "a\nb"), ("latest", "b")])
async def test_of_a_burst_each_sees_what_the_handler_gets(turns: str, expected: str) -> None:
    """The messages joined, or the newest."""
    whole: list[str] = []
    own: list[str] = []
    bot = Bot("burst", turns=turns, middleware=[hearing(whole)])

    @bot.on_message(middleware=[hearing(own)])
    async def hear(chat: Chat, message: Message) -> None:
        await anyio.sleep(5)
        await chat.say(f"heard {message.text}")

    async with chatting(bot) as customer:
        if turns == "latest":
            await customer.says("first")
            await customer.waits(1)
        await customer.says("a", "b")
        await customer.sees(f"heard {expected}")
        assert (whole[-1], own[-1]) == (expected, expected)


async def test_what_it_finds_in_the_message_it_may_use() -> None:
    """A filter is asked of what the turn is about; the error of a moderator has its own handler."""
    bot = Bot("polite")
    rude = words("damn")

    @bot.use
    @asynccontextmanager
    async def polite(chat: Chat[Any, Any]) -> AsyncIterator[None]:
        if chat.item is not None and rude.match(chat.item, chat.contact) is not None:
            raise PermissionError(chat.bound(rude))
        yield

    @bot.on_message()
    async def echo(chat: Chat, message: Message) -> None:
        await chat.say(message.text)

    @bot.on_error(PermissionError)
    async def other_words(chat: Chat, error: Exception) -> None:
        await chat.say("Other words, please.")

    async with chatting(bot) as customer:
        await customer.says("damn", "hello")
        await customer.sees("hello")
        assert customer.heard == ["Other words, please.", "hello"]


async def three() -> int:
    return 3


ASKING: dict[str, Callable[[Chat[Any, Any]], Any]] = {
    "ask": lambda chat: chat.ask("Size?"),
    "sleep": lambda chat: chat.sleep("1h"),
    "step": lambda chat: chat.step(three),
}


@pytest.mark.parametrize("verb", ASKING)
async def test_what_needs_a_journal_is_refused_by_its_own_name(verb: str) -> None:
    """Name and place of the middleware, and what to do; the next process can read the chat."""
    bot = Bot("asker")

    @asynccontextmanager
    async def curious(chat: Chat[Any, Any]) -> AsyncIterator[None]:
        await ASKING[verb](chat)
        yield

    @bot.on_message("x", middleware=[curious])
    async def hear(chat: Chat, message: Message) -> None: ...

    @bot.on_message()
    async def echo(chat: Chat, message: Message) -> None:
        await chat.say(message.text)

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("Sorry")
        (error,) = customer.errors
        assert isinstance(error, DialogError)
        assert "middleware 'curious' (test_middleware.py:" in str(error)
        assert f") cannot {verb}: it has no journal" in str(error)
        await customer.kill_worker()
        await customer.says("hello")
        await customer.sees("hello")


async def test_its_chat_is_for_its_turn() -> None:
    """Kept longer it refuses, as a handler's does."""
    kept: list[Chat[Any, Any]] = []
    bot = talker("shop")

    @bot.use
    @asynccontextmanager
    async def keeper(chat: Chat[Any, Any]) -> AsyncIterator[None]:
        yield
        await chat.say("after")
        kept.append(chat)

    async with chatting(bot) as customer:
        await customer.says("hi")
        await customer.sees("shop: hi")
        await customer.sees("after")
        await customer.waits(1)
        with pytest.raises(DialogError, match="outside of a turn of middleware 'keeper'"):
            await kept[-1].say("late")
