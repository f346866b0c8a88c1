"""Code blocks that span several messages are code blocks in each."""

from hypothesis import given
from hypothesis import strategies as st

from agent.wire.fences import split_markdown
from agent.wire.text import split_text

CODE = "Look:\n```python\n{}\n```\nDone".format("\n".join(f"    line{number}" for number in range(9)))


def test_a_cut_block_is_closed_and_opened_again() -> None:
    """With the words of its first fence."""
    first, *middle, last = split_markdown(CODE, max_characters=70)
    assert middle
    assert first.startswith("Look:\n```python\n    line0\n")
    assert first.endswith("\n```")
    assert all(part.startswith("```python\n") and part.endswith("\n```") for part in middle)
    assert last.endswith("Done")


def test_a_cut_before_the_closing_fence_leaves_no_empty_block() -> None:
    """The message before has closed it already."""
    text = "~~~\naaaa bbbb cccc dddd\n~~~\nafter that"
    parts = split_markdown(text, max_characters=34)
    assert parts == ["~~~\naaaa bbbb cccc dddd\n~~~", "after that"]


def test_a_closing_fence_alone_becomes_no_message() -> None:
    """There would be nothing in it."""
    text = "Some words before it all.\n\n~~~\naaaa bbbb cccc dddd\n~~~"
    parts = split_markdown(text, max_characters=34)
    assert parts == ["Some words before it all.", "~~~\naaaa bbbb cccc dddd\n~~~"]


def test_text_that_fits_or_has_no_block_is_cut_as_plain_text() -> None:
    """There is nothing to mend."""
    assert split_markdown(CODE, max_characters=1000) == [CODE]
    words = "word " * 50
    assert split_markdown(words, max_characters=30) == split_text(words, max_characters=30)


def test_limits_too_small_for_fences_give_plain_cuts() -> None:
    """Half of each message would be fences."""
    assert split_markdown(CODE, max_characters=20) == split_text(CODE, max_characters=20)


def test_another_fence_within_a_block_does_not_close_it() -> None:
    """Only a bare one, of the same kind, at least as long."""
    text = "````md\n```\ninner words here\n~~~\n````\n" + "and more words " * 4
    first, second, *_ = split_markdown(text, max_characters=46)
    assert first.startswith("````md\n```\n")
    assert first.endswith("\n````")
    assert "and more" in second


def test_there_is_room_to_open_one_fence_and_to_close_another() -> None:
    """A message may begin in one block and end in the next."""
    text = "```\n```\n```py\n```\n```py\n```py\n```\n~~~~\n    code\n```\n"
    assert all(len(part) <= 37 for part in split_markdown(text, max_characters=37))


@given(
    st.lists(st.sampled_from(["```\n", "```py\n", "~~~~\n", "word ", "\n", "    code\n", "````\n"]), max_size=60),
    st.integers(1, 60),
)
def test_no_limit_is_broken_and_no_word_is_lost(pieces: list[str], characters: int) -> None:
    """Fences come on top, within the limit."""
    text = "".join(pieces)
    parts = split_markdown(text, max_characters=characters)
    assert all(0 < len(part) <= characters for part in parts)
    for letters in ("word", "code"):
        counted = "".join(parts).replace("\n", "") if characters < len(letters) else "".join(parts)
        assert counted.count(letters) == text.count(letters) or characters < len(letters)
