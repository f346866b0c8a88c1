"""The short way to a plain message comes where the long one comes, or leaves it to that."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from agent.wire.content import EVENT_PREFIX
from agent.wire.items import Message, parse_item
from agent.wire.plain import plain_message
from tests.wire.samples import ATTACHMENT, JOINED, MESSAGE, RECEIPT

TEXTS = some.text(max_size=8) | some.sampled_from(
    ["", "MESSAGE", "CUSTOMER", EVENT_PREFIX + "typing", "RelatedContactId"]
)
ANYTHING = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | TEXTS | some.lists(TEXTS)
NAMES = some.sampled_from([*MESSAGE, "MessageMetadata", "RelatedContactId", "Attachments", "Beyond"])
ODD = some.dictionaries(NAMES, ANYTHING | some.dictionaries(TEXTS, ANYTHING, max_size=2), max_size=6)


def raised(item: dict[str, Any]) -> str:
    return json.dumps(item, ensure_ascii=False)


@given(odd=ODD, left_out=some.sets(some.sampled_from(list(MESSAGE)), max_size=3), escaped=some.booleans())
@example(odd={"Content": '"RelatedContactId"'}, left_out=set(), escaped=False)
@example(odd={"RelatedContactId": None}, left_out=set(), escaped=True)
def test_what_it_reads_is_what_the_whole_parser_reads(odd: dict[str, Any], left_out: set[str], escaped: bool) -> None:
    """Fields of any type, missing ones, unknown ones; the raw form too, and whether a name stands in it."""
    raw = {name: value for name, value in {**MESSAGE, **odd}.items() if name not in left_out or name in odd}
    found = plain_message(json.dumps(raw, ensure_ascii=escaped))
    if found is None:
        return
    assert found == parse_item(raw)
    assert [name for name in [*MESSAGE, "RelatedContactId", "Beyond"] if name in found.raw] == [
        name for name in [*MESSAGE, "RelatedContactId", "Beyond"] if name in raw
    ]
    assert dict(found.raw) == raw
    assert len(found.raw) == len(raw)


def test_a_message_as_it_was_captured_takes_the_short_way() -> None:
    """Or nothing would be gained."""
    assert plain_message(raised(MESSAGE)) == parse_item(MESSAGE)
    assert plain_message(raised({**MESSAGE, "Content": "naïve \\ 東京 🧑🏽‍🚀"})) is not None


@pytest.mark.parametrize(
    "text",
    [
        raised(ATTACHMENT),
        raised(JOINED),
        raised(RECEIPT),
        raised({**MESSAGE, "MessageMetadata": {"MessageCompleted": False}}),
        raised({**MESSAGE, "Content": None}),
        '{"Type":"MESSAGE","Content":"\\ud83d"}',
        '{"Type":"MESSAGE","Content":"\ud83d"}',
        "[]",
        "{",
        "",
        "[" * 100_000,
    ],
)
def test_whatever_is_out_of_the_ordinary_is_left_to_the_long_way(text: str) -> None:
    """It never raises."""
    assert plain_message(text) is None


def test_neither_shows_what_was_said() -> None:
    """A raw form in a log would tell everything."""
    found = plain_message(raised(MESSAGE))
    assert isinstance(found, Message)
    assert MESSAGE["Content"] not in f"{found!r} {found.raw!r} {found.raw}"
