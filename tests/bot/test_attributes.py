"""Contact attributes: what Amazon Connect would refuse is refused before it is asked, with the key's name."""

from typing import Any

import pytest

from agent import Bot, Chat, Message
from agent.errors import BotError
from agent.testing import chatting

MISTAKES: list[tuple[str, Any, str]] = [
    ("a number", {"n": 5}, r"attribute 'n' must be a string, not int; write str\(\.\.\.\)"),
    ("nothing", {"n": None}, "attribute 'n' must be a string, not None"),
    ("a key of numbers", {1: "a"}, "key must be a string, not int"),
    ("a key with a space", {"a b": "c"}, "attribute 'a b' may have letters, digits, - and _ only in its key"),
    ("an empty key", {"": "c"}, "letters, digits, - and _ only"),
    ("a list", [("a", "b")], "must be a mapping of strings, not list"),
    ("half a pair", {"n": "\ud83d"}, "attribute 'n' holds half of a surrogate pair"),
    ("too much", {"a": "b", "n": "x" * 40_000}, r"32,768 bytes of UTF-8 in all, these have 40,003; the largest is 'n'"),
    ("too much in bytes", {"n": "ü" * 16_384}, "these have 32,769"),
]


@pytest.mark.parametrize("verb", ["set_attributes", "hand_off"])
@pytest.mark.parametrize(("attributes", "sentence"), [pytest.param(*one[1:], id=one[0]) for one in MISTAKES])
async def test_what_cannot_be_written_is_refused_with_its_key(verb: str, attributes: Any, sentence: str) -> None:
    """Before anything is said or written; a hand-off does not leave half way."""
    bot = Bot("writer")

    @bot.on_message()
    async def write(chat: Chat, message: Message) -> None:
        if verb == "hand_off":
            await chat.hand_off(attributes=attributes, say="Bye.")
        await chat.set_attributes(attributes)

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("Sorry")
        (error,) = customer.errors
        assert type(error) is BotError
        with pytest.raises(BotError, match=rf"chat\.{verb}: .*{sentence}"):
            raise error
        assert len(customer.heard) == 1


async def test_no_attributes_at_all_are_named_as_well() -> None:
    """None is what a function without a return gives."""
    bot = Bot("writer")

    @bot.on_message()
    async def write(chat: Chat, message: Message) -> None:
        await chat.set_attributes(None)  # type: ignore[arg-type]

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("Sorry")
        assert "must be a mapping of strings, not None" in str(customer.errors[0])


async def test_a_goodbye_that_cannot_be_said_leaves_the_attributes_alone() -> None:
    """All of a hand-off is looked at before any of it is done."""
    bot = Bot("writer")
    seen: list[str | None] = []

    @bot.on_message("off")
    async def off(chat: Chat, message: Message) -> None:
        await chat.hand_off(attributes={"tier": "gold"}, say=5)  # type: ignore[arg-type]

    @bot.on_message()
    async def look(chat: Chat, message: Message) -> None:
        seen.append(chat.contact.attributes.get("tier"))

    async with chatting(bot) as customer:
        await customer.says("off")
        await customer.sees("Sorry")
        await customer.kill_worker()
        await customer.says("look")
        await customer.waits(3)
        assert "needs a string, not int" in str(customer.errors[0])
        assert seen == [None]


async def test_attributes_up_to_the_limit_are_written() -> None:
    """The whole of 32,768 bytes, keys included."""
    bot = Bot("writer")

    @bot.on_message()
    async def write(chat: Chat, message: Message) -> None:
        await chat.set_attributes({"n": "x" * 32_767})
        await chat.say("written")

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("written")
