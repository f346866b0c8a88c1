"""Menus: shown as the contact allows, answered in any of a customer's ways."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from agent import Bot, Carousel, Chat, Choice, ListPicker, Message, Panel, QuickReply, TimePicker, TimeSlot
from agent.errors import DialogError, InvalidMessage
from agent.testing import chatting
from agent.wire.content import ContentType
from agent.wire.interactive import CarouselElement, Element

SIZES = [Choice(f"Size {size}", size) for size in range(36, 56)]


def asking(*, interactive: bool) -> Bot:
    bot = Bot("menus", interactive=interactive)

    @bot.dialog("few")
    async def few(chat: Chat) -> None:
        value = await chat.choose("Which?", [Choice("Red", 1), Choice("Blue", 2)])
        await chat.say(f"value {value}")

    @bot.dialog("many")
    async def many(chat: Chat) -> None:
        value = await chat.choose("Which size?", SIZES)
        await chat.say(f"value {value}")

    return bot


async def test_an_interactive_bot_shows_buttons() -> None:
    """Quick replies for a handful of plain choices; the picked title comes back as the value."""
    async with chatting(asking(interactive=True)) as customer:
        await customer.says("few")
        await customer.sees_menu("Red", "Blue")
        assert customer.story[-1].content_type == ContentType.INTERACTIVE
        await customer.kill_worker()
        await customer.picks("Blue")
        await customer.sees("value 2")


async def test_where_the_contact_does_not_show_them_the_menu_is_numbered_text() -> None:
    """Refused once, not tried again."""
    async with chatting(asking(interactive=True), interactive=False) as customer:
        for _ in range(2):
            await customer.says("few")
            await customer.sees_menu("Red", "Blue")
            assert customer.story[-1].content_type == ContentType.PLAIN
            await customer.says("2")
            await customer.sees("value 2")


async def test_by_default_a_menu_is_numbered_text() -> None:
    """Whether a custom participant may send interactive messages is not documented."""
    async with chatting(asking(interactive=False)) as customer:
        await customer.says("few")
        await customer.sees_menu("Red", "Blue")
        assert customer.story[-1].content_type == ContentType.PLAIN
        await customer.says("blue")
        await customer.sees("value 2")


async def test_a_long_list_is_paged() -> None:
    """Turning a page is no answer, and costs no try."""
    async with chatting(asking(interactive=True)) as customer:
        await customer.says("many")
        await customer.sees_menu("Size 36", "Size 37", "Size 38", "Size 39", "Size 40", "Show more")
        following = 5
        for _ in range(4):
            place = {"actionName": "SHOW_MORE", "preIndex": 0, "nextIndex": following, "listId": "choices"}
            turn = {"version": "1.0", "data": {**place, "referenceId": "choices"}, "action": "SHOW_MORE"}
            await customer.sends(json.dumps(turn), ContentType.INTERACTIVE_RESPONSE)
            await customer.sees_menu()
            following += 4
        await customer.kill_worker()
        await customer.says("Size 55")
        await customer.sees("value 55")


async def test_a_long_list_as_text_has_all_its_numbers() -> None:
    """One message; any number may be given."""
    async with chatting(asking(interactive=False)) as customer:
        await customer.says("many")
        await customer.sees_menu(*(one.title for one in SIZES))
        await customer.says("20")
        await customer.sees("value 55")


async def test_a_time_slot_comes_back_as_the_slot() -> None:
    """The widget sends its date."""
    slot = TimeSlot(date=datetime(2026, 11, 10, 17, tzinfo=UTC), duration=30)
    other = TimeSlot(date=datetime(2026, 11, 11, 17, tzinfo=UTC), duration=60)
    bot = Bot("times", interactive=True)

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        chosen = await chat.choose(TimePicker(title="When?", timeslots=(slot, other)))
        await chat.say(f"{chosen.duration} minutes")

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees_menu()
        await customer.says("2026-11-11T17:00+00:00")
        await customer.sees("60 minutes")


async def test_a_card_of_a_carousel_comes_back_with_its_list() -> None:
    """As does one that the customer typed."""
    cards = tuple(
        CarouselElement(identifier=key, template=Panel(title=name, elements=("Book", "Photos")))
        for key, name in (("h1", "Bel Air"), ("h2", "Hyatt"))
    )
    bot = Bot("hotels", interactive=True)

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        picked = await chat.choose(Carousel(title="Hotels", elements=cards))
        await chat.say(f"{picked.title} at {picked.list_title}")

    async with chatting(bot) as customer:
        for said in ('{"templateIdentifier":"h2","listTitle":"Hyatt","selectionText":"Photos"}', "Hyatt: Photos", "4"):
            await customer.says("start")
            await customer.sees("Hotels")
            await customer.says(said)
            await customer.sees("Photos at Hyatt")


async def test_show_only_shows() -> None:
    """The answer is a message like any other."""
    bot = Bot("shower", interactive=True)

    @bot.on_message("menu")
    async def menu(chat: Chat, message: Message) -> None:
        await chat.show(ListPicker(title="Topics", elements=(Element(title="Returns"), Element(title="Delivery"))))

    @bot.on_message("returns")
    async def returns(chat: Chat, message: Message) -> None:
        await chat.say("30 days")

    async with chatting(bot) as customer:
        await customer.says("menu")
        await customer.sees_menu("Returns", "Delivery")
        await customer.picks("Returns")
        await customer.sees("30 days")


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ([], "at least one choice"),
        (["Red", "Blue", "red "], "choice 3 cannot be told from choice 1; give each a title of its own"),
        (["x", ""], "the title of choice 2 is empty"),
        ([Choice(" ", 1)], "the title of choice 1 is empty"),
        (["...", "x"], "the title of choice 1 is nothing but punctuation"),
        (["x", "y" * 260], "the title of choice 2 has 260 characters, the most is 200"),
        ([1, 2], r"choice 1 must be a string, not int; for a value of another kind write Choice(title, value)"),
        ([("Red", 1)], "choice 1 must be a string, not tuple"),
        ([Choice(5, 1)], "the title of choice 1 must be a string, not int"),  # type: ignore[call-overload]
        ("Red", "the choices must be a list, not str"),
        (7, "the choices must be a list, not int"),
        ({"Red": 1}, "[Choice(title, value) for title, value in choices.items()]"),
    ],
)
async def test_a_confusing_menu_is_refused(choices: Any, sentence: str) -> None:
    """Before the customer sees it, by the number of the choice and for the true reason."""
    bot = Bot("confusing")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.choose("Which?", choices)

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Sorry")
        assert isinstance(customer.errors[0], DialogError)
        assert sentence in str(customer.errors[0])


async def test_a_template_has_choices_of_its_own() -> None:
    """Others beside them would never be shown."""
    bot = Bot("confusing")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.choose(Panel(title="Which?", elements=("a",)), ["b"])  # type: ignore[call-overload]

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Sorry")
        assert "a Panel has choices of its own" in str(customer.errors[0])


async def test_a_title_as_long_as_can_be_typed_is_a_choice() -> None:
    """Two hundred characters; a longer thing said stands in the subtitle."""
    bot = Bot("long")

    @bot.dialog("start")
    async def talk(chat: Chat) -> None:
        await chat.say(
            f"value {await chat.choose('Which?', [Choice('x' * 200, 1), Choice('y', 2, subtitle='z' * 300)])}"
        )

    async with chatting(bot) as customer:
        await customer.says("start")
        await customer.sees("Which?")
        await customer.says("x" * 200)
        await customer.sees("value 1")


def test_a_template_with_too_many_entries_says_how_many_it_takes() -> None:
    """When it is built."""
    with pytest.raises(InvalidMessage, match="2 to 10 elements, this one has 11"):
        QuickReply(title="x", elements=tuple(map(str, range(11))))
