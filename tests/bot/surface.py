"""What an author's type checker says about the public surface; checked, never run."""

import datetime as dt
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_type

import pydantic

from agent import (
    Bot,
    Carousel,
    Chat,
    Choice,
    Event,
    ListPicker,
    Message,
    PickedInCarousel,
    Router,
    TimePicker,
    TimeSlot,
    answers,
    predicate,
    regex,
    words,
)
from agent.testing import chatting


class Cart(pydantic.BaseModel):
    items: list[str] = []


@dataclass
class Shop:
    name: str


@asynccontextmanager
async def open_shop() -> AsyncGenerator[Shop, None]:
    yield Shop("shoes")


async def place_order(size: int, *, express: bool = False) -> Decimal:
    return Decimal(size)


bot: Bot[Shop, Cart] = Bot("shop", lifespan=open_shop, state=Cart, turns="merge")
plain = Bot("plain")
router: Router[Shop, Cart] = Router(only=words("x") | regex("y"))
bot.include(router)
ORDER = regex(r"order (\d+)")
LONG = predicate(lambda item: len(item.content) if isinstance(item, Message) else None)


async def ask_age(chat: Chat) -> int:
    """A sub-dialog for any bot."""
    return await chat.ask("How old are you?", int)


@bot.on_join
async def greet(chat: Chat[Shop, Cart]) -> None:
    assert_type(chat.deps, Shop)
    assert_type(chat.state, Cart)
    assert_type(chat.contact.attributes.get("tier"), str | None)


@plain.on_join
async def greet_anybody(chat: Chat) -> None:
    await chat.say("Hi!", "How are you?", markdown=True)


@bot.on_message(ORDER & LONG)
async def show(chat: Chat[Shop, Cart], message: Message) -> None:
    assert_type(message.text, str)
    assert_type(chat.bound(LONG), int)
    match, length = chat.bound(ORDER & LONG)
    assert_type(match.string, str)
    assert_type(length, int)


@bot.on_event("participant.idle")
async def idle(chat: Chat[Shop, Cart], event: Event) -> None: ...


@bot.on_error(LookupError)
async def missing(chat: Chat[Shop, Cart], error: Exception) -> None: ...


@router.dialog("order", version=2)
async def order(chat: Chat[Shop, Cart]) -> str:
    assert_type(await chat.ask("Name?"), str)
    assert_type(await chat.ask("Size?", int, check=lambda size: 30 < size < 50), int)
    assert_type(await chat.ask("Sure?", bool), bool)
    assert_type(await chat.ask("Day?", dt.date, timeout="5m"), dt.date)
    assert_type(await chat.ask("Mail?", answers.email()), str)
    assert_type(await chat.choose("When?", ["today", "tomorrow"]), str)
    assert_type(await chat.choose("When?", [Choice("today"), Choice("tomorrow")]), str)
    assert_type(await chat.choose("When?", [Choice("today", 0), Choice("tomorrow", 1)]), int)
    assert_type(await chat.choose(TimePicker(title="When?", timeslots=())), TimeSlot)
    assert_type(await chat.choose(ListPicker(title="What?", elements=())), str)
    assert_type(await chat.choose(Carousel(title="What?", elements=())), PickedInCarousel)
    assert_type(await chat.step(place_order, 42, express=True), Decimal)
    assert_type(await ask_age(chat), int)
    assert_type(chat.now(), dt.datetime)
    assert_type(chat.random(), float)
    await chat.sleep("1h")
    await chat.step(place_order, "42")  # type: ignore[arg-type]
    await chat.ask("Size?", int, check=lambda size: size.upper())  # type: ignore[attr-defined]
    return "done"


@bot.on_message()  # type: ignore[arg-type]
async def wrong_arguments(chat: Chat[Shop, Cart]) -> None: ...


@plain.on_join  # type: ignore[arg-type]
async def wrong_bot(chat: Chat[Shop, Cart]) -> None: ...


async def test() -> None:
    async with chatting(bot, attributes={"tier": "gold"}) as customer:
        assert_type(await customer.sees("x"), str)
        assert_type(customer.heard, list[str])
