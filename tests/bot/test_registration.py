"""Registration: every misuse has its own sentence, and the order of trying is that of the file."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pydantic
import pytest

from agent import Bot, Chat, Event, EventType, Message, Router, regex, role, words
from agent.errors import RegistrationError
from agent.testing import chatting


async def joins(chat: Chat) -> None: ...


async def hears(chat: Chat, message: Message) -> None: ...


def sync(chat: Chat) -> None: ...


def sync_hears(chat: Chat, message: Message) -> None: ...


async def yields(chat: Chat, message: Message) -> AsyncIterator[str]:
    yield "hello"


async def alone() -> None: ...


async def wrong(chat: Chat, error: Exception) -> None: ...


async def bare() -> AsyncIterator[int]:
    yield 7


def plain() -> Iterator[int]:
    yield 7


@dataclass(frozen=True)
class Frozen:
    size: int = 0


@dataclass
class Needy:
    size: int


class Model(pydantic.BaseModel):
    size: int = 0


def later(bot: Bot) -> None:
    bot.freeze()
    bot.on_join(joins)


def twice(bot: Bot) -> None:
    bot.on_join(joins)
    bot.on_join(joins)
    bot.freeze()


def two_fallbacks(bot: Bot) -> None:
    bot.on_message()(hears)
    bot.on_message()(hears)
    bot.freeze()


def same_words(bot: Bot) -> None:
    bot.on_message("order")(hears)
    bot.dialog(" Order ")(joins)
    bot.freeze()


def same_filter(bot: Bot) -> None:
    bot.on_message(regex("a+"))(hears)
    bot.on_message(regex("a+"))(hears)
    bot.freeze()


def same_dialog(bot: Bot) -> None:
    bot.dialog("order")(joins)
    bot.dialog(words("buy"), name="order")(joins)
    bot.freeze()


def dialog_nobody_starts(bot: Bot) -> None:
    bot.dialog(name="order")(joins)
    bot.freeze()


def general_first(bot: Bot) -> None:
    bot.on_error(Exception)(wrong)
    bot.on_error(ValueError)(wrong)
    bot.freeze()


def general_pair_first(bot: Bot) -> None:
    bot.on_error(LookupError)(wrong)
    bot.on_error(ArithmeticError, ValueError)(wrong)
    bot.on_error(KeyError, ValueError)(wrong)
    bot.freeze()


def errors_twice(bot: Bot) -> None:
    bot.on_error(LookupError)(wrong)
    bot.on_error(LookupError)(wrong)
    bot.freeze()


def itself(bot: Bot) -> None:
    bot.include(bot)


def circle(bot: Bot) -> None:
    outer, inner = Router(), Router()
    outer.include(inner)
    inner.include(outer)


def router_twice(bot: Bot) -> None:
    router = Router()
    bot.include(router)
    bot.include(router)


MISUSES: list[tuple[Callable[[Bot], object], str]] = [
    (lambda bot: bot.on_join(sync), "is not async; write 'async def sync"),
    (lambda bot: bot.on_join(hears), r"takes .* a handler for on_join takes \(chat\)"),
    (lambda bot: bot.on_message()(alone), r"a handler for on_message takes \(chat, message\)"),
    (lambda bot: bot.on_message(hears), r"Write @on_message\(\) with parentheses"),
    (lambda bot: bot.on_message(lambda item: item), r"not the function <lambda> \(.*\); write predicate\(\.\.\.\)"),
    (lambda bot: bot.on_message(lambda chat, message: None), r"write predicate\(\.\.\.\) around it"),
    (lambda bot: bot.on_message(sync), r"not the function sync \(.*\); write predicate"),
    (lambda bot: bot.on_message(sync_hears), r"Write @on_message\(\) with parentheses"),
    (lambda bot: bot.on_message(alone), r"Write @on_message\(\) with parentheses"),
    (lambda bot: bot.on_message()(yields), r"yields \(.*\) has a yield in it; .* 'await chat\.say"),
    (lambda bot: bot.on_event("participant.idel"), r"no known event; did you mean 'participant\.idle'\?"),
    (lambda bot: bot.on_event(None), r"@on_event\(None\) names no event; @on_event\(\) hears every one"),
    (lambda bot: bot.on_event("weather"), "known are typing, participant.joined"),
    (lambda bot: bot.on_event(hears), r"Write @on_event\(\) with parentheses"),
    (lambda bot: bot.on_error(joins), "exception classes"),
    (lambda bot: bot.on_message("  ")(hears), "only empty messages"),
    (lambda bot: bot.on_message(7)(hears), "a filter or a phrase, not 7"),
    (lambda bot: bot.on_message(anytime=True)(hears), "no question would ever be answered"),
    (lambda bot: bot.on_join(7), "needs an async function, not 7"),
    (lambda bot: bot.on_timeout(0)(joins), "longer than zero"),
    (lambda bot: bot.on_timeout(joins), r"Write @on_timeout\('10m'\)"),
    (lambda bot: bot.on_timer(joins), r"Write @on_timer\('name'\)"),
    (lambda bot: bot.dialog()(joins), "A dialog needs a name"),
    (lambda bot: bot.dialog(words("order"))(joins), "A dialog needs a name"),
    (lambda bot: bot.dialog("order", version=0)(joins), "not a whole number from 1 up"),
    (lambda bot: bot.use(7), "Middleware is a function of the chat"),
    (lambda bot: Bot("x", middleware=[7]), "Middleware is a function of the chat"),
    (later, "already serving"),
    (twice, "never gets a turn: .* already takes the joining"),
    (two_fallbacks, "already takes every other message"),
    (same_words, "already takes the message 'order'"),
    (same_filter, r"already takes messages regex\('a\+'\)"),
    (same_dialog, "same name and version"),
    (dialog_nobody_starts, "no filter starts it"),
    (itself, "cannot include itself"),
    (circle, "cannot include itself"),
    (router_twice, "already included"),
    (lambda bot: Bot(""), "1 to 256 characters"),
    (lambda bot: Bot("x" * 257), "1 to 256 characters"),
    (lambda bot: Bot("x", display_name="y" * 257), "display_name"),
    (lambda bot: Bot("x", turns="sometimes"), "none of 'queue', 'merge', 'latest', 'interrupt'"),
    (lambda bot: Bot("x", on_mismatch="shrug"), "none of 'restart', 'hand_off', 'raise'"),
    (lambda bot: Bot("x", cancel_words="stop"), "several words"),
    (lambda bot: Bot("x", cancel_words=[5]), r"cancel_words=\.\.\.\) takes words, not int"),
    (general_first, r"never gets a turn: on_error 'wrong' \(.*\) already takes ValueError; register the special one"),
    (general_pair_first, "already takes KeyError or ValueError"),
    (errors_twice, "never gets a turn: .* already takes LookupError"),
    (lambda bot: Bot("x", lifespan=bare), r"lifespan bare \(.*\) is no context; put @asynccontextmanager above it"),
    (lambda bot: Bot("x", lifespan=plain), "is no context; put @asynccontextmanager above it"),
    (lambda bot: Bot("x", lifespan=alone), "yields nothing; let it yield what chat.deps gives"),
    (lambda bot: Bot("x", lifespan=asynccontextmanager(bare)()), "the function itself, without parentheses"),
    (lambda bot: Bot("x", lifespan=7), "a function giving an async context, not int"),
    (lambda bot: Bot("x", state=Frozen), "is frozen"),
    (lambda bot: Bot("x", state=Needy), "give every field a default"),
    (lambda bot: Bot("x", state=int), "neither a pydantic model nor a dataclass"),
]


@pytest.mark.parametrize(("misuse", "sentence"), MISUSES, ids=[sentence[:30] for _, sentence in MISUSES])
def test_each_misuse_has_its_own_sentence(misuse: Callable[[Bot], Any], sentence: str) -> None:
    """Refused when it is registered or frozen, never in front of a customer."""
    with pytest.raises(RegistrationError, match=sentence):
        misuse(Bot("x", state=Model))


def test_special_errors_stand_before_general_ones() -> None:
    """One of several classes that is still free is enough; a handler for all comes last."""
    bot = Bot("errors")
    bot.on_error(KeyError)(wrong)
    bot.on_error(LookupError, ValueError)(wrong)
    bot.on_error(IndexError, OSError)(wrong)
    bot.on_error()(wrong)
    bot.freeze()
    assert [one.errors for one in bot.routes.errors][-1] == (Exception,)


def test_an_event_that_is_newer_than_this_project_is_named_whole() -> None:
    """The service adds to its events."""
    bot = Bot("newer")
    bot.on_event(EventType.PARTICIPANT_IDLE.replace("idle", "asleep"))(hears)
    bot.freeze()


async def test_a_lifespan_that_gives_no_async_context_is_named_when_it_is_opened() -> None:
    """A synchronous context, or none at all."""
    for given in (contextmanager(plain), lambda: 7):
        bot: Bot[Any] = Bot("shop", lifespan=given)  # type: ignore[arg-type]
        with pytest.raises(RegistrationError, match=r"gave no async context, but .*; put @asynccontextmanager"):
            async with bot.lifespan():
                pass


async def replies(bot: Bot, *said: str, **kwargs: Any) -> list[str]:
    async with chatting(bot, **kwargs) as customer:
        for text in said:
            await customer.says(text)
            await customer.waits(3)
        return customer.heard


async def test_first_match_wins_in_the_order_of_the_file_and_the_unfiltered_come_last() -> None:
    """Included routers stand where they were included, depth first."""
    bot, outer, inner = Bot("order"), Router(), Router()

    def saying(text: str) -> Callable[[Chat, Message], Any]:
        async def handler(chat: Chat, message: Message) -> None:
            await chat.say(text)

        return handler

    bot.on_message()(saying("fallback"))
    bot.on_message(regex("a"))(saying("first"))
    bot.include(outer)
    outer.include(inner)
    inner.on_message(regex("b"))(saying("inner"))
    outer.on_message(regex("b|c"))(saying("outer"))
    bot.on_message(regex("c|d"))(saying("last"))
    bot.on_message("only b")(saying("never"))
    assert await replies(bot, "ab", "bc", "cd", "d", "only b", "z") == [
        "first",
        "inner",
        "outer",
        "last",
        "inner",
        "fallback",
    ]


async def test_a_routers_filter_guards_its_handlers() -> None:
    """Its fallback is one only for what passes."""
    bot, vip = Bot("guarded"), Router(only=regex("^vip"))

    @vip.on_message()
    async def welcome(chat: Chat, message: Message) -> None:
        await chat.say("vip")

    @bot.on_message()
    async def other(chat: Chat, message: Message) -> None:
        await chat.say("other")

    bot.include(vip)
    assert await replies(bot, "vip me", "me") == ["vip", "other"]


async def test_two_guarded_fallbacks_do_not_collide() -> None:
    """A guard is a filter."""
    bot = Bot("guards")
    for letter in "ab":
        router = Router(only=regex(letter))
        router.on_message()(hears)
        bot.include(router)
    bot.freeze()


async def test_middleware_surrounds_each_turn_from_outside_in() -> None:
    """Bot, router, handler; every turn of a dialog passes through."""
    seen: list[str] = []

    def around(name: str) -> Any:
        @asynccontextmanager
        async def context(chat: Chat) -> Any:
            seen.append(f"+{name}")
            try:
                yield
            finally:
                seen.append(f"-{name}")

        return context

    bot, router = Bot("around", middleware=[around("bot")]), Router(middleware=[around("router")])

    @router.dialog("start", middleware=[around("handler")])
    async def talk(chat: Chat) -> None:
        await chat.ask("Name?")
        seen.append("body")

    bot.include(router)
    async with chatting(bot) as customer:
        await customer.sees("x", within=1) if False else None
        seen.clear()
        await customer.says("start")
        await customer.sees("Name?")
        await customer.waits(1)
        once = ["+bot", "+router", "+handler", "-handler", "-router", "-bot"]
        assert seen == once
        await customer.says("Ana")
        await customer.waits(1)
        assert seen == [*once, "+bot", "+router", "+handler", "body", "-handler", "-router", "-bot"]


async def test_middleware_that_is_no_context_is_named() -> None:
    """The usual slip: the decorator forgotten."""
    bot = Bot("slip")

    @bot.use
    async def forgotten(chat: Chat) -> Any:
        yield

    bot.on_message()(hears)
    async with chatting(bot) as customer:
        await customer.says("x")
        await customer.sees("Sorry")
        assert "put @asynccontextmanager above it" in str(customer.errors[-1])


async def test_only_the_customer_is_heard_unless_a_role_is_named() -> None:
    """The default filter of on_message."""
    bot = Bot("listener")
    heard: list[str] = []

    @bot.on_message()
    async def customers(chat: Chat, message: Message) -> None:
        heard.append(message.text)

    @bot.on_message(role("SYSTEM"))
    async def systems(chat: Chat, message: Message) -> None:
        heard.append(f"system: {message.text}")

    await replies(bot, "hello")
    assert heard == ["system: Welcome to Amazon Connect on localhost.", "hello"]


async def test_events_are_heard_by_their_last_words() -> None:
    """As are whole content types and filters."""
    bot = Bot("events")
    heard: list[str] = []

    @bot.on_event("participant.idle", EventType.PARTICIPANT_RETURNED)
    async def note(chat: Chat, event: Event) -> None:
        heard.append(event.content_type)
        await chat.say("Are you there?")

    async with chatting(bot) as customer:
        await customer.happens("participant.idle")
        await customer.sees("Are you there?")
        await customer.happens(EventType.PARTICIPANT_RETURNED)
        await customer.happens("transfer.failed")
        await customer.waits(1)
    assert heard == [EventType.PARTICIPANT_IDLE, EventType.PARTICIPANT_RETURNED]


async def test_a_bound_value_comes_typed() -> None:
    """What the filter found is asked for by the filter."""
    bot = Bot("bound")
    order = regex(r"order (?P<number>\d+)")

    @bot.on_message(order & ~words("order 7"))
    async def show(chat: Chat, message: Message) -> None:
        await chat.say(chat.bound(order)["number"])

    assert await replies(bot, "my order 12", "order 7") == ["12"]


async def test_an_unhandled_message_is_reported_once_with_a_handler_to_paste() -> None:
    """Ready to paste, and without the customer's words."""
    happenings: list[Any] = []
    bot = Bot("deaf")
    bot.on_message("hello")(hears)
    await replies(bot, "a secret", "another", report=happenings.append)
    pasted = [one.fields["paste"] for one in happenings if one.name == "message.unhandled"]
    assert len(pasted) == 1
    assert "@bot.on_message()" in pasted[0]
    assert "secret" not in pasted[0]
    compile(pasted[0], "pasted", "exec")


async def test_each_life_has_the_bots_dependencies() -> None:
    """The lifespan is open while the bot serves, and only then."""
    opened: list[str] = []

    @asynccontextmanager
    async def database() -> Any:
        opened.append("open")
        yield {"size": 42}
        opened.append("closed")

    bot: Bot[dict[str, int]] = Bot("deps", lifespan=database)

    @bot.on_message()
    async def tell(chat: Chat[dict[str, int]], message: Message) -> None:
        await chat.say(str(chat.deps["size"]))

    assert await replies(bot, "x") == ["42"]
    assert opened == ["open", "closed"]
