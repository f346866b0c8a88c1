"""Where an answer is cut into messages, and what of a chat fits into a budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import Message, Role
from agent.ids import ItemId
from agent.wire.items import Item, Sender
from bots.llm_history import Line, tokens, told
from bots.llm_sentences import Cutter


def cut(text: str, shortest: int = 1) -> list[str]:
    cutter = Cutter(shortest)
    found = [message for character in text for message in cutter.feed(character)]
    return [*found, *filter(None, [cutter.rest()])]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("He said “no.” Then left.", ["He said “no.”", "Then left."]),
        ("It is 3.5 cm, e.g. for Dr. Who.", ["It is 3.5 cm, e.g. for Dr. Who."]),
        ("1. Red\n2. Blue\n\nWhich?", ["1. Red\n2. Blue", "Which?"]),
        ("赤です。青です。", ["赤です。", "青です。"]),
        ("Run:\n```\na. b\n\nc\n```\nDone. Bye.", ["Run:\n```\na. b\n\nc\n```\nDone.", "Bye."]),
        ("  \n\n ", []),
    ],
)
def test_a_text_is_cut_where_sentences_end(text: str, messages: list[str]) -> None:
    """Not at abbreviations, numbers or list items, nor in a block of code."""
    assert cut(text) == messages


def test_short_sentences_stay_together() -> None:
    """Until the message is long enough."""
    assert cut("One. Two. Three. Four.", shortest=9) == ["One. Two.", "Three. Four."]


@given(st.text(alphabet="ab .!?\n。`1", max_size=80), st.integers(1, 20))
def test_nothing_is_lost_or_added(text: str, shortest: int) -> None:
    """However it comes and wherever it is cut."""
    messages = cut(text, shortest)
    assert "".join("".join(messages).split()) == "".join(text.split())
    assert all(message.strip() for message in messages)
    assert all(len(message) >= shortest for message in messages[:-1])


def said(role: Role, *texts: str) -> list[Item]:
    return [
        Message(id=ItemId(text), absolute_time="2026-01-01T00:00:00.000Z", sender=Sender(role=role), content=text)
        for text in texts
    ]


def current(text: str) -> Message:
    message = said(Role.CUSTOMER, text)[0]
    assert isinstance(message, Message)
    return message


def test_only_what_the_two_said_is_told() -> None:
    """No prompt of the flow, no empty message; sides alternate, and the customer's comes first."""
    items = said(Role.SYSTEM, "Welcome") + said(Role.CUSTOM_BOT, "Hi", "How?") + said(Role.CUSTOMER, " ", "a", "b", "c")
    assert told(items, current("c"), "", 1_000) == [
        Line(False, "(The chat begins.)"),
        Line(True, "Hi\nHow?"),
        Line(False, "a\nb"),
    ]


def test_the_newest_lines_fit_into_the_budget() -> None:
    """The oldest are forgotten; the customer's present words count too."""
    items = said(Role.CUSTOMER, "a" * 400) + said(Role.CUSTOM_BOT, "b" * 400) + said(Role.CUSTOMER, "c")
    assert told(items, current("c"), "", 1_000)[0].text == "a" * 400
    assert [line.text for line in told(items, current("c"), "", 200)] == ["(The chat begins.)", "b" * 400]
    assert told(items, current("c"), "", 100) == []
    assert told(items[:-1], current("c" * 400), "", 200) == []
    assert tokens("a" * 400) == 104


def test_what_came_later_is_not_told() -> None:
    """A later message has a turn of its own; an answer to an earlier one that was said meanwhile is told."""
    items = said(Role.CUSTOMER, "a", "b", "later") + said(Role.CUSTOM_BOT, "to a", "to", "b. ")
    assert told(items, current("b"), "to b.", 1_000) == [Line(False, "a"), Line(True, "to a")]


def test_a_transcript_that_lags_is_no_matter() -> None:
    """The present message need not be in it."""
    assert told(said(Role.CUSTOMER, "a"), current("b"), "", 1_000) == [Line(False, "a")]
