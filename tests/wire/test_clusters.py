"""What a reader sees as one character is not cut."""

import pytest

from agent.wire.clusters import boundary


@pytest.mark.parametrize(
    "cluster",
    [
        "e\u0301",
        "👨‍👩‍👧‍👦",
        "👍🏽",
        "🇩🇪",
        "1\ufe0f\u20e3",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\r\n",
        "각",
        "가\u11a8",
        "\u1100가",
        "நி",
        "❤️‍🔥",
        " \u0301",
    ],
)
def test_no_cut_falls_within_one_character(cluster: str) -> None:
    """Marks, joined emoji, skin tones, flags, keycaps, syllables."""
    text = f"a{cluster}b"
    assert boundary(text, 1) == (not cluster.startswith("\u0301"))
    assert not any(boundary(text, at) for at in range(2, 1 + len(cluster)))
    assert boundary(text, 1 + len(cluster))


def test_flags_in_a_row_are_cut_between_them() -> None:
    """Each is a pair, counted from where the part begins."""
    assert [boundary("🇩🇪🇫🇷", at) for at in range(5)] == [True, False, True, False, True]
    assert boundary("🇩🇪🇫🇷", 2, start=2)
    assert not boundary("🇩🇪🇫🇷", 3, start=2)


def test_both_ends_and_every_line_break_are_boundaries() -> None:
    """A mark on a new line stands alone."""
    assert boundary("a", 0)
    assert boundary("a", 1)
    assert boundary("a\n\u0301", 2)
    assert boundary("ab", 1)
    assert boundary("\u200d a", 1)
