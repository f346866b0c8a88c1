"""What the customers say: from a file, from flags, and what is refused."""

import tomllib
from pathlib import Path

import pytest

from agent.cli.benching.scenario import Line, Scenario, scenario
from agent.errors import InvalidSetting

PAGE = Path(__file__).parents[3] / "docs" / "bench.md"


def test_without_anything_said_there_is_a_default() -> None:
    """A newcomer types no file."""
    assert scenario(None, []) == Scenario()


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    """Those that were given."""
    file = tmp_path / "s.toml"
    file.write_text('chats = 3\nrate = 5\n[[lines]]\nsay = "a"\nanswers = 2\n', encoding="utf-8")
    found = scenario(file, [], chats=7, seconds=None)
    assert (found.chats, found.rate, found.seconds, found.lines) == (7, 5, 10, (Line(say="a", answers=2),))
    assert scenario(file, ["b", "c"]).lines == (Line(say="b"), Line(say="c"))


def test_the_documented_file_is_one() -> None:
    """All of its keys."""
    text = PAGE.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    found = Scenario.model_validate(tomllib.loads(text))
    assert set(tomllib.loads(text)) == set(Scenario.model_fields)
    assert [line.say for line in found.lines] == ["order", "42"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("chats = 0", "chats"),
        ("chats = 1000000", "chats"),
        ("seconds = 999999", "seconds"),
        ("chat = 1", "chat"),
        ("lines = []", "lines"),
        ('[[lines]]\nsay = ""', "lines.0.say"),
        ("chats = ", "s.toml"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, word: str) -> None:
    """File and key; too many and too long are wrong as well."""
    file = tmp_path / "s.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidSetting) as caught:
        scenario(file, [])
    assert "--scenario" in str(caught.value)
    assert word in str(caught.value)


def test_a_file_that_is_not_there_and_a_flag_that_is_wrong(tmp_path: Path) -> None:
    """A sentence each."""
    with pytest.raises(InvalidSetting, match=r"no\.toml: No such file"):
        scenario(tmp_path / "no.toml", [])
    with pytest.raises(InvalidSetting, match="bench: chats"):
        scenario(None, [], chats=10_000_000)
