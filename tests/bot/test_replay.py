"""Replays whose code has changed, or never was repeatable: named, and answered by the bot's policy."""

import random
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest

from agent import Bot, Chat, OnMismatch, ReplayMismatch
from agent.bot.conversation import BotConversation
from agent.session.conversation import Contact
from agent.telemetry import Happening
from agent.testing import chatting

Body = Callable[[Chat], Awaitable[None]]


class Changing(Bot):
    """A bot whose next life has another build: conversations after `become` are the other bot's."""

    def become(self, other: Bot) -> None:
        self._next = other

    def converse(self, contact: Contact) -> BotConversation:
        other: Bot | None = getattr(self, "_next", None)
        if other is None:
            return super().converse(contact)
        other.report_to(self.report)
        other.strict = self.strict
        return other.converse(contact)


def builds(old: Body, new: Body, **settings: str) -> tuple[Changing, Bot]:
    """One dialog in two builds."""
    before, after = Changing("old"), Bot("new", **settings)  # type: ignore[arg-type]
    before.dialog("start")(old)
    after.dialog("start")(new)
    return before, after


async def sizes(chat: Chat) -> None:
    await chat.ask("Which size?", int)
    await chat.ask("Which colour?")
    await chat.say("done")


async def with_a_question_before(chat: Chat) -> None:
    await chat.ask("Which brand?")
    await chat.ask("Which size?", int)
    await chat.ask("Which colour?")
    await chat.say("done")


async def half(bot: Changing, other: Bot, happenings: list[Happening]) -> str:
    """The chat after the first answer, the change of builds and one more message."""
    async with chatting(bot, report=happenings.append) as customer:
        await customer.says("start")
        await customer.sees("Which size?")
        await customer.says("42")
        await customer.sees("Which colour?")
        bot.become(other)
        await customer.kill_worker()
        await customer.says("red")
        await customer.waits(30)
        return "\n".join(customer.heard[2:])


def mismatches(happenings: list[Happening]) -> list[ReplayMismatch]:
    return [one.error for one in happenings if isinstance(one.error, ReplayMismatch)]


async def test_a_mismatch_names_file_line_both_sides_and_the_fix() -> None:
    """What was expected, where it was, what came, where, and what to do."""
    happenings: list[Happening] = []
    bot, other = builds(sizes, with_a_question_before)
    await half(bot, other, happenings)
    (error,) = mismatches(happenings)
    line = with_a_question_before.__code__.co_firstlineno + 1
    assert error.expected == f"ask 'Which size?' (was at test_replay.py:{sizes.__code__.co_firstlineno + 1})"
    assert error.came == f"ask 'Which brand?' at test_replay.py:{line}"
    assert "version=" in str(error)


async def test_restart_begins_again_after_a_word() -> None:
    """The default: nothing is answered by the wrong question."""
    bot, other = builds(sizes, with_a_question_before)
    assert await half(bot, other, []) == "Sorry, I have to start this over.\nWhich brand?"


async def test_hand_off_leaves_the_chat() -> None:
    """The flow goes on."""
    bot, other = builds(sizes, with_a_question_before, on_mismatch=OnMismatch.HAND_OFF)
    happenings: list[Happening] = []
    assert "I pass you on" in await half(bot, other, happenings)
    assert any(one.name == "contact.ended" and one.fields["why"] == "HandedOff" for one in happenings)


async def test_raise_fails_the_turn() -> None:
    """Then the author's error handlers decide."""
    bot, other = builds(sizes, with_a_question_before, on_mismatch=OnMismatch.RAISE)
    assert "something went wrong" in await half(bot, other, [])


async def test_an_old_version_that_is_still_registered_goes_on() -> None:
    """Staying on the version it began with needs no policy; new chats get the new one."""
    bot = Changing("old")
    bot.dialog("start")(sizes)
    other = Bot("new")
    other.dialog("start", version=1)(sizes)
    other.dialog("start", version=2)(with_a_question_before)
    assert await half(bot, other, []) == "done"
    async with chatting(other) as customer:
        await customer.says("start")
        await customer.sees("Which brand?")


async def test_a_version_that_is_gone_is_a_mismatch() -> None:
    """The newest one starts over."""
    bot = Changing("old")
    bot.dialog("start", version=1)(sizes)
    other = Bot("new")
    other.dialog("start", version=2)(with_a_question_before)
    happenings: list[Happening] = []
    assert (await half(bot, other, happenings)).endswith("Which brand?")
    assert mismatches(happenings)


async def test_code_that_ends_too_early_is_a_mismatch() -> None:
    """A removed question is seen."""

    async def shorter(chat: Chat) -> None:
        await chat.ask("Which size?", int)
        await chat.say("done")

    happenings: list[Happening] = []
    bot, other = builds(sizes, shorter)
    await half(bot, other, happenings)
    (error,) = mismatches(happenings)
    assert "'Which colour?'" in error.expected
    assert error.came == "the end"


async def test_words_may_change_freely() -> None:
    """What is only said is no part of the journal, and a question with a key may be reworded."""

    async def before(chat: Chat) -> None:
        await chat.say("Hello.")
        await chat.ask("Which size?", int, key="size")
        await chat.ask("Which colour?", key="colour")
        await chat.say("done")

    async def after(chat: Chat) -> None:
        await chat.say("Good day.", "How are you?")
        await chat.ask("What size do you wear?", int, key="size")
        await chat.say("Nice.")
        await chat.ask("Colour?", key="colour")
        await chat.say("finished")

    bot, other = builds(before, after)
    happenings: list[Happening] = []
    assert (await half(bot, other, happenings)).endswith("finished")
    assert not mismatches(happenings)


async def test_a_composed_question_is_not_shown_in_the_error() -> None:
    """It may hold what the customer said."""

    async def before(chat: Chat) -> None:
        name = "secret"
        await chat.ask("Which size?", int)
        await chat.ask(f"Which colour? {name}")

    async def after(chat: Chat) -> None:
        name = "secret"
        await chat.ask("Which size?", int)
        await chat.ask(f"{name}, which?")

    happenings: list[Happening] = []
    bot, other = builds(before, after)
    await half(bot, other, happenings)
    (error,) = mismatches(happenings)
    assert "secret" not in str(error)
    assert "with a composed text" in error.expected


def _wall_clock() -> object:
    return time.time()


IMPURE: list[tuple[Callable[[], object], str]] = [
    (lambda: time.time(), "time.time()"),
    (lambda: datetime.now(), "datetime.now()"),  # noqa: DTZ005
    (lambda: random.random(), "random.random()"),
    (lambda: random.choice("abc"), "random.choice()"),
    (lambda: uuid.uuid4(), "uuid.uuid4()"),
    (_wall_clock, "time.time()"),
]


@pytest.mark.parametrize(("call", "name"), IMPURE, ids=[f"{name}-{n}" for n, (_, name) in enumerate(IMPURE)])
async def test_clocks_and_dice_outside_the_chat_are_named_on_replay(call: Callable[[], object], name: str) -> None:
    """Under test they are an error: the next process would get another answer."""

    async def dialog(chat: Chat) -> None:
        call()
        await chat.ask("Which size?", int)
        await chat.ask("Which colour?")

    happenings: list[Happening] = []
    bot = Changing("impure")
    bot.dialog("start")(dialog)
    other = Bot("same")
    other.dialog("start")(dialog)
    await half(bot, other, happenings)
    error = mismatches(happenings)[0]
    assert name in str(error)
    assert "test_replay.py:" in str(error)
    assert "chat.now()" in str(error)


async def test_in_production_an_impure_call_is_only_reported() -> None:
    """As long as the replay goes the same way, the customer goes on."""
    seen: list[Happening] = []

    async def dialog(chat: Chat) -> None:
        time.time()
        await chat.ask("Which size?", int)
        await chat.ask("Which colour?")
        await chat.say("done")

    class Lenient(Changing):
        def converse(self, contact: Contact) -> BotConversation:
            self.strict = False
            return super().converse(contact)

    bot, other = Lenient("impure"), Bot("same")
    bot.dialog("start")(dialog)
    other.dialog("start")(dialog)
    assert await half(bot, other, seen) == "done"
    assert [one.name for one in seen if isinstance(one.error, ReplayMismatch)] == ["dialog.impure"]


async def test_the_dice_of_the_chat_and_seeded_ones_are_fine() -> None:
    """Only what differs from process to process is named."""

    async def dialog(chat: Chat) -> None:
        chat.random.shuffle([1, 2, 3])
        random.Random(7).choice("abc")
        chat.now()
        await chat.ask("Which size?", int)
        await chat.ask("Which colour?")
        await chat.say("done")

    bot, other = builds(dialog, dialog)
    assert await half(bot, other, []) == "done"
