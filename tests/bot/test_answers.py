"""What a question takes: every kind, what it makes of it, and what it refuses."""

import datetime as dt
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from agent import answers
from agent.bot.answers import Answer
from agent.errors import DialogError

NOW = datetime(2026, 11, 5, 10, tzinfo=UTC)

TAKEN: list[tuple[Any, str, object]] = [
    (answers.text(), "  some words ", "some words"),
    (answers.text(longest=3), "abc", "abc"),
    (answers.whole_number(), "I'd like 42, please", 42),
    (answers.whole_number(), "-7", -7),
    (answers.whole_number(least=1, most=9), "9", 9),
    (answers.number(), "2,5", 2.5),
    (answers.number(least=0), "about 3.25 metres", 3.25),
    (answers.decimal(), "19.90 €", Decimal("19.90")),
    (answers.yes_no(), "Yes!", True),
    (answers.yes_no(), "No, thanks", False),
    (answers.date(), "2026-12-24", dt.date(2026, 12, 24)),
    (answers.date(), "24.12.2026", dt.date(2026, 12, 24)),
    (answers.date(), "December 24, 2026", dt.date(2026, 12, 24)),
    (answers.date(), "Tomorrow!", dt.date(2026, 11, 6)),
    (answers.email(), "it is ana.b@mail.example.com.", "ana.b@mail.example.com"),
    (answers.phone(), "+39 (06) 1234-5678", "+390612345678"),
    (answers.phone(), "061 234 567", "061234567"),
    (answers.matching(r"[A-Z]{2}\d+", "Two letters and a number."), " ab12 ", "ab12"),
]

REFUSED: list[tuple[Any, str]] = [
    (answers.text(), "   "),
    (answers.text(longest=3), "abcd"),
    (answers.whole_number(), "1 or 2"),
    (answers.whole_number(), "2.5"),
    (answers.whole_number(), "many"),
    (answers.whole_number(least=1, most=9), "10"),
    (answers.whole_number(least=1), "0"),
    (answers.number(), "1 or 2"),
    (answers.decimal(), "a lot"),
    (answers.yes_no(), "maybe"),
    (answers.date(), "someday"),
    (answers.date(), "2026-13-01"),
    (answers.email(), "ana at example"),
    (answers.email(), "a@b.it or c@d.it"),
    (answers.phone(), "12"),
    (answers.phone(), "call me"),
    (answers.matching(r"\d+", "A number."), "x1"),
]


@pytest.mark.parametrize(("kind", "said", "value"), TAKEN, ids=[said for _, said, _ in TAKEN])
def test_an_answer_is_read_from_a_customers_words(kind: Answer[Any], said: str, value: object) -> None:
    """As people write it."""
    found = kind.read(said, NOW)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("kind", "said"), REFUSED, ids=[said or "empty" for _, said in REFUSED])
def test_what_is_no_answer_is_refused(kind: Answer[Any], said: str) -> None:
    """Better to ask again than to guess; the hint says what is wanted."""
    with pytest.raises(ValueError):
        kind.read(said, NOW)
    assert kind.hint


@pytest.mark.parametrize(
    ("kind", "said", "value"),
    [
        (str, "x", "x"),
        (int, "4", 4),
        (float, "4.5", 4.5),
        (Decimal, "4.5", Decimal("4.5")),
        (bool, "no", False),
        (dt.date, "today", NOW.date()),
    ],
)
def test_a_type_is_short_for_its_answer(kind: Any, said: str, value: object) -> None:
    """The usual ones need no import."""
    assert answers.answer(kind).read(said, NOW) == value


def test_a_type_that_cannot_be_asked_for_is_named() -> None:
    """With what can."""
    with pytest.raises(
        DialogError, match="cannot read <class 'bytes'>; give one of str, int, float, Decimal, bool, date"
    ):
        answers.answer(bytes)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"least": 1, "most": 9}, "from 1 to 9"),
        ({"least": 1}, "at least 1"),
        ({"most": 9}, "at most 9"),
        ({}, "number."),
    ],
)
def test_the_hint_names_the_bounds(bounds: dict[str, int], words: str) -> None:
    """So that the second try succeeds."""
    assert words in answers.whole_number(**bounds).hint
    assert words in answers.number(**bounds).hint


def test_a_pattern_that_is_none_is_refused_when_it_is_written() -> None:
    """With what is wrong in it."""
    with pytest.raises(DialogError, match=r"answers\.matching\('\(a'\) is no regular expression: missing \)"):
        answers.matching("(a", "Please write an a.")
