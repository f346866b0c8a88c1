"""Dialogs: coroutines over many turns that survive the death of their process."""

import asyncio
import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import anyio
import pydantic
import pytest

from agent import Bot, Cancelled, Chat, Choice, ConversationOver, Message, NoAnswer
from agent.errors import DialogError, StepFailed
from agent.testing import chatting


class Ledger:
    """What happened outside, across all lives of the worker."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    async def book(self, thing: str) -> int:
        self.calls.append(thing)
        return len(self.calls)


async def test_a_question_is_answered_days_later() -> None:
    """A waiting dialog costs nothing and goes on where it stood."""
    bot = Bot("patient")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        name = await chat.ask("Who are you?")
        await chat.say(f"Hello {name}.")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Who are you?")
        await customer.waits("20h")
        await customer.says("Ana")
        await customer.sees("Hello Ana.")


async def test_steps_run_once_through_any_number_of_deaths() -> None:
    """A replay takes results from the journal; nothing is said or done twice."""
    ledger = Ledger()
    bot = Bot("booker")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        for thing in ("hotel", "flight"):
            await chat.ask(f"Book a {thing}?", bool, key=thing)
            number = await chat.step(ledger.book, thing)
            await chat.say(f"{thing} is number {number}")
        await chat.say("All done.")

    async with chatting(bot) as customer:
        await customer.says("start")
        for thing in ("hotel", "flight"):
            await customer.sees(f"Book a {thing}?")
            await customer.kill_worker()
            await customer.says("yes")
            await customer.sees(f"{thing} is number")
            await customer.kill_worker()
        await customer.sees("All done.")
        assert ledger.calls == ["hotel", "flight"]
        assert len(customer.heard) == len(set(customer.heard)) == 5


async def test_a_crash_after_a_step_does_not_repeat_the_step() -> None:
    """The result is durable before the dialog goes on; the rest of the cut-off turn is done by the next life."""
    ledger = Ledger()
    bot = Bot("booker")
    pause = 30.0

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.say("before")
        number = await chat.step(ledger.book, "hotel")
        await chat.say("between")
        await anyio.sleep(pause)
        await chat.say(f"number {number}")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("between")
        await customer.kill_worker()
        await customer.sees("number 1")
        assert ledger.calls == ["hotel"]
        assert customer.heard == ["before", "between", "number 1"]


async def test_a_step_gets_an_idempotency_key_that_lasts_for_its_repetition() -> None:
    """A crash inside a step calls it again, with the same key; other steps have other keys."""
    keys: list[str] = []
    bot = Bot("keys")

    async def charge(amount: int, *, idempotency_key: str = "") -> int:
        keys.append(idempotency_key)
        await anyio.sleep(10)
        return amount

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.say("charging")
        await chat.step(charge, 1)
        await chat.step(charge, 1)
        await chat.say("charged")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("charging")
        await customer.waits(1)
        await customer.kill_worker()
        await customer.sees("charged")
        assert len(keys) == 3
        assert keys[0] == keys[1] != keys[2]


async def test_a_step_gives_back_what_its_annotation_says() -> None:
    """First run and replay see the same value, rebuilt as the annotated type."""

    @dataclasses.dataclass
    class Order:
        number: int
        when: datetime

    class Price(pydantic.BaseModel):
        amount: float

    seen: list[object] = []
    bot = Bot("typed")

    async def order() -> Order:
        return Order(7, datetime(2026, 1, 2, tzinfo=UTC))

    async def price() -> Price:
        return Price(amount=2.5)

    order.__annotations__["return"], price.__annotations__["return"] = Order, Price

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        seen.append((await chat.step(order), await chat.step(price)))
        await chat.ask("More?")
        await chat.say("bye")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("More?")
        await customer.kill_worker()
        await customer.says("no")
        await customer.sees("bye")
    assert len(seen) == 2
    assert seen[0] == seen[1] == (Order(7, datetime(2026, 1, 2, tzinfo=UTC)), Price(amount=2.5))


async def test_a_step_whose_result_cannot_be_kept_is_named() -> None:
    """The author reads which step, what came and what to return instead."""
    bot = Bot("rubbish")

    async def connect() -> object:
        return anyio.Event()

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.step(connect)

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Sorry")
        assert "connect returned a Event that the journal cannot keep" in str(customer.errors[0])


async def test_a_failing_step_is_the_dialogs_to_catch_and_fails_alike_on_replay() -> None:
    """StepFailed names step and type; the step is not called again by a replay; the dialog goes its way."""
    calls: list[int] = []
    bot = Bot("failing")

    async def pay() -> None:
        calls.append(1)
        raise ConnectionError("no route")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        try:
            await chat.step(pay)
        except StepFailed as failure:
            await chat.ask(f"{failure.error}. Pay cash?", bool)
        await chat.say("Cash it is.")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("ConnectionError. Pay cash?")
        await customer.kill_worker()
        await customer.says("yes")
        await customer.sees("Cash it is.")
    assert calls == [1]


async def three() -> int:
    return 3


CALLED: list[tuple[Callable[[], Any], str]] = [
    (lambda: three(), r"write chat\.step\(three, \.\.\.\), not chat\.step\(three\(\.\.\.\)\)"),
    (lambda: 3, r"a function and its arguments, not int; chat\.step\(f, \.\.\.\)"),
    (lambda: None, "a function and its arguments, not None"),
]


@pytest.mark.parametrize(("called", "sentence"), CALLED, ids=["a coroutine", "a value", "nothing"])
async def test_a_step_is_given_the_function_itself(called: Callable[[], Any], sentence: str) -> None:
    """What it gives when it is called by mistake is refused with what to write."""
    bot = Bot("caller")

    @bot.on_message()
    async def hear(chat: Chat, message: Message) -> None:
        await chat.step(called())

    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("Sorry")
        (error,) = customer.errors
        with pytest.raises(DialogError, match=sentence):
            raise error


async def test_nothing_can_be_said_inside_of_a_step() -> None:
    """A replay would not call the function again, so what it said would be taken for something else."""
    bot = Bot("booker", apology="That went wrong.")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        async def book() -> int:
            await chat.say("booking")
            return 1

        await chat.step(book)

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("That went wrong.")
        assert "inside of a step" in str(customer.errors[0])


async def test_a_step_that_fails_for_ever_wedges_nobody() -> None:
    """Uncaught, it ends the dialog with the apology; the chat goes on."""
    bot = Bot("failing")

    async def pay() -> None:
        raise ConnectionError

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.ask("Sure?", bool)
        await chat.step(pay)

    @bot.on_message()
    async def echo(chat: Chat, message: Message) -> None:
        await chat.say(message.text)

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.says("yes")
        await customer.sees("Sorry")
        await customer.says("hello")
        await customer.sees("hello")
        assert isinstance(customer.errors[0], StepFailed)


async def test_sleep_lasts_over_a_restart_and_messages_go_elsewhere_meanwhile() -> None:
    """A sleeping dialog hears nothing; its wake-up is durable."""
    bot = Bot("sleeper")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.say("See you in an hour.")
        await chat.sleep("1h")
        await chat.say("Here I am.")

    @bot.on_message()
    async def echo(chat: Chat, message: Message) -> None:
        await chat.say(message.text)

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("See you")
        await customer.says("hello")
        await customer.sees("hello")
        await customer.kill_worker()
        await customer.hears_nothing("58m")
        await customer.sees("Here I am.", within="5m")


async def test_now_and_random_are_the_same_in_the_replay() -> None:
    """What the first life read, the second reads again."""
    seen: list[tuple[datetime, float, str]] = []
    bot = Bot("dice")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        seen.append((chat.now(), chat.random(), chat.random.choice("abcdefgh")))
        await chat.ask("More?")
        seen.append((chat.now(), chat.random(), chat.random.choice("abcdefgh")))
        await chat.say("bye")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("More?")
        await customer.waits(100)
        await customer.kill_worker()
        await customer.says("x")
        await customer.sees("bye")
    assert seen[0] == seen[1] != seen[2]
    assert seen[2][0] > seen[0][0]


async def test_an_answer_that_is_none_is_explained_and_asked_again() -> None:
    """The hint, the question, and NoAnswer when the tries are used up."""
    bot = Bot("strict")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        try:
            await chat.ask("Which size?", int, check=lambda size: size > 30, tries=2, hint="Over 30, please.")
        except NoAnswer:
            await chat.say("Too bad.")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Which size?")
        await customer.says("large")
        await customer.sees("Over 30, please.")
        await customer.sees("Which size?")
        await customer.kill_worker()
        await customer.says("12")
        await customer.sees("Too bad.")
        assert len(customer.heard) == 4


async def test_checks_are_not_asked_again_by_a_replay() -> None:
    """A check may look into the world; its verdict is kept."""
    asked: list[str] = []
    bot = Bot("checker")

    async def free(name: str) -> bool:
        asked.append(name)
        await anyio.sleep(1)
        return len(asked) > 1

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        name = await chat.ask("Name?", check=free)
        await chat.ask("More?")
        await chat.say(f"{name}!")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Name?")
        await customer.says("ana")
        await customer.sees("Name?")
        await customer.says("bob")
        await customer.sees("More?")
        await customer.kill_worker()
        await customer.says("no")
        await customer.sees("bob!")
    assert asked == ["ana", "bob"]


async def test_a_question_has_a_timeout_that_survives_a_restart() -> None:
    """Silence raises NoAnswer; uncaught it ends the dialog with a sentence."""
    bot = Bot("hurried")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.ask("Quick?", timeout="10m")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Quick?")
        await customer.waits("5m")
        await customer.kill_worker()
        await customer.hears_nothing("4m")
        await customer.sees("Let's leave it there.", within="2m")


async def test_an_answer_in_time_disarms_the_timeout() -> None:
    """No late NoAnswer after an answer."""
    bot = Bot("hurried")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.ask("Quick?", timeout="10m")
        await chat.ask("And?")
        await chat.say("fine")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Quick?")
        await customer.says("yes")
        await customer.sees("And?")
        await customer.hears_nothing("1h")
        await customer.says("yes")
        await customer.sees("fine")


async def test_a_cancel_word_ends_the_dialog() -> None:
    """Cancelled can be caught; uncaught it ends the dialog politely."""
    bot = Bot("cancelling", cancel_words=["stop it"])

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        try:
            await chat.ask("One?")
        except Cancelled:
            await chat.ask("Really?")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.says(" Stop  IT ")
        await customer.sees("Really?")
        await customer.says("stop it")
        await customer.sees("All right, never mind.")


async def test_otherwise_answers_what_is_no_answer() -> None:
    """A callable gets the message; the question is asked again."""
    bot = Bot("helpful")

    async def explain(chat: Chat, message: Message) -> None:
        await chat.say(f"You said {message.text}; sizes are numbers.")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        size = await chat.ask("Size?", int, otherwise=explain)
        await chat.say(f"{size}!")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.says("big")
        await customer.sees("You said big")
        await customer.sees("Size?")
        await customer.kill_worker()
        await customer.says("42")
        await customer.sees("42!")


async def test_a_sub_dialog_is_a_function_call() -> None:
    """Functions that take the chat compose, return typed values and replay with their caller."""
    bot = Bot("composed")

    async def ask_address(chat: Chat) -> dict[str, str]:
        return {"city": await chat.ask("City?"), "street": await chat.ask("Street?")}

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        address = await ask_address(chat)
        await chat.say(f"{address['street']} in {address['city']}")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.says("Rome")
        await customer.sees("Street?")
        await customer.kill_worker()
        await customer.says("Via Appia")
        await customer.sees("Via Appia in Rome")


async def test_any_handler_may_ask() -> None:
    """A greeting or a message handler is a dialog of its own when it asks."""
    bot = Bot("curious")

    @bot.on_join
    async def greet(chat: Chat) -> None:
        name = await chat.ask("Your name?")
        await chat.say(f"Hi {name}.")

    @bot.on_message()
    async def echo(chat: Chat, message: Message) -> None:
        again = await chat.ask(f"Why {message.text}?", key="why")
        await chat.say(f"{message.text} because {again}")

    async with chatting(bot) as customer:
        await customer.sees("Your name?")
        await customer.kill_worker()
        await customer.says("Ana")
        await customer.sees("Hi Ana.")
        await customer.says("shoes")
        await customer.sees("Why shoes?")
        await customer.kill_worker()
        await customer.says("cold")
        await customer.sees("shoes because cold")


async def test_a_handler_for_anytime_comes_before_the_question() -> None:
    """The question stays open."""
    bot = Bot("interruptible")

    @bot.on_message("help", anytime=True)
    async def explain(chat: Chat, message: Message) -> None:
        await chat.say("I sell shoes.")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        size = await chat.ask("Size?", int)
        await chat.say(f"{size}!")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.says("help")
        await customer.sees("I sell shoes.")
        await customer.says("42")
        await customer.sees("42!")


async def test_the_latest_asker_hears_first() -> None:
    """A second conversation inside the first one ends, then the first goes on."""
    bot = Bot("nested")

    @bot.on_message("help", anytime=True)
    async def helper(chat: Chat, message: Message) -> None:
        topic = await chat.ask("With what?")
        await chat.say(f"{topic} is easy.")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        size = await chat.ask("Size?", int)
        await chat.say(f"{size}!")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.says("help")
        await customer.sees("With what?")
        await customer.kill_worker()
        await customer.says("sizes")
        await customer.sees("sizes is easy.")
        await customer.says("42")
        await customer.sees("42!")


async def test_an_agent_taking_over_is_raised_where_the_dialog_waits() -> None:
    """It may clean up; it cannot speak."""
    seen: list[str] = []
    bot = Bot("polite")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        try:
            await chat.ask("Size?", int)
        except ConversationOver:
            seen.append("agent")
            try:
                await chat.say("But...")
            except ConversationOver:
                seen.append("silent")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Size?")
        await customer.agent_joins()
        assert "But..." not in customer.heard
    assert seen == ["agent", "silent"]


async def test_waiting_inside_a_timeout_block_is_refused_by_name() -> None:
    """A scope belongs to a task and a process; a question may outlive both."""
    bot = Bot("scoped")

    @bot.dialog("anyio")
    async def one(chat: Chat) -> None:
        with anyio.fail_after(5):
            await chat.ask("Size?", int)

    @bot.dialog("asyncio")
    async def two(chat: Chat) -> None:
        async with asyncio.timeout(5):
            await chat.ask("Size?", int)

    @bot.dialog("fine")
    async def three(chat: Chat) -> None:
        with anyio.fail_after(5):
            await anyio.sleep(1)
        await chat.ask("Size?", int)
        await chat.say("good")

    async with chatting(bot) as customer:
        for word, name in (("anyio", "anyio CancelScope"), ("asyncio", "asyncio Timeout")):
            await customer.says(word)
            await customer.sees("Sorry")
            error = customer.errors[-1]
            assert isinstance(error, DialogError)
            assert name in str(error)
        await customer.says("fine")
        await customer.sees("Size?")
        await customer.says("42")
        await customer.sees("good")


async def test_a_question_inside_a_question_is_refused() -> None:
    """An ask in the check of another ask has no answer of its own."""
    bot = Bot("nested")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        async def check(text: str) -> bool:
            return bool(await chat.ask("Sure?", bool))

        await chat.ask("Name?", check=check)

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.says("Ana")
        await customer.sees("Sorry")
        assert "another question" in str(customer.errors[0])


async def test_a_question_from_another_task_is_refused() -> None:
    """Only the handler's own task can be left and continued."""
    bot = Bot("parallel")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        async def ask() -> None:
            await chat.ask("Name?")

        async with anyio.create_task_group() as group:
            group.start_soon(ask)

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Sorry")
        with pytest.raises(ExceptionGroup) as caught:
            raise customer.errors[0]
        assert caught.group_contains(DialogError, match="only in its own task")


async def test_choose_takes_number_case_and_near_matches_and_gives_the_value() -> None:
    """What the customer writes comes back as the choice made."""
    bot = Bot("menu")
    options = [Choice("Red shoes", 1), Choice("Blue shoes", 2), Choice("Sandals", 3)]

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        number = await chat.choose("Which?", options)
        await chat.say(f"number {number}")

    async with chatting(bot) as customer:
        for said, number in (("2", 2), ("RED SHOES", 1), ("sandal", 3)):
            await customer.says("start")
            await customer.sees_menu("Red shoes", "Blue shoes", "Sandals")
            await customer.says(said)
            await customer.sees(f"number {number}")
        await customer.says("start")
        await customer.says("shoes")
        await customer.sees("Please answer")
        await customer.sees_menu()


async def test_a_finished_dialog_is_forgotten() -> None:
    """The next message goes to the routes again, also after a restart."""
    bot = Bot("short")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.ask("Name?")

    @bot.on_message()
    async def echo(chat: Chat, message: Message) -> None:
        await chat.say(f"echo {message.text}")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.says("Ana")
        await customer.kill_worker()
        await customer.says("more")
        await customer.sees("echo more")
        assert "echo Ana" not in customer.heard
