"""Long replies are cut where a reader would pause, and nothing but white space is lost."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.wire.clusters import boundary
from agent.wire.text import split_text

_PIECES = [
    "word",
    " ",
    "\n",
    "\n\n",
    ". ",
    "! ",
    "https://example.com/a?b=c ",
    "[a link](https://x.y/z) ",
    "日本語。",
    "\t",
]
_PIECES += ["👨‍👩‍👧‍👦", "🇩🇪", "e\u0301", "\u00a0", "\r\n", "(", "[", "]("]
any_text = st.text(st.characters(codec=None), max_size=400) | st.lists(st.sampled_from(_PIECES), max_size=120).map(
    "".join
)


def squeezed(text: str) -> str:
    """`text` without its white space, as UTF-8 can carry it."""
    return re.sub(r"\s", "", text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


@given(any_text, st.integers(1, 60), st.integers(4, 90))
@example("\ud800", 1, 4)
def test_nothing_is_lost_and_no_limit_is_broken(text: str, characters: int, size: int) -> None:
    """For any text and any limits."""
    parts = split_text(text, max_characters=characters, max_bytes=size)
    assert all(0 < len(part) <= characters and len(part.encode()) <= size and part.strip() for part in parts)
    assert squeezed("".join(parts)) == squeezed(text)


@given(any_text)
def test_no_character_as_a_reader_sees_it_is_cut(text: str) -> None:
    """As long as each fits on its own."""
    longest = max((len(each) for each in _clusters(text)), default=1)
    clusters = set(_clusters(text))
    for part in split_text(text, max_characters=max(longest, 20)):
        assert set(_clusters(part)) <= clusters | {"\ufffd"} | {each.rstrip("\n") for each in clusters}


def _clusters(text: str) -> list[str]:
    cuts, start = [], 0
    for at in range(1, len(text) + 1):
        if boundary(text, at, start=start):
            cuts.append(text[start:at])
            start = at
    return cuts


@pytest.mark.parametrize("text", ["", " ", "\n\n\t ", "\u2003"])
def test_white_space_alone_is_no_message(text: str) -> None:
    """Connect refuses empty content."""
    assert split_text(text, max_characters=10) == []


def test_a_text_that_fits_stays_as_it_is() -> None:
    """With its own white space."""
    assert split_text(" hello \n", max_characters=8) == [" hello \n"]


def test_a_cut_falls_at_the_end_of_a_paragraph_first() -> None:
    """Rather than filling the message with half of the next."""
    assert split_text("One two three.\n\nFour five. Six seven.", max_characters=25) == [
        "One two three.",
        "Four five. Six seven.",
    ]


def test_then_of_a_line_then_of_a_sentence_then_of_a_word() -> None:
    """In this order."""
    assert split_text("- first item\n- second item x", max_characters=20) == ["- first item", "- second item x"]
    assert split_text("It is here. It is there now", max_characters=18) == ["It is here.", "It is there now"]
    assert split_text("no sentence ends anywhere here", max_characters=14) == ["no sentence", "ends anywhere", "here"]
    assert split_text("今日は晴れ。明日は雨です", max_characters=8) == ["今日は晴れ。", "明日は雨です"]


def test_a_pause_too_near_the_beginning_is_passed_over() -> None:
    """Ten tiny messages read worse than a sentence cut in two."""
    assert split_text("Hi. there is much more to say", max_characters=20) == ["Hi. there is much", "more to say"]


def test_the_indentation_of_the_next_part_stays() -> None:
    """It means something in lists and code."""
    assert split_text("- one two\n    - three four", max_characters=18) == ["- one two", "    - three four"]


def test_urls_and_links_move_to_the_next_message_whole() -> None:
    """A cut link is a dead link."""
    url, link = "https://example.com/a/b?c=d", "[the whole page](https://example.com/a_(b))"
    assert split_text(f"Please look at {url} now", max_characters=30) == ["Please look at", url, "now"]
    assert split_text(f"Please look at {link} now", max_characters=45) == ["Please look at", link, "now"]
    assert split_text(f"見て{url}", max_characters=28) == ["見て", url]


def test_a_url_longer_than_a_message_is_cut_as_it_must() -> None:
    """Nothing is lost even so."""
    parts = split_text("see https://example.com/" + "x" * 50, max_characters=20)
    assert parts[0] == "see"
    assert "".join(parts[1:]) == "https://example.com/" + "x" * 50


def test_a_character_longer_than_a_message_is_cut_as_it_must() -> None:
    """A family of seven code points in messages of three."""
    assert "".join(split_text("👨‍👩‍👧‍👦", max_characters=3)) == "👨‍👩‍👧‍👦"


def test_bytes_are_counted_too() -> None:
    """Connect counts the bytes of UTF-8."""
    assert split_text("ああああ", max_characters=100, max_bytes=7) == ["ああ", "ああ"]


def test_words_joined_by_a_no_break_space_stay_together() -> None:
    """That is what it is for."""
    assert split_text("costs about 100\u00a0000 now", max_characters=16) == ["costs about", "100\u00a0000 now"]


@pytest.mark.parametrize(("characters", "size"), [(0, 100), (10, 3)])
def test_limits_without_room_for_a_character_are_refused(characters: int, size: int) -> None:
    """Nothing could ever be said."""
    with pytest.raises(ValueError, match="room for one character"):
        split_text("x", max_characters=characters, max_bytes=size)


@pytest.mark.parametrize("piece", ["." * 100, "[a](", "\n \n", "🇩🇪", "https://aaaa", "a\u0301", " ", "word "])
def test_a_megabyte_of_anything_is_split(piece: str) -> None:
    """No pattern takes for ever on hostile text: the test's own time limit is the bound."""
    text = piece * (300_000 // len(piece))
    assert squeezed("".join(split_text(text, max_characters=1024))) == squeezed(text)
