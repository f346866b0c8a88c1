"""The menu bot, as dialogues."""

from typing import Any

import pytest

from agent import RegistrationError
from agent.testing import chatting
from bots.declared import read
from bots.menu import Menu, build

PAGES: dict[str, Any] = {
    "top": {
        "ask": "What can I do for you?",
        "entries": [
            {"title": "Opening hours", "say": "From 9 to 17."},
            {"title": "Orders", "page": "orders"},
            {"title": "A person", "say": "One moment.", "hand_off": {"queue": "support"}},
        ],
    },
    "orders": {
        "ask": "Which order?",
        "entries": [
            {"title": "Last", "subtitle": "the newest", "say": "It is on its way.", "page": "more"},
            {"title": "Another", "say": "Look into your account."},
        ],
    },
    "more": {"ask": "And now?", "entries": [{"title": "End", "hand_off": {}}]},
}
TOP = ("Opening hours", "Orders", "A person")


def menu(**settings: Any) -> Menu:
    return Menu.model_validate({"greeting": "Welcome.", "pages": PAGES, **settings})


async def test_it_leads_answers_and_hands_off() -> None:
    """By picking, by number, by nearly the name."""
    async with chatting(build(menu())) as customer:
        await customer.sees("Welcome.")
        await customer.sees_menu(*TOP)
        await customer.picks("Opening hours")
        await customer.sees("From 9 to 17.")
        await customer.sees_menu(*TOP)
        await customer.says("2")
        await customer.sees_menu("Last", "Another", "Back", "Top")
        await customer.says("anothr")
        await customer.sees("Look into your account.")
        await customer.says("top")
        await customer.sees_menu(*TOP)
        await customer.says("a person")
        await customer.sees("One moment.")
        await customer.waits("1s")
        assert customer.attributes == {"queue": "support"}
        await customer.says("still there?")
        await customer.hears_nothing()
        assert not customer.errors


async def test_back_goes_one_page_up_and_stays_at_the_top() -> None:
    """As a choice and as a word; an entry may say something and lead on."""
    async with chatting(build(menu())) as customer:
        await customer.picks("Orders")
        await customer.picks("Last")
        await customer.sees("It is on its way.")
        await customer.sees_menu("End", "Back", "Top")
        await customer.says("  BACK! ")
        await customer.sees_menu("Last", "Another", "Back", "Top")
        await customer.picks("Back")
        await customer.sees_menu(*TOP)
        await customer.says("back")
        await customer.sees_menu(*TOP)
        await customer.picks("Orders")
        await customer.says("start over")
        await customer.sees_menu(*TOP)


async def test_a_restart_finds_the_same_page() -> None:
    """Killed while the customer thinks, two pages deep, after an answer that was none."""
    async with chatting(build(menu())) as customer:
        await customer.picks("Orders")
        await customer.says("xyzzy")
        await customer.sees("none of the choices")
        await customer.sees_menu("Last", "Another", "Back", "Top")
        await customer.kill_worker()
        await customer.waits("2h")
        await customer.kill_worker()
        await customer.picks("Last")
        await customer.sees_menu("End", "Back", "Top")
        assert not customer.errors


async def test_where_no_interactive_messages_are_shown_it_is_numbered_text() -> None:
    """The same menu, to the word."""
    async with chatting(build(menu()), interactive=False) as customer:
        await customer.sees("What can I do for you?\n1. Opening hours\n2. Orders\n3. A person")
        await customer.says("1")
        await customer.sees("From 9 to 17.")


async def test_whoever_is_lost_is_handed_off() -> None:
    """After so many misses in a row; an answer in between counts anew."""
    lost = {"say": "Somebody will help.", "attributes": {"reason": "lost"}}
    async with chatting(build(menu(tries=2, lost=lost))) as customer:
        await customer.says("xyzzy")
        await customer.sees("none of the choices")
        await customer.says("1")
        await customer.says("xyzzy")
        await customer.sees("none of the choices")
        await customer.says("plugh")
        await customer.sees("Somebody will help.")
        await customer.waits("1s")
        assert customer.attributes == {"reason": "lost"}


async def test_without_that_it_goes_on_asking() -> None:
    """However often."""
    async with chatting(build(menu(greeting=None))) as customer:
        for _ in range(5):
            await customer.says("xyzzy")
            await customer.sees("none of the choices")
        await customer.picks("Orders")
        await customer.sees("Which order?")


FILE = """
start = "top"

[pages.top]
ask = "What?"
entries = [
  {{ title = "One"{first} }},
  {{ title = "{title}", page = "below" }},
]

[pages.{name}]
ask = "Which?"
[[pages.{name}.entries]]
title = "End"
hand_off = {{}}
"""
GOOD = {"first": ', say = "x"', "title": "Two", "name": "below"}
BROKEN = [
    ({"first": ', page = "belo"'}, "line 7: pages.top.entries.1.page: no such page; did you mean 'below'?"),
    ({"first": ""}, "line 7: pages.top.entries.1: an entry needs say, page or hand_off"),
    ({"first": ', page = "below", hand_off = {}'}, "line 7: pages.top.entries.1.hand_off: an entry leads to a page or"),
    ({"title": "one "}, "line 8: pages.top.entries.2.title: another choice of this page has the same title"),
    ({"title": "back"}, "line 8: pages.top.entries.2.title: another choice"),
    ({"name": "island"}, "line 8: pages.top.entries.2.page: no such page; there is top, island"),
    ({"title": "", "first": ', say = "x"'}, "line 8: pages.top.entries.2.title: string should have at least 1 char"),
]


@pytest.mark.parametrize(("change", "told"), BROKEN)
def test_a_mistake_is_named_with_its_line(tmp_path: Any, change: dict[str, str], told: str) -> None:
    """And with what was probably meant."""
    file = tmp_path / "menu.toml"
    file.write_text(FILE.format(**(GOOD | change)))
    with pytest.raises(RegistrationError) as refused:
        read(file, Menu)
    assert f"menu.toml, {told}" in str(refused.value)


def test_a_page_that_nothing_leads_to_is_a_mistake(tmp_path: Any) -> None:
    """As is a first page that does not exist."""
    file = tmp_path / "menu.toml"
    file.write_text(FILE.format(**GOOD) + '\n[pages.island]\nask = "?"\nentries = [{ title = "x", say = "y" }]')
    with pytest.raises(RegistrationError, match=r"line 17: pages\.island: no entry leads to this page"):
        read(file, Menu)
    file.write_text(FILE.format(**GOOD).replace('start = "top"', 'start = "tpo"'))
    with pytest.raises(RegistrationError, match=r"line 2: start: no such page; did you mean 'top'"):
        read(file, Menu)
