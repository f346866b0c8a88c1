"""What a customer types is one of the choices, or none; never the opposite."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.interactive import match_choice

MENU = ["Track my parcel", "Return something", "Talk to an agent"]


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("Return something", 1),
        ("  return   SOMETHING! ", 1),
        ("2", 1),
        ("2.", 1),
        ("(2)", 1),
        ("#3", 2),
        ("Option 1", 0),
        ("no. 1", 0),
        ("２", 1),
        ("retrun somthing", 1),
        ("track my parcl", 0),
        ("talk to an agnet", 2),
    ],
)
def test_a_title_a_number_or_a_slip_means_its_choice(text: str, index: int) -> None:
    """In any case, with any punctuation around."""
    assert match_choice(text, MENU) == index


@pytest.mark.parametrize("text", ["", " ", "?", "0", "4", "-1", "99999", "hello", "agent", "1 or 2", "x" * 300])
def test_anything_else_is_no_choice(text: str) -> None:
    """Better to ask again."""
    assert match_choice(text, MENU) is None


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("incorrect", ["Correct", "Skip"]),
        ("unsubscribe", ["Subscribe", "Later"]),
        ("without milk", ["With milk", "Black"]),
        ("not today", ["Today", "Tomorrow"]),
        ("size 43", ["Size 42", "Other"]),
        ("order 1234", ["Order 1235", "Other"]),
        ("today not", ["Today", "Tomorrow"]),
        ("plan c", ["Plan A", "Other"]),
        ("now", ["No", "Yes"]),
        ("can't pay", ["Can pay", "Later"]),
    ],
)
def test_the_opposite_or_a_neighbour_is_never_taken(text: str, titles: list[str]) -> None:
    """However alike the letters are."""
    assert match_choice(text, titles) is None


def test_what_fits_two_choices_is_none() -> None:
    """Two equal titles, or two near ones."""
    assert match_choice("yes", ["Yes", "yes!"]) is None
    assert match_choice("refnd", ["Refund", "Refunds"]) is None


def test_a_number_that_titles_begin_with_is_not_counted_blindly() -> None:
    """Of "2 nights" and "3 nights", 3 is clear and 2 is not."""
    nights = ["2 nights", "3 nights"]
    assert match_choice("3", nights) == 1
    assert match_choice("2", nights) is None
    assert match_choice("7", ["7", "8"]) == 0
    assert match_choice("1", ["1 night", "2 nights"]) == 0


@given(st.text(max_size=300), st.lists(st.text(max_size=30), max_size=6))
def test_no_text_makes_matching_raise(text: str, titles: list[str]) -> None:
    """And the answer is an index of the titles."""
    assert match_choice(text, titles) in {None, *range(len(titles))}


@given(st.lists(st.text("abcdefgh ", min_size=1, max_size=12).filter(str.strip), min_size=1, max_size=6))
def test_each_distinct_title_matches_itself(titles: list[str]) -> None:
    """Whatever the others are."""
    plain = [" ".join(title.split()) for title in titles]
    for index, title in enumerate(titles):
        assert match_choice(title, titles) == (index if plain.count(plain[index]) == 1 else None)
