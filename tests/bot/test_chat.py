"""The chat's verbs, the bot's state and time, the policies of overlap, and authors' mistakes."""

import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pydantic
import pytest

from agent import Attachment, Bot, Chat, Message, Panel, regex
from agent.bot.state import StateType
from agent.errors import BotError, DialogError, HandedOff, InvalidMessage, StateError, TurnTimeout
from agent.ids import ItemId
from agent.session.surroundings import SessionSettings
from agent.testing import chatting
from agent.wire.content import Role
from agent.wire.items import AttachedFile, Sender
from tests.bot.double import CONTACT, Turn


class Cart(pydantic.BaseModel):
    items: list[str] = []


async def test_messages_come_in_the_order_they_are_said() -> None:
    """Several in one call, markdown too."""
    bot = Bot("talker")

    @bot.on_message()
    async def answer(chat: Chat, message: Message) -> None:
        await chat.say("one", "two")
        await chat.say("*three*", markdown=True)

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("three")
        assert customer.heard == ["one", "two", "*three*"]
        assert customer.story[-1].content_type == "text/markdown"


@pytest.mark.parametrize("text", ["", "  \n", None, 7])
async def test_nothing_visible_cannot_be_said(text: Any) -> None:
    """Refused before anything is sent."""
    bot = Bot("mute")

    @bot.on_message()
    async def answer(chat: Chat, message: Message) -> None:
        await chat.say("fine", text)

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("Sorry")
        assert customer.heard == [bot.texts.apology]
        assert isinstance(customer.errors[0], InvalidMessage)


async def test_typing_can_be_awaited_or_entered() -> None:
    """Both spellings show the bot as typing."""
    bot = Bot("typist")

    @bot.on_message()
    async def answer(chat: Chat, message: Message) -> None:
        await chat.typing()
        async with chat.typing():
            await anyio.sleep(1)
        await chat.say("done")

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("done")


async def test_after_a_hand_off_nothing_can_be_said() -> None:
    """Attributes are written, the goodbye is said, the chat is left; then HandedOff."""
    raised: list[Exception] = []
    bot = Bot("hander")

    @bot.on_message()
    async def hand_over(chat: Chat, message: Message) -> None:
        await chat.hand_off(attributes={"topic": "shoes"}, say="An agent will be with you.")
        try:
            await chat.say("And another thing...")
        except HandedOff as error:
            raised.append(error)

    async with chatting(bot) as customer:
        await customer.says("agent")
        await customer.sees("An agent will be with you.")
        await customer.waits("1m")
        assert customer.attributes["topic"] == "shoes"
        assert customer.heard == ["An agent will be with you."]
    assert raised


async def test_state_lasts_over_turns_and_lives() -> None:
    """Changed in place, kept at the turn's end, validated on load."""
    bot: Bot[object, Cart] = Bot("cart", state=Cart)

    @bot.on_message()
    async def add(chat: Chat[object, Cart], message: Message) -> None:
        chat.state.items.append(message.text)
        await chat.say(",".join(chat.state.items))

    async with chatting(bot) as customer:
        await customer.says("a")
        await customer.sees("a")
        await customer.kill_worker()
        await customer.says("b")
        await customer.sees("a,b")


async def test_a_replay_does_not_change_the_state_again() -> None:
    """The dialog sees the state as it was then, and goes on with what others made of it meanwhile."""
    seen: list[list[str]] = []
    bot: Bot[object, Cart] = Bot("cart", state=Cart)

    @bot.on_message("extra", anytime=True)
    async def extra(chat: Chat[object, Cart], message: Message) -> None:
        chat.state.items.append("extra")

    @bot.dialog("start")
    async def shop(chat: Chat[object, Cart]) -> None:
        cart = chat.state
        cart.items.append(await chat.ask("First?"))
        seen.append(list(cart.items))
        cart.items.append(await chat.ask("Second?"))
        seen.append(list(cart.items))
        await chat.ask("Third?")
        await chat.say("in all: " + ",".join(cart.items))

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.says("a")
        await customer.sees("Second?")
        await customer.says("extra")
        await customer.waits(1)
        await customer.kill_worker()
        await customer.says("b")
        await customer.sees("Third?")
        await customer.kill_worker()
        await customer.says("c")
        await customer.sees("in all: a,extra,b")
    assert seen == [["a"], ["a"], ["a", "extra", "b"], ["a"], ["a", "extra", "b"]]


async def test_a_turn_that_fails_leaves_the_state_as_it_was() -> None:
    """No half of a turn is kept."""
    bot: Bot[object, Cart] = Bot("cart", state=Cart)

    @bot.on_message("fail")
    async def fail(chat: Chat[object, Cart], message: Message) -> None:
        chat.state.items.append("half")
        raise LookupError

    @bot.on_message()
    async def show(chat: Chat[object, Cart], message: Message) -> None:
        await chat.say(f"{len(chat.state.items)} items")

    async with chatting(bot) as customer:
        await customer.says("fail")
        await customer.says("show")
        await customer.sees("0 items")


async def test_state_that_breaks_its_own_type_is_refused_when_it_is_made() -> None:
    """Not at the next takeover; the customer gets the apology, the old state stays."""

    @dataclasses.dataclass
    class Count:
        number: int = 0

    bot: Bot[object, Count] = Bot("count", state=Count)

    @bot.on_message("break")
    async def spoil(chat: Chat[object, Count], message: Message) -> None:
        chat.state.number = "many"  # type: ignore[assignment]

    @bot.on_message()
    async def show(chat: Chat[object, Count], message: Message) -> None:
        await chat.say(f"number {chat.state.number}")

    async with chatting(bot) as customer:
        await customer.says("break")
        await customer.sees("Sorry")
        assert isinstance(customer.errors[0], StateError)
        assert "number: int" in str(customer.errors[0])
        assert "many" not in str(customer.errors[0])
        await customer.says("show")
        await customer.sees("number 0")


async def test_stored_state_that_no_longer_fits_is_migrated_or_named() -> None:
    """The hook gets plain data; without one the error says which field and what to give."""

    class Old(pydantic.BaseModel):
        size: str = "42"

    stored = StateType(Old).dump(Old(size="large"))

    class Newer(pydantic.BaseModel):
        size: int = 0

    with pytest.raises(StateError, match=r"does not fit Newer: size: int_parsing\. Give Bot\(migrate=...\)"):
        StateType(Newer).load(stored)
    assert StateType(Newer, lambda plain: {"size": len(plain["size"])}).load(stored) == Newer(size=5)
    with pytest.raises(StateError, match="Migrated"):
        StateType(Newer, lambda plain: {"size": "x"}).load(stored)


async def test_a_reminder_comes_in_its_time_over_restarts() -> None:
    """Proactive messages are durable, and can be taken back."""
    bot = Bot("reminder")

    @bot.on_message("remind")
    async def remind(chat: Chat, message: Message) -> None:
        chat.remind("30m", "Still there?")

    @bot.on_message("forget")
    async def forget(chat: Chat, message: Message) -> None:
        chat.forget()

    async with chatting(bot) as customer:
        await customer.says("remind")
        await customer.waits("10m")
        await customer.kill_worker()
        await customer.hears_nothing("19m")
        await customer.sees("Still there?", within="2m")
        await customer.says("remind", "forget")
        await customer.hears_nothing("1h")


async def test_a_timer_runs_its_handler_with_its_payload() -> None:
    """Set again it moves; an unknown name is refused at once."""
    bot = Bot("timers")

    @bot.on_timer("check")
    async def check(chat: Chat, payload: str) -> None:
        answer = await chat.ask(f"{payload}?", key="check")
        await chat.say(f"{answer}!")

    @bot.on_message("later")
    async def later(chat: Chat, message: Message) -> None:
        chat.later("5m", "check", "Well")

    @bot.on_message("wrong")
    async def wrong(chat: Chat, message: Message) -> None:
        chat.later("5m", "chekc")

    async with chatting(bot) as customer:
        await customer.says("later")
        await customer.waits("4m")
        await customer.says("later")
        await customer.hears_nothing("4m")
        await customer.sees("Well?", within="2m")
        await customer.kill_worker()
        await customer.says("fine")
        await customer.sees("fine!")
        await customer.says("wrong")
        await customer.sees("Sorry")
        assert "no @on_timer('chekc')" in str(customer.errors[-1])


async def test_a_silent_customer_is_noticed_once_per_silence() -> None:
    """The clock starts anew with every message."""
    bot = Bot("attentive")

    @bot.on_timeout("10m")
    async def nudge(chat: Chat) -> None:
        await chat.say("Are you there?")

    @bot.on_message()
    async def hear(chat: Chat, message: Message) -> None: ...

    async with chatting(bot) as customer:
        await customer.waits("8m")
        await customer.says("x")
        await customer.hears_nothing("9m")
        await customer.sees("Are you there?", within="2m")
        await customer.hears_nothing("1h")


async def test_an_error_handler_has_the_last_word() -> None:
    """By type, first match; else the apology. One that fails itself is not the end of the chat."""
    bot = Bot("failing", apology="Pardon.")

    @bot.on_error(LookupError)
    async def missing(chat: Chat, error: Exception) -> None:
        await chat.say("Not found.")

    @bot.on_error(ArithmeticError)
    async def broken(chat: Chat, error: Exception) -> None:
        raise RuntimeError

    @bot.on_message("lookup")
    async def lookup(chat: Chat, message: Message) -> None:
        raise KeyError("x")

    @bot.on_message("value")
    async def value(chat: Chat, message: Message) -> None:
        raise ValueError

    @bot.on_message("zero")
    async def zero(chat: Chat, message: Message) -> None:
        raise ZeroDivisionError

    async with chatting(bot) as customer:
        await customer.says("lookup", "value", "zero", "lookup")
        await customer.sees("Not found.")
        await customer.sees("Pardon.")
        await customer.sees("Not found.")


@pytest.mark.parametrize("said", [(), ("One moment.",)])
async def test_an_error_handler_that_fails_leaves_nobody_in_silence(said: tuple[str, ...]) -> None:
    """The apology is said then, once; the author reads both errors, and the chat goes on."""
    bot = Bot("failing", apology="Pardon.")

    @bot.on_error()
    async def broken(chat: Chat, error: Exception) -> None:
        for text in said:
            await chat.say(text)
        raise RuntimeError

    @bot.on_message("zero")
    async def zero(chat: Chat, message: Message) -> None:
        raise ZeroDivisionError

    @bot.on_message()
    async def echo(chat: Chat, message: Message) -> None:
        await chat.say(message.text)

    async with chatting(bot) as customer:
        await customer.says("zero", "hello")
        await customer.sees("hello")
        assert customer.heard == [*said, "Pardon.", "hello"]
        assert [type(error) for error in customer.errors] == [ZeroDivisionError, RuntimeError]


async def test_an_error_handler_may_find_the_conversation_over() -> None:
    """Nobody is left to apologise to."""
    bot = Bot("failing", apology="Pardon.")

    @bot.on_error()
    async def gives_up(chat: Chat, error: Exception) -> None:
        await chat.leave()
        await chat.say("Too late.")

    @bot.on_message()
    async def zero(chat: Chat, message: Message) -> None:
        raise ZeroDivisionError

    async with chatting(bot) as customer:
        await customer.says("zero")
        await customer.waits(3)
        assert customer.heard == []
        assert [type(error) for error in customer.errors] == [ZeroDivisionError]


async def test_a_handler_that_never_ends_is_cancelled() -> None:
    """The turn has a deadline; the dialog it belonged to is over, the chat is not."""
    bot = Bot("endless")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.ask("Wait?")
        await anyio.sleep_forever()

    @bot.on_message()
    async def echo(chat: Chat, message: Message) -> None:
        await chat.say(message.text)

    async with chatting(bot, settings=SessionSettings(turn_timeout=30)) as customer:
        await customer.says("start")
        await customer.sees("Wait?")
        await customer.says("yes")
        await customer.hears_nothing("29s")
        await customer.sees("Sorry")
        assert isinstance(customer.errors[0], TurnTimeout)
        await customer.says("hello")
        await customer.sees("hello")


async def test_a_handler_that_cannot_stop_talking_is_stopped() -> None:
    """A limit per turn, with the setting's name."""
    bot = Bot("chatty", max_says=5)

    @bot.on_message()
    async def flood(chat: Chat, message: Message) -> None:
        for number in range(10_000):
            await chat.say(str(number))

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("Sorry")
        assert len(customer.heard) == 6
        assert "max_says" in str(customer.errors[0])


async def test_a_handler_that_returns_something_is_told_to_say_it() -> None:
    """The usual slip of a newcomer."""
    bot = Bot("returning")

    @bot.on_message()
    async def answer(chat: Chat, message: Message) -> Any:
        return "hello"

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("Sorry")
        assert "returned a str; handlers return nothing. To answer the customer, await chat.say" in str(
            customer.errors[0]
        )


async def test_a_chat_kept_beyond_its_turn_refuses() -> None:
    """It is for its own handler, while it runs."""
    kept: list[Chat] = []
    bot = Bot("keeper")

    @bot.on_message()
    async def keep(chat: Chat, message: Message) -> None:
        kept.append(chat)

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.waits(1)
        with pytest.raises(DialogError, match="outside of a turn of on_message 'keep'"):
            await kept[0].say("late")


async def test_what_a_bot_does_not_have_is_said() -> None:
    """State and dependencies that were never given."""
    bot = Bot("poor")

    @bot.on_message("state")
    async def state(chat: Chat, message: Message) -> None:
        _ = chat.state

    @bot.on_message("deps")
    async def deps(chat: Chat, message: Message) -> None:
        _ = chat.deps

    async with chatting(bot) as customer:
        await customer.says("state", "deps")
        await customer.sees("Sorry")
        await customer.sees("Sorry")
        assert [isinstance(error, BotError) for error in customer.errors] == [True, True]
        assert "state=YourModel" in str(customer.errors[0])
        assert "lifespan=" in str(customer.errors[1])


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ("queue", ["a", "b", "c"]),
        ("merge", ["a\nb\nc"]),
        ("latest", ["a", "c"]),
        ("interrupt", ["a\nb\nc"]),
    ],
)
async def test_what_becomes_of_a_burst(turns: str, expected: list[str]) -> None:
    """A handler that takes two seconds; the customer writes each half second."""
    bot = Bot("busy", turns=turns)

    @bot.on_message()
    async def answer(chat: Chat, message: Message) -> None:
        await anyio.sleep(2)
        await chat.say(message.text)

    async with chatting(bot) as customer:
        for text in "abc":
            await customer.says(text)
            await customer.waits(0.5)
        await customer.waits("1m")
        assert customer.heard == expected


async def test_an_interrupted_dialog_waits_where_it_waited() -> None:
    """The answer and what came after it are the new answer; the dialog's state is as before."""
    bot = Bot("busy", turns="interrupt")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        answer = await chat.ask("Size?")
        await anyio.sleep(5)
        await chat.say(f"You want {answer.replace(chr(10), ' ')}.")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Size?")
        await customer.says("42")
        await customer.waits(1)
        await customer.says("no, 43")
        await customer.sees("You want 42 no, 43.")
        assert len(customer.heard) == 2


async def test_files_have_their_handler_and_history_is_there() -> None:
    """An attachment is no answer; the whole chat can be read."""
    bot = Bot("files")
    seen: list[int] = []

    @bot.on_attachment()
    async def take(chat: Chat, attachment: Attachment) -> None:
        seen.append(len(attachment.files))

    @bot.on_message("history")
    async def history(chat: Chat, message: Message) -> None:
        texts = [item.text for item in await chat.history() if isinstance(item, Message)]
        await chat.say(f"{len(texts)}: {texts[-1]}")
        assert chat.item == message

    talk = bot.converse(CONTACT)
    files = Attachment(
        id=ItemId("a"),
        absolute_time="2026-01-01T00:00:00.000Z",
        sender=Sender(role=Role.CUSTOMER),
        files=(AttachedFile(attachment_id="f"),),
    )
    assert talk.wants(files)
    await talk.turn(Turn("one", files))
    assert seen == [1]
    async with chatting(bot) as customer:
        await customer.says("history")
        await customer.sees("2: history")


async def test_a_bound_filter_that_does_not_match_is_named() -> None:
    """It is asked of what started the handler."""
    bot = Bot("bound")

    @bot.on_message()
    async def ask(chat: Chat, message: Message) -> None:
        chat.bound(regex("x"))

    async with chatting(bot) as customer:
        await customer.says("y")
        await customer.sees("Sorry")
        assert "regex('x') does not match" in str(customer.errors[0])


async def test_dependencies_need_an_open_lifespan() -> None:
    """The sentence says how to open it."""

    @asynccontextmanager
    async def shop() -> AsyncIterator[int]:
        yield 7

    bot: Bot[int] = Bot("deps", lifespan=shop)
    with pytest.raises(BotError, match="lifespan is not open"):
        _ = bot.deps
    async with bot.lifespan():
        assert bot.deps == 7
    assert repr(bot) == "Bot('deps')"


@pytest.mark.parametrize(("tries", "sentence"), [(0, "needs at least one try")])
async def test_a_question_without_tries_is_refused(tries: int, sentence: str) -> None:
    """An author's mistake."""
    bot = Bot("tries")

    @bot.on_message()
    async def ask(chat: Chat, message: Message) -> None:
        await chat.ask("Size?", tries=tries)

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("Sorry")
        assert sentence in str(customer.errors[0])


async def test_after_the_end_no_question_can_be_asked() -> None:
    """on_leave and on_error have no later turn."""
    seen: list[str] = []
    bot = Bot("late")

    @bot.on_leave
    async def leave(chat: Chat) -> None:
        try:
            await chat.ask("Why?")
        except DialogError as error:
            seen.append(str(error))

    async with chatting(bot) as customer:
        await customer.leaves()
    assert "there is no later turn" in seen[0]


UNSAYABLE: list[tuple[Callable[[Chat], Any], str]] = [
    (lambda chat: chat.say(42), "chat.say needs a string, not int."),  # type: ignore[arg-type]
    (lambda chat: chat.say(None), "chat.say needs a string, not None."),  # type: ignore[arg-type]
    (lambda chat: chat.say(chat.item), "not Message; say its .text."),  # type: ignore[arg-type]
    (lambda chat: chat.say(["a"]), "not list; say each of its texts: chat.say(*texts)."),  # type: ignore[arg-type]
    (lambda chat: chat.say(Panel(title="a", elements=("b",))), "not Panel; chat.show shows it."),  # type: ignore[arg-type]
    (lambda chat: chat.say(), "chat.say() needs a text."),
    (lambda chat: chat.say(""), "chat.say needs visible text; this one is empty."),
    (lambda chat: chat.say("a", " "), "chat.say needs visible text; text 2 is empty."),
    (lambda chat: chat.show("a"), "chat.show needs an interactive message such as a Panel, not str"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("act", "sentence"), UNSAYABLE, ids=[sentence for _, sentence in UNSAYABLE])
async def test_what_cannot_be_said_is_named_for_what_it_is(act: Callable[[Chat], Any], sentence: str) -> None:
    """What was given, what is needed, and what to write; nothing is said before."""
    bot = Bot("sayer")

    @bot.on_message()
    async def hear(chat: Chat, message: Message) -> None:
        await act(chat)

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("Sorry")
        (error,) = customer.errors
        assert isinstance(error, InvalidMessage)
        assert sentence in str(error)
        assert len(customer.heard) == 1
