"""Filters as values: what they match, how they combine, how they print."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent import (
    Attachment,
    Event,
    EventType,
    Filter,
    Message,
    attribute,
    channel,
    content_type,
    predicate,
    regex,
    role,
    words,
)
from agent.bot.duration import seconds
from agent.bot.inplace import become
from agent.bot.journal import Kept
from agent.errors import BotError, RegistrationError
from agent.ids import ItemId, ParticipantId
from agent.wire.content import Role
from agent.wire.items import Receipt, Sender, Unknown
from tests.bot.double import CONTACT, said

HERE = replace(CONTACT, attributes={"tier": "gold"})
BASE: dict[str, Any] = {"id": ItemId("i"), "absolute_time": "2026-01-01T00:00:00.000Z"}
IDLE = Event(**BASE, content_type=EventType.PARTICIPANT_IDLE)
FILES = Attachment(**BASE)


def length(item: object) -> int | None:
    return len(item.content) if isinstance(item, Message) else None


MATCHES: list[tuple[Filter[Any], Any, object]] = [
    (words("Buy  shoes", "order"), said(" buy SHOES "), "Buy  shoes"),
    (words("order"), said("order now"), None),
    (words("order"), IDLE, None),
    (regex(r"\d+"), said("number 42"), "42"),
    (regex("A"), FILES, None),
    (content_type("text/plain"), said("x"), "text/plain"),
    (content_type(EventType.PARTICIPANT_IDLE), IDLE, EventType.PARTICIPANT_IDLE),
    (content_type("text/markdown"), said("x"), None),
    (content_type("text/plain"), FILES, None),
    (role("AGENT", Role.CUSTOMER), said("x"), "CUSTOMER"),
    (role(Role.AGENT), said("x"), None),
    (role(Role.AGENT), IDLE, None),
    (attribute("tier"), said("x"), "gold"),
    (attribute("tier", "gold"), said("x"), "gold"),
    (attribute("tier", "silver"), said("x"), None),
    (attribute("colour"), said("x"), None),
    (channel("CHAT", "SMS"), said("x"), "CHAT"),
    (channel("SMS"), said("x"), None),
    (predicate(length), said("abc"), 3),
    (predicate(length), IDLE, None),
    (predicate(lambda item: False), said("x"), None),
    (words("a") | words("b"), said("b"), "b"),
    (words("a") | regex("b"), said("c"), None),
    (words("a") & predicate(length), said("a"), ("a", 1)),
    (words("a") & words("b"), said("a"), None),
    (words("b") & words("a"), said("a"), None),
    (~words("a"), said("b"), True),
    (~words("a"), said("a"), None),
]


@pytest.mark.parametrize(("asked", "item", "found"), MATCHES, ids=[f"{n}-{m[0]!r}" for n, m in enumerate(MATCHES)])
def test_a_filter_finds_or_finds_none(asked: Filter[Any], item: Any, found: object) -> None:
    """What it finds is what it binds."""
    came = asked.match(item, HERE)
    assert (came.group() if hasattr(came, "group") else came) == found


def test_a_filter_prints_as_it_was_written() -> None:
    """So that messages about it can be read."""
    asked = (words("a", "b") | regex("c")) & ~role("AGENT") & attribute("tier", "gold") & predicate(length)
    assert repr(asked) == (
        "(words('a', 'b') | regex('c')) & ~role('AGENT') & attribute('tier', 'gold') & predicate(length)"
    )
    assert repr(channel("CHAT") & attribute("x")) == "channel('CHAT') & attribute('x')"
    assert repr(~(words("a") | words("b"))) == "~(words('a') | words('b'))"
    assert repr(content_type("text/plain")) == "content_type('text/plain')"
    assert repr(predicate(length, "length")) == "predicate(length)"


def test_a_combined_filter_keeps_the_index_that_holds() -> None:
    """Words narrow a conjunction, widen a disjunction, and say nothing in a negation."""
    assert (words("A") & regex("x")).keys == {"a"}
    assert (words("a", "b") & words("b", "c")).keys == {"b"}
    assert (words("a") | words("b")).keys == {"a", "b"}
    assert (words("a") | regex("b")).keys is None
    assert (~words("a")).keys is None


async def later(item: object) -> bool:
    return True


MISTAKES: list[tuple[Callable[[], Any], str]] = [
    (lambda: words("a") and words("b"), r"words\('a'\) is not true or false by itself; join filters with &, \| and ~"),
    (lambda: words("a") or words("b"), "instead of and, or and not"),
    (lambda: not words("a"), "instead of and, or and not"),
    (lambda: words("a") & "b", r"words\('a'\) & \.\.\. takes another filter, not str; write words\('b'\)"),  # type: ignore[operator]
    (lambda: words("a") | 5, "takes another filter, not int"),  # type: ignore[operator]
    (lambda: words(["a"]), r"words takes strings, not a list of them; write words\(\*\.\.\.\)"),  # type: ignore[arg-type]
    (lambda: words(5), "words takes strings, not int"),  # type: ignore[arg-type]
    (lambda: words(), r"words\(\) needs a string at least"),
    (lambda: channel(("CHAT",)), "channel takes strings, not a tuple of them"),  # type: ignore[arg-type]
    (lambda: role(None), "role takes strings, not None"),  # type: ignore[arg-type]
    (lambda: content_type(), r"content_type\(\) needs"),
    (lambda: attribute(5), "attribute takes strings, not int"),  # type: ignore[arg-type]
    (lambda: attribute("tier", 5), "attribute takes strings, not int"),  # type: ignore[arg-type]
    (lambda: regex("(a"), r"regex\('\(a'\) is no regular expression: missing \), unterminated"),
    (lambda: regex(5), "regex: the pattern must be a string, not int"),  # type: ignore[arg-type]
    (lambda: predicate("a"), "a function of the item, not str"),  # type: ignore[arg-type]
    (lambda: predicate(later), "a plain function: an async one would match whatever came"),
]


@pytest.mark.parametrize(("build", "sentence"), MISTAKES, ids=[sentence[:30] for _, sentence in MISTAKES])
def test_a_filter_that_cannot_work_is_refused_when_it_is_written(build: Callable[[], Any], sentence: str) -> None:
    """Not in front of a customer, where it would match nothing, or everything."""
    with pytest.raises(RegistrationError, match=sentence):
        build()


@pytest.mark.parametrize(
    ("duration", "amount"),
    [("2h 30m", 9000), ("1d", 86400), ("90s", 90), ("500ms", 0.5), (7, 7), (1.5, 1.5), ("1.5h", 5400)],
)
def test_a_duration_is_read(duration: Any, amount: float) -> None:
    """Seconds, or words."""
    assert seconds(duration) == amount


@pytest.mark.parametrize("duration", ["", "soon", "5", "5 parsecs", "1h x", -1])
def test_what_is_no_duration_is_refused(duration: Any) -> None:
    """With a right one in the sentence, or what is wrong."""
    with pytest.raises(BotError, match=r"no duration; write|is negative"):
        seconds(duration)


def test_a_value_becomes_another_and_stays_itself() -> None:
    """Whoever holds a part holds the living part."""
    old: dict[str, Any] = {"list": [{"x": 1}, 2], "set": {1}, "gone": 1, "kind": [1]}
    parts = old["list"], old["list"][0], old["set"]
    assert become(old, {"list": [{"x": 5}], "set": {2, 3}, "new": 7, "kind": "text"}) is old
    assert old == {"list": [{"x": 5}], "set": {2, 3}, "new": 7, "kind": "text"}
    assert (old["list"] is parts[0], old["list"][0] is parts[1], old["set"] is parts[2]) == (True, True, True)
    assert become(1, 2) == 2
    assert become([1], (1,)) == (1,)


SENDER = Sender(participant_id=ParticipantId("p"), role=Role.CUSTOMER, display_name="Ana")


@pytest.mark.parametrize(
    "item",
    [
        Message(**BASE, sender=SENDER, content="x", content_type="text/markdown"),
        Event(**BASE, sender=SENDER, content_type=EventType.PARTICIPANT_LEFT, content="{}"),
        Attachment(**BASE, sender=SENDER),
        Receipt(**BASE, message_id=ItemId("")),
        Unknown(**BASE),
    ],
    ids=lambda item: type(item).__name__,
)
def test_an_item_is_kept_and_comes_back(item: Any) -> None:
    """Without its raw form, which no bot needs after days."""
    assert Kept.of(item).item() == item
