"""The seam to the session, turn by turn: what is written, what is dropped, what is put back."""

import sysconfig
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import msgspec
import pydantic
import pytest

from agent import Bot, Chat, Event, Message, predicate, role
from agent.bot.journal import FORMAT, Journal, decode
from agent.bot.purity import Watch
from agent.bot.texts import Texts
from agent.errors import BotError, CustomerLeft, HandedOff, StateError
from agent.session.conversation import Trigger
from agent.telemetry import Happening
from agent.wire.content import Role
from tests.bot.double import CONTACT, Turn, said
from tests.session.hall import OTHER, WORKER, hall, virtual


async def place(what: str) -> str:
    return what


def sleeper() -> Bot:
    """Asks, takes a step, and then needs a while."""
    bot = Bot("sleeper", turns="interrupt")

    @bot.on_message("help", anytime=True)
    async def helper(chat: Chat, message: Message) -> None:
        await chat.say(f"Help is {await chat.step(place, 'near')}.")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        chat.remind("1h", "Still there?")
        answer = await chat.ask("Size?", timeout="10m")
        chat.forget()
        await chat.step(place, answer)
        await anyio.sleep(0.001 if answer == "quick" else 3600)
        await chat.say(f"You want {answer}.")

    return bot


async def cut_off(bot: Bot) -> Turn:
    """A turn that was cancelled after its step, with the dialog at its question before."""
    talk = bot.converse(CONTACT)
    begun = Turn("one", said("start"))
    await talk.turn(begun)
    turn = Turn("two", said("42"), after=begun)
    with anyio.CancelScope() as scope:
        turn.checkpoint = _then_cancel(turn, scope)  # type: ignore[method-assign]
        await talk.turn(turn)
    assert scope.cancelled_caught
    return turn


def _then_cancel(turn: Turn, scope: anyio.CancelScope) -> object:
    async def checkpoint() -> None:
        turn.checkpoints.append(turn.journal)
        scope.cancel()

    return checkpoint


async def test_a_cancelled_turn_leaves_the_dialog_at_its_question() -> None:
    """In the same process: the next message is the answer, asked nothing again."""
    bot = sleeper()
    talk = bot.converse(CONTACT)
    begun = Turn("one", said("start"))
    await talk.turn(begun)
    turn = Turn("two", said("42"), after=begun)
    with anyio.CancelScope() as scope:
        turn.checkpoint = _then_cancel(turn, scope)  # type: ignore[method-assign]
        await talk.turn(turn)
    again = Turn("three", said("quick"), after=turn)
    await talk.turn(again)
    assert again.sent == ["You want quick."]


async def test_a_cancelled_turn_puts_the_timers_back() -> None:
    """The question's timeout and what was set before go on."""
    turn = await cut_off(sleeper())
    assert sorted(turn.timers) == ["remind/", "run/one/0"]


async def test_another_process_ignores_what_a_cancelled_turn_had_kept() -> None:
    """The checkpoint belongs to a turn that is no longer repeated."""
    bot = sleeper()
    turn = await cut_off(bot)
    again = Turn("three", said("quick"), after=turn)
    await bot.converse(CONTACT).turn(again)
    assert again.sent == ["You want quick."]


async def test_the_same_turn_in_another_process_goes_on_after_its_step() -> None:
    """The step is taken from the checkpoint, the answer is not asked for again."""
    bot = sleeper()
    talk = bot.converse(CONTACT)
    begun = Turn("one", said("start"))
    await talk.turn(begun)
    turn = Turn("two", said("quick"), after=begun)
    await talk.turn(turn)
    repeated = Turn("two", said("quick"), after=begun)
    repeated.journal = turn.checkpoints[0]
    await bot.converse(CONTACT).turn(repeated)
    assert (repeated.sent, repeated.checkpoints) == (["You want quick."], [])


async def test_a_checkpoint_keeps_the_dialogs_that_wait_besides() -> None:
    """What one run makes durable must not forget another."""
    bot = sleeper()
    talk = bot.converse(CONTACT)
    begun = Turn("one", said("start"))
    await talk.turn(begun)
    turn = Turn("two", said("help"), after=begun)
    await talk.turn(turn)
    assert [run.handler for run in decode(turn.checkpoints[0]).runs] == ["dialog:start", "on_message:helper"]


async def test_only_the_customer_answers_a_question() -> None:
    """A message of the flow or of an agent goes to its own handler."""
    bot = Bot("careful")

    @bot.on_message(role("SYSTEM"))
    async def system(chat: Chat, message: Message) -> None:
        await chat.say("I see.")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.say(f"You want {await chat.ask('Size?')}.")

    talk_ = bot.converse(CONTACT)
    turn = Turn("one", said("start"))
    await talk_.turn(turn)
    turn = Turn("two", said("Welcome", Role.SYSTEM), after=turn)
    await talk_.turn(turn)
    assert turn.sent == ["I see."]
    turn = Turn("three", said("42"), after=turn)
    await talk_.turn(turn)
    assert turn.sent == ["You want 42."]


async def test_a_step_of_another_turn_has_another_key() -> None:
    """The answer it acts on is another one; the world must not take it for the first."""
    keys: list[str] = []

    async def charge(*, idempotency_key: str = "") -> None:
        keys.append(idempotency_key)

    bot = Bot("keys")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.ask("Size?")
        await chat.step(charge)

    begun = Turn("one", said("start"))
    await bot.converse(CONTACT).turn(begun)
    for name in ("two", "two", "three"):
        await bot.converse(CONTACT).turn(Turn(name, said("42"), after=begun))
    assert keys[0] == keys[1] != keys[2]


async def test_a_conversation_that_is_left_lets_its_dialogs_go() -> None:
    """Their finally blocks run; those that would wait for something are cut."""
    seen: list[str] = []
    bot = Bot("tidy")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        try:
            await chat.ask("Size?")
        finally:
            seen.append("cleaned")
            await anyio.sleep(1)
            seen.append("never")

    talk_ = bot.converse(CONTACT)
    await talk_.turn(Turn("one", said("start")))
    await talk_.aclose()
    assert seen == ["cleaned"]


async def test_a_journal_of_a_later_version_is_left_alone() -> None:
    """Never guessed at."""
    turn = Turn("one", said("start"))
    turn.journal = before = msgspec.msgpack.encode(Journal(format=FORMAT + 1))
    with pytest.raises(BotError, match=f"format {FORMAT + 1}, this version reads {FORMAT}"):
        await sleeper().converse(CONTACT).turn(turn)
    assert turn.journal == before


async def test_a_replay_does_not_wind_timers_up_again() -> None:
    """What another handler took back stays taken back."""
    bot = Bot("winder")

    @bot.on_message("forget", anytime=True)
    async def forget(chat: Chat, message: Message) -> None:
        chat.forget()

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        chat.remind("1h", "Still there?")
        await chat.ask("Size?")

    turn = Turn("one", said("start"))
    await bot.converse(CONTACT).turn(turn)
    for text in ("forget", "42"):
        turn = Turn(text, said(text), after=turn)
        await bot.converse(CONTACT).turn(turn)
    assert turn.timers == {}


async def test_what_a_dialog_does_after_it_has_caught_up_is_not_watched() -> None:
    """The live part of a repeated turn may read the clock; its own replay will tell."""
    bot = Bot("strict", strict=True, on_mismatch="raise")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        answer = await chat.ask("Size?")
        await chat.step(place, answer)
        time.time()
        await chat.say("done")

    begun = Turn("one", said("start"))
    await bot.converse(CONTACT).turn(begun)
    turn = Turn("two", said("42"), after=begun)
    await bot.converse(CONTACT).turn(turn)
    repeated = Turn("two", said("42"), after=begun)
    repeated.journal = turn.checkpoints[0]
    await bot.converse(CONTACT).turn(repeated)
    assert repeated.sent == ["done"]


async def test_the_end_stops_all_timers() -> None:
    """Nothing rings in an empty room."""
    bot = sleeper()
    talk = bot.converse(CONTACT)
    begun = Turn("one", said("start"))
    await talk.turn(begun)
    left = Turn("left", after=begun)
    left.trigger, left.over = Trigger.LEFT, CustomerLeft
    await talk.turn(left)
    assert (left.timers, left.journal) == ({}, b"")


def test_an_installed_bot_is_watched_as_well() -> None:
    """Its own file counts as the author's, wherever pip put it; the library beside it does not."""
    own, other = (str(Path(sysconfig.get_path("purelib")) / name) for name in ("their_bot.py", "a_library.py"))
    watch = Watch(own)
    for file in (own, other):
        names = {"time": time}
        code = compile("def read():\n    time.time()\n", file, "exec")
        exec(code, names)
        watch.start()
        names["read"]()  # type: ignore[operator]
        watch.stop()
    assert watch.seen == ["time.time() at their_bot.py:2"]


async def test_state_that_cannot_be_loaded_loses_nothing() -> None:
    """The customer gets the apology; state and waiting dialogs stay for a build that can read them."""

    class Cart(pydantic.BaseModel):
        size: int = 0

    bot = Bot("stateful", state=Cart)

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.say(f"You want {await chat.ask('Size?')}.")

    begun = Turn("one", said("start"))
    await bot.converse(CONTACT).turn(begun)
    turn = Turn("two", said("42"), after=begun)
    turn.state = stored = b'{"size":"large"}'
    talk_ = bot.converse(CONTACT)
    with pytest.raises(StateError, match="size: int_parsing") as raised:
        await talk_.turn(turn)
    await talk_.failed(turn, raised.value)
    assert turn.sent == [bot.texts.apology]
    assert (turn.state, turn.journal) == (stored, begun.journal)


async def test_an_unreadable_journal_loses_nothing() -> None:
    """It stays for a build that can read it."""
    turn = Turn("one", said("start"))
    turn.journal = b"\xc1"
    talk = sleeper().converse(CONTACT)
    with pytest.raises(BotError, match="unreadable") as raised:
        await talk.turn(turn)
    await talk.failed(turn, raised.value)
    assert turn.sent == [sleeper().texts.apology]
    assert turn.journal == b"\xc1"


async def test_middleware_may_swallow_what_a_handler_raises() -> None:
    """Then the turn is handled, and the dialog that raised is over."""

    @asynccontextmanager
    async def forgiving(chat: Chat) -> AsyncIterator[None]:
        with suppress(LookupError):
            yield

    bot = Bot("forgiving")

    @bot.dialog("start", middleware=[forgiving])
    async def talk(chat: Chat) -> None:
        await chat.ask("Size?")
        raise LookupError

    turn = Turn("one", said("start"))
    talk_ = bot.converse(CONTACT)
    await talk_.turn(turn)
    turn = Turn("two", said("42"), after=turn)
    await talk_.turn(turn)
    assert turn.journal == b""


async def test_cleaning_up_that_fails_keeps_nobody_else_from_it() -> None:
    """Each waiting dialog hears of the end, and on_leave too."""
    seen: list[str] = []
    bot = Bot("messy")
    happenings: list[str] = []
    bot.report_to(lambda happening: happenings.append(happening.name))

    @bot.on_leave
    async def leave(chat: Chat) -> None:
        seen.append("left")

    @bot.on_message("help", anytime=True)
    async def helper(chat: Chat, message: Message) -> None:
        try:
            await chat.ask("With what?")
        finally:
            raise ValueError

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        try:
            await chat.ask("Size?")
        except CustomerLeft:
            seen.append("gone")
            raise

    talk_ = bot.converse(CONTACT)
    turn = Turn("one", said("start"))
    await talk_.turn(turn)
    turn = Turn("two", said("help"), after=turn)
    await talk_.turn(turn)
    turn = Turn("left", after=turn)
    turn.trigger, turn.over = Trigger.LEFT, CustomerLeft
    await talk_.turn(turn)
    assert seen == ["gone", "left"]
    assert "dialog.cleanup_failed" in happenings


async def test_an_error_handler_may_hand_off() -> None:
    """What can no longer be said is no second failure."""
    bot = Bot("giving up")

    @bot.on_error()
    async def give_up(chat: Chat, error: Exception) -> None:
        raise HandedOff

    turn = Turn("one", said("x"))
    talk = bot.converse(CONTACT)
    await talk.turn(turn)
    await talk.failed(turn, ValueError())
    await talk.failed(turn, HandedOff())
    assert turn.sent == []


def picky() -> Bot:
    """A slip of its author: an event has no content."""
    bot = Bot("picky")

    @bot.on_event(predicate(lambda item: "idle" in item.content))  # type: ignore[attr-defined]
    async def idle(chat: Chat, event: Event) -> None:
        raise AssertionError

    @bot.on_message()
    async def echo(chat: Chat, message: Message) -> None:
        await chat.say(message.text)

    return bot


@virtual
async def test_a_filter_that_raises_fails_its_turn_and_no_more() -> None:
    """It is asked where items come in, too: raised there, it would end the chat for one owner after the other."""
    async with hall() as scene:
        bot = picky()
        told: list[Happening] = []
        bot.report = told.append
        await scene.joins(bot)
        scene.says("one")
        await scene.passes(60)
        assert {type(one.error) for one in told if one.name == "filter.failed"} == {TypeError}
        assert scene.lines() == [Texts().apology, "one"]
        assert scene.endings == []
        [letter] = (await scene.record()).dead_letters
        assert letter.error == "TypeError"
        [failed] = scene.reported("turn.failed")
        assert __file__ in "".join(traceback.format_exception(failed.error))


@virtual
async def test_a_filter_that_raises_over_the_transcript_does_not_keep_a_bot_out() -> None:
    """What was said before the bot came is looked through as well."""
    async with hall() as scene:
        await scene.joins(picky())
        await scene.store.retire(WORKER)
        await scene.session(picky(), owner=OTHER)
        await scene.passes(60)
        scene.says("two")
        await scene.passes(60)
        assert scene.lines()[-1] == "two"
