"""What steps keep beyond their turn: how their results are read, and nothing of the chat."""

import gc
import weakref
from collections.abc import Awaitable, Callable
from typing import Annotated

from agent import Bot, Chat, Message
from agent.bot import steps
from tests.bot.double import CONTACT, Turn, said


class Held:
    """Something that a handler has in a variable."""


async def test_a_step_that_is_a_closure_keeps_nothing_of_its_chat() -> None:
    """Whoever writes a step inside of a handler has it hold the chat, the message and whatever else is used there."""
    bot = Bot("closing over")
    held: list[weakref.ref[Held]] = []

    @bot.on_message()
    async def handle(chat: Chat, message: Message) -> None:
        mine = Held()
        held.append(weakref.ref(mine))

        async def look() -> str:
            return f"{type(mine).__name__} {message.text}"

        await chat.say(await chat.step(look))

    turn = Turn("one", said("x"))
    await bot.converse(CONTACT).turn(turn)
    gc.collect()
    assert turn.sent == ["Held x"]
    assert held[0]() is None


def _closure() -> Callable[[], Awaitable[int | str]]:
    async def look() -> int | str:
        return 1

    return look


def _turned_round() -> Callable[[], Awaitable[str | int]]:
    async def look() -> str | int:
        return 1

    return look


def _unhashable() -> Callable[[], Awaitable[int]]:
    async def look() -> Annotated[int, {"unit": "m"}]:
        return 1

    return look


def test_steps_that_return_the_same_share_what_reads_it() -> None:
    """Making it takes longer than many a step. The order of a union is part of what is returned."""
    assert steps._adapter(_closure()) is steps._adapter(_closure())
    assert steps._adapter(_turned_round()) is not steps._adapter(_closure())


def test_what_a_step_returns_may_be_annotated_with_anything() -> None:
    """Also with what has no hash."""
    assert steps._adapter(_unhashable()).validate_python("2") == 2
