"""The triage bot: its rules, and as dialogues with the bots behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent import Bot, Chat, Event, Message, RegistrationError
from agent.telemetry import Happening
from agent.testing import chatting
from bots.declared import read
from bots.echo import bot as echo
from bots.intake import Intake
from bots.intake import build as intake
from bots.menu import Menu
from bots.menu import build as menu
from bots.triage import build, found
from bots.triage_rules import During, Triage

WEEK = {day: ["09:00-12:00", "13:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
PEOPLE = {"hand_off": {"say": "One moment.", "attributes": {"queue": "people"}}}
PAGES = {"top": {"ask": "What?", "entries": [{"title": "This", "say": "That."}]}}
MENU = menu(Menu.model_validate({"greeting": "The menu.", "pages": PAGES}))


def triage(*rules: dict[str, Any], **settings: Any) -> Triage:
    return Triage.model_validate({"rules": rules, "otherwise": PEOPLE, **settings})


@dataclass
class Count:
    said: int = 0


def counting() -> Bot[str, Count]:
    """A bot with state, dependencies, a dialog with a step, and a failing word."""

    @asynccontextmanager
    async def shop() -> AsyncIterator[str]:
        yield "the shop"

    bot: Bot[str, Count] = Bot("counting", lifespan=shop, state=Count)

    @bot.on_join
    async def greet(chat: Chat[str, Count]) -> None:
        await chat.say(f"Here is {chat.deps}.")

    @bot.dialog("order")
    async def order(chat: Chat[str, Count]) -> None:
        size = await chat.ask("Which size?", int)
        await chat.say(f"Ordered: {await chat.step(_placed, size)}.")

    @bot.on_message("crash")
    async def crash(chat: Chat[str, Count], message: Message) -> None:
        raise KeyError

    @bot.on_error(KeyError)
    async def explain(chat: Chat[str, Count], error: Exception) -> None:
        await chat.say(f"Oh, after {chat.state.said}.")

    @bot.on_event("participant.idle")
    async def nudge(chat: Chat[str, Count], event: Event) -> None:
        await chat.say("Still there?")

    @bot.on_message()
    async def count(chat: Chat[str, Count], message: Message) -> None:
        chat.state.said += 1
        await chat.say(f"{chat.state.said}: {message.text}")

    return bot


async def _placed(size: int) -> int:
    return size


# ------------------------------------------------------------------------------------------ dialogues


async def test_an_attribute_decides_at_once() -> None:
    """The other bot greets; this one says nothing."""
    rules = triage({"attributes": {"tier": "gold"}, "bot": "counting"})
    async with chatting(build(rules, {"counting": counting()}), attributes={"tier": "gold"}) as customer:
        await customer.sees("Here is the shop.")
        await customer.says("hi")
        await customer.sees("1: hi")
        assert customer.heard == ["Here is the shop.", "1: hi"]


async def test_words_decide_and_the_message_is_the_other_bots_first() -> None:
    """From then on everything is the other bot's, whatever the words."""
    rules = triage({"words": ["order"], "bot": "counting"}, {"words": ["menu"], "bot": "menu"})
    async with chatting(build(rules, {"counting": counting(), "menu": MENU})) as customer:
        await customer.sees("What is it about?")
        await customer.says("Order!")
        await customer.sees("1: Order!")
        await customer.says("menu")
        await customer.sees("2: menu")


async def test_a_bot_behind_it_survives_crashes_with_its_state_and_dialogs() -> None:
    """And goes on after a turn that failed."""
    async with chatting(build(triage({"bot": "counting"}), {"counting": counting()})) as customer:
        await customer.says("hi", "order")
        await customer.sees("Which size?")
        await customer.kill_worker()
        await customer.says("42")
        await customer.sees("Ordered: 42.")
        await customer.kill_worker()
        await customer.waits("5s")  # no transcript keeps this event: the new worker has to be there
        await customer.happens("participant.idle")
        await customer.sees("Still there?")
        await customer.says("crash")
        await customer.sees("Oh, after 1.")
        await customer.says("there?")
        await customer.sees("2: there?")
        assert [type(error) for error in customer.errors] == [KeyError]


async def test_a_menu_may_stand_behind_it() -> None:
    """One that is reached by words begins with its first page."""
    async with chatting(build(triage({"words": ["menu"], "bot": "menu"}), {"menu": MENU})) as customer:
        await customer.says("the menu, please")
        await customer.sees_menu("This")
        await customer.picks("This")
        await customer.sees("That.")
        await customer.leaves()


async def test_an_intake_may_stand_behind_it() -> None:
    """One that is reached by words asks its first question."""
    room = {"name": "room", "ask": "Which room?", "kind": "choice", "choices": ["Garden", "Hall"]}
    rules = triage({"words": ["table"], "bot": "intake"})
    async with chatting(build(rules, {"intake": intake(Intake.model_validate({"fields": [room]}))})) as customer:
        await customer.says("a table, please")
        await customer.sees_menu("Garden", "Hall")
        await customer.picks("Hall")
        await customer.sees("Thank you!")
        await customer.waits("1s")
        assert customer.attributes == {"room": "Hall", "intake": "done"}


async def test_a_turn_that_fails_while_it_chooses_is_the_chosen_ones() -> None:
    """Its own word to the customer; then it is chosen again."""
    async with chatting(
        build(triage({"words": ["crash", "hi"], "bot": "counting"}), {"counting": counting()})
    ) as customer:
        await customer.says("crash")
        await customer.sees("Oh, after 0.")
        await customer.says("hi")
        await customer.sees("1: hi")


async def test_whoever_is_not_understood_goes_the_other_way() -> None:
    """After so many tries; a crash does not count anew."""
    async with chatting(build(triage({"words": ["menu"], "bot": "echo"}), {"echo": echo})) as customer:
        await customer.sees("What is it about?")
        await customer.says("hm")
        await customer.sees("in other words")
        await customer.kill_worker()
        await customer.says("hmm")
        await customer.sees("One moment.")
        await customer.waits("1s")
        assert customer.attributes == {"queue": "people"}


async def test_a_rule_may_hand_off_at_once() -> None:
    """Without a word from any bot but its own."""
    async with chatting(build(triage({"hours": "closed", **PEOPLE}, hours={}))) as customer:
        await customer.sees("One moment.")
        await customer.waits("1s")
        assert customer.attributes == {"queue": "people"}


async def test_the_hour_decides_in_a_rehearsed_chat() -> None:
    """A chat begins when the test says; by and by the shop closes."""
    board = build(triage({"hours": "open", "words": ["hi"], "bot": "echo"}, hours=WEEK), {"echo": echo})
    async with chatting(board, start=datetime(2026, 3, 2, 9, 30, tzinfo=UTC)) as customer:
        await customer.says("hi")
        await customer.sees("hi")
    async with chatting(board, start=datetime(2026, 3, 2, 11, 58, tzinfo=UTC)) as customer:
        await customer.waits("3m")
        await customer.says("hi")
        await customer.sees("in other words")


async def test_a_bot_that_is_gone_from_the_file_leaves_the_chat_to_the_rules() -> None:
    """As after a deploy while the chat goes on."""
    rules = triage({"words": ["hi"], "bot": "counting"}, {"words": ["echo"], "bot": "echo"})
    board = build(rules, {"counting": counting(), "echo": echo})
    async with chatting(board) as customer:
        await customer.says("hi")
        await customer.sees("1: hi")
        del board._bots["counting"]
        await customer.kill_worker()
        await customer.says("what?")
        await customer.sees("in other words")
        await customer.says("echo")
        await customer.sees("echo")


async def test_events_of_all_bots_are_reported_to_one() -> None:
    """Such as a message that nobody takes."""
    silent = Bot("silent")
    silent.on_message("x")(_nothing)
    heard: list[Happening] = []
    board = build(triage({"bot": "silent"}), {"silent": silent})
    async with chatting(board) as customer:
        board.report_to(heard.append)
        await customer.says("y")
        await customer.waits("1s")
    assert [one.name for one in heard] == ["message.unhandled"]


async def _nothing(chat: Chat, message: Message) -> None:
    """Never called."""


# ---------------------------------------------------------------------------------------------- rules

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = [
    (datetime(2026, 3, 2, 9, 0, tzinfo=BERLIN), During.OPEN),
    (datetime(2026, 3, 2, 8, 59, tzinfo=BERLIN), During.CLOSED),
    (datetime(2026, 3, 2, 12, 0, tzinfo=BERLIN), During.CLOSED),
    (datetime(2026, 3, 2, 23, 59, tzinfo=BERLIN), During.OPEN),
    (datetime(2026, 3, 2, 8, 30, tzinfo=ZoneInfo("UTC")), During.OPEN),
    (datetime(2026, 3, 29, 10, 0, tzinfo=BERLIN), During.CLOSED),
    (datetime(2026, 3, 30, 7, 0, tzinfo=ZoneInfo("UTC")), During.OPEN),
    (datetime(2026, 3, 3, 10, 0, tzinfo=BERLIN), During.CLOSED),
]


@pytest.mark.parametrize(("now", "during"), HOURS)
def test_business_hours_are_local_time(now: datetime, during: During) -> None:
    """By day of the week, through daylight saving time, without holidays; the end is not within."""
    rules = triage(hours=WEEK, time_zone="Europe/Berlin", holidays=["2026-03-03"])
    assert rules.during(now) is during


def test_all_conditions_of_a_rule_must_hold_and_the_first_rule_wins() -> None:
    """Words are whole words or phrases, in any case."""
    gold, word, late = {"attributes": {"tier": "gold"}}, {"words": ["money back", "C++"]}, {"hours": "closed"}
    rules = triage({**gold, **word, "bot": "a"}, {**word, "bot": "b"}, {**gold, **late, "bot": "c"}, hours=WEEK)
    night, day = datetime(2026, 3, 2, 3, tzinfo=ZoneInfo("UTC")), datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("UTC"))

    def bot(tier: str, now: datetime, said: str | None) -> str | None:
        route = rules.route({"tier": tier}, now, said)
        return route.bot if route else None

    assert bot("gold", day, "I want my MONEY  back!") == "a"
    assert bot("tin", day, "money back") == "b"
    assert bot("tin", day, "learn c++ now") == "b"
    assert bot("tin", day, "moneyback, money backs") is None
    assert bot("gold", night, None) == "c"
    assert bot("gold", day, None) is None


BROKEN = [
    ('time_zone = "Europe/Berlni"', "line 1: time_zone: unknown time zone; did you mean 'Europe/Berlin'?"),
    ('time_zone = "here"', "line 1: time_zone: unknown time zone; write one such as Europe/Berlin"),
    ('hours = { mon = ["9-17"] }', 'line 1: hours.mon.1: hours are written "09:00-17:30", within one day'),
    ('hours = { mon = ["17:00-09:00"] }', "line 1: hours.mon.1: hours are written"),
    ('hours = { monday = ["09:00-17:00"] }', "line 1: hours.monday: unknown key; did you mean 'mon'?"),
    ('rules = [\n  { hours = "open", bot = "echo" },\n]', "line 2: rules.1.hours: the file has no [hours]"),
    ('rules = [\n  { words = ["a"] },\n]', "line 2: rules.1: a route needs either bot or hand_off"),
]


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    """And with what was probably meant."""
    (tmp_path / "triage.toml").write_text(text + '\notherwise = { bot = "echo" }\n')
    with pytest.raises(RegistrationError) as refused:
        read(tmp_path / "triage.toml", Triage)
    assert f"triage.toml, {told}" in str(refused.value)


def test_bots_are_found_by_name_and_by_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What cannot be served is told with its own reason."""
    monkeypatch.chdir(tmp_path)
    assert found("echo") is found("bots.echo:bot") is echo
    refusals = [
        ("nobody", "triage.toml: No bot is called 'nobody'"),
        ("no.such:bot", "'no.such:bot': there is no module 'no' here"),
        ("bots.echo:Bot", "'bots.echo:Bot' is a type, not a Bot"),
        ("bots.menu:bot", r"'bots.menu:bot' cannot be served: it needs menu\.toml"),
    ]
    for name, told in refusals:
        with pytest.raises(RegistrationError, match=told):
            found(name)


def test_installed_bots_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through their entry points."""
    points = [metadata.EntryPoint(name="mine", value="bots.echo:bot", group="agent.bots")]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points)
    assert build(triage({"bot": "mine"}))._bots == {"mine": echo}


def test_a_broken_bot_behind_it_refuses_the_whole() -> None:
    """When it is loaded, not in the middle of a chat."""
    broken = Bot("broken")
    for _ in range(2):
        broken.on_message("x")(_nothing)
    with pytest.raises(RegistrationError, match="never gets a turn"):
        build(triage({"bot": "broken"}), {"broken": broken}).freeze()
