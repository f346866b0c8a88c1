"""JSON that a strict decoder refuses, and that still holds a customer's words."""

import pytest

from agent.wire.forgiving import decode_json, whole


def test_half_an_emoji_does_not_lose_the_message() -> None:
    """Clients cut texts between the two halves of a character."""
    assert decode_json('{"Content":"hi \\ud83d"}') == {"Content": "hi \ufffd"}
    assert decode_json('{"Content":"hi \ud83d"}') == {"Content": "hi \ufffd"}


def test_a_number_out_of_range_does_not_lose_the_message() -> None:
    """It is some field we do not read."""
    assert decode_json('{"Content":"hi","x":1e999}') == {"Content": "hi", "x": float("inf")}


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "nonsense", "1" * 5000, "\ud800", "\ufeff{}"])
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    """The one documented error."""
    with pytest.raises(ValueError):
        decode_json(text)


def test_whole_pairs_are_left_alone() -> None:
    """Only the unpaired half is replaced."""
    assert whole("a😀b\udc00") == "a😀b\ufffd"
