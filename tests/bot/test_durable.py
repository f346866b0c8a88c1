"""What an author gives to be kept: refused at the call, for a record that cannot be read again loses the chat."""

from collections.abc import Awaitable, Callable
from enum import Enum, StrEnum
from typing import Any

import pytest

from agent import Bot, Chat, Message
from agent.errors import BotError, DialogError, RegistrationError
from agent.testing import chatting

Act = Callable[[Chat], Any]
HALF = "\ud83d"


class Named(str, Enum):  # noqa: UP042 - authors have those
    PARCEL = "parcel"


class Coloured(StrEnum):
    RED = "red"


class Marked(str):
    """A string of another type, such as template engines give."""

    __slots__ = ()


def timed(act: Act) -> Bot:
    """A bot that does `act` at each message, and tells what its timer brings."""
    bot = Bot("timed")

    @bot.on_message()
    async def hear(chat: Chat, message: Message) -> None:
        done = act(chat)
        if isinstance(done, Awaitable):
            await done
        await chat.say("kept")

    @bot.on_timer("parcel")
    async def ring(chat: Chat, payload: str) -> None:
        await chat.say(f"timer: {payload}")

    return bot


async def add() -> int:
    return 2**70


async def half() -> str:
    return HALF


MISTAKES: list[tuple[str, Act, str]] = [
    ("a number", lambda chat: chat.later("20s", "parcel", 5), r"payload must be a string, not int; json\.dumps"),  # type: ignore[arg-type]
    ("a dict", lambda chat: chat.later("20s", "parcel", {"a": 1}), "payload must be a string, not dict"),  # type: ignore[arg-type]
    ("nothing", lambda chat: chat.later("20s", "parcel", None), "payload must be a string, not None"),  # type: ignore[arg-type]
    ("bytes", lambda chat: chat.later("20s", "parcel", b"x"), "payload must be a string, not bytes"),  # type: ignore[arg-type]
    ("half a pair", lambda chat: chat.later("20s", "parcel", HALF), "half of a surrogate pair"),
    ("a list's name", lambda chat: chat.later("20s", ["parcel"]), r"chat\.later: name must be a string, not list"),  # type: ignore[arg-type]
    ("a reminder", lambda chat: chat.remind("20s", 5), r"chat\.remind: text must be a string, not int"),  # type: ignore[arg-type]
    ("a blank one", lambda chat: chat.remind("20s", " "), r"text must be visible.*chat\.forget\(\)"),
    ("a key", lambda chat: chat.ask("Size?", key=1), r"chat\.ask\(key=\.\.\.\) must be a string, not int"),  # type: ignore[call-overload]
    ("a falsy key", lambda chat: chat.ask("Size?", key=0), "must be a string"),  # type: ignore[call-overload]
    ("half a key", lambda chat: chat.ask("Size?", key=HALF), "key holds half of a surrogate pair"),
    ("a tuple", lambda chat: chat.choose("Which?", ["a", "b"], key=("a", 1)), r"chat\.choose\(key=.*not tuple"),  # type: ignore[call-overload]
    ("a question", lambda chat: chat.ask(7), "the question must be a string, not int"),  # type: ignore[call-overload]
    ("a menu's", lambda chat: chat.choose(7, ["a"]), "the question must be a string or a template, not int"),  # type: ignore[call-overload]
    ("a result", lambda chat: chat.step(add), "the journal cannot keep"),
    ("half a result", lambda chat: chat.step(half), "the journal cannot keep"),
]


@pytest.mark.parametrize(("act", "sentence"), [pytest.param(*one[1:], id=one[0]) for one in MISTAKES])
async def test_what_no_record_can_hold_is_refused_at_the_call(act: Act, sentence: str) -> None:
    """With what was given and what is needed; the chat goes on, here and in the next process."""
    async with chatting(timed(act)) as customer:
        await customer.says("do it")
        await customer.sees("Sorry")
        (error,) = customer.errors
        assert type(error) is DialogError
        with pytest.raises(DialogError, match=sentence):
            raise error
        await customer.kill_worker()
        await customer.says("do it")
        await customer.sees("Sorry")


@pytest.mark.parametrize(
    "after", [float("nan"), float("inf"), 10**400, None, [], "soon"], ids=lambda after: str(after)[:5]
)
@pytest.mark.parametrize("verb", ["later", "remind", "sleep", "ask"])
async def test_what_is_no_duration_sets_no_timer(verb: str, after: Any) -> None:
    """Not a number, no end, something else altogether: said at the call."""
    acts: dict[str, Act] = {
        "later": lambda chat: chat.later(after, "parcel"),
        "remind": lambda chat: chat.remind(after, "x"),
        "sleep": lambda chat: chat.sleep(after),
        "ask": lambda chat: chat.ask("Size?", timeout=[] if after is None else after),
    }
    async with chatting(timed(acts[verb])) as customer:
        await customer.says("do it")
        await customer.sees("Sorry")
        (error,) = customer.errors
        assert isinstance(error, BotError)
        assert "is no duration; write seconds, a timedelta or words" in str(error)


@pytest.mark.parametrize("payload", [Named.PARCEL, Marked("parcel"), "parcel"])
async def test_a_string_of_another_type_is_kept_as_a_plain_one(payload: str) -> None:
    """Enums and marked strings are strings; they come back plain from the next process."""
    async with chatting(timed(lambda chat: chat.later("20s", Named.PARCEL, payload))) as customer:
        await customer.says("do it")
        await customer.sees("kept")
        await customer.kill_worker()
        await customer.sees("timer: parcel")


async def test_a_timer_of_another_type_of_name_is_taken_back() -> None:
    """By the name it was set with."""

    def change_of_mind(chat: Chat) -> None:
        chat.later("20s", "parcel")
        chat.forget(Named.PARCEL)

    async with chatting(timed(change_of_mind)) as customer:
        await customer.says("do it")
        await customer.sees("kept")
        await customer.hears_nothing("1m")


async def test_a_key_of_another_type_of_string_is_found_again() -> None:
    """The replay of another process asks the same question."""
    bot = Bot("keys")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.ask("Size?", key=Marked("size"))
        await chat.choose("Colour?", list(Coloured), key=Coloured.RED)
        await chat.say("done")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Size?")
        await customer.kill_worker()
        await customer.says("42")
        await customer.sees("Colour?")
        await customer.kill_worker()
        await customer.says("red")
        await customer.sees("done")


async def test_a_question_with_half_a_surrogate_pair_is_asked_all_the_same() -> None:
    """What is said is mended on the way; what it is known by is a digest."""
    bot = Bot("half")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.ask("".join(["Size", HALF, "?"]))
        await chat.say("done")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Size\ufffd?")
        await customer.kill_worker()
        await customer.says("42")
        await customer.sees("done")


@pytest.mark.parametrize("version", [True, 2**63, "1", 1.0, 0])
def test_a_version_that_reads_back_as_another_is_refused(version: Any) -> None:
    """It stands in the journal of each conversation that is in the dialog."""
    with pytest.raises(RegistrationError, match="not a whole number from 1 up"):
        Bot("versions").dialog("order", version=version)


@pytest.mark.parametrize("name", [5, HALF], ids=["a number", "half a pair"])
def test_a_dialogs_name_is_a_string_that_can_be_stored(name: Any) -> None:
    """The journal knows the dialog by it."""
    with pytest.raises(RegistrationError, match="@dialog: name"):
        Bot("names").dialog(name=name)
