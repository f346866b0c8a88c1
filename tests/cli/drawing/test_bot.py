"""The picture of a bot: every handler in its order, every question, and nothing that Mermaid would not take."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.bot.plugins import load
from agent.cli.drawing.bot import drawn
from bots.switchboard import Switchboard
from tests.cli.drawing.grammar import Picture, parse
from tests.cli.drawing.samples import bot


@pytest.fixture
def picture() -> Picture:
    """Of the bot with every kind of way."""
    return parse(drawn(bot))


def _from(picture: Picture, start: str) -> list[tuple[str, str]]:
    return [(words, end) for begin, words, end in picture.arrows if begin == start]


def _node(picture: Picture, beginning: str) -> str:
    found = [words for words in picture.nodes.values() if words.startswith(beginning)]
    assert len(found) == 1, (beginning, found)
    return found[0]


def test_it_is_the_same_every_time() -> None:
    """So it can be kept in a repository."""
    assert drawn(bot) == drawn(bot)


def test_handlers_stand_in_the_order_of_trying_with_their_filters(picture: Picture) -> None:
    """Those for anytime first, the fallback last, wherever they stand in the file."""
    start = _node(picture, "ways")
    tried = {end.split("\n")[0]: words for words, end in _from(picture, start)}
    assert tried["1. on_message assist"] == "words('help')"
    assert tried["2. dialog order version 2"] == "words('order')"
    assert tried["3. dialog loops"] == "words('loops')"
    assert tried["4. on_message otherwise"] == "whatever nothing else took"
    assert tried["dialog order version 1"] == "only chats that began with it"
    assert tried["on_timeout silent"] == "300 s of silence"
    assert tried["on_timer timer"] == "timer timer"
    assert tried["on_error failed"] == "ValueError"
    assert tried["on_join greet"] == "the bot has joined"
    assert tried["on_leave left"] == "the conversation is over"
    assert picture.boxes == ["router\nonly words('inner only')"]


def test_words_of_every_kind_are_only_text(picture: Picture) -> None:
    """Quotes, tags, codes and backticks."""
    assert 'ask: Which "size"? <b>#1</b> & `co\\`' in picture.nodes.values()


def test_a_branch_parts_and_comes_together(picture: Picture) -> None:
    """A way that hands off does not come back; a way that is not there is an arrow past it."""
    big, odd = "size > 40", "size == 0"
    assert _from(picture, big) == [("yes", "say: Big."), ("no", odd)]
    assert ("yes", "hand_off: attributes={'queue': 'odd'}") in _from(picture, odd)
    assert ("no", "confirm()") in _from(picture, odd)
    assert _from(picture, "hand_off: attributes={'queue': 'odd'}") == []
    assert _from(picture, "say: Big.") == [("", "confirm()")]


def test_a_function_that_gets_the_chat_is_followed(picture: Picture) -> None:
    """Into its questions, and not for ever."""
    assert _from(picture, "confirm()") == [("", "choose: Sure about {what}? yes / no")]
    assert ("", "step: place()") in _from(picture, "choose: Sure about {what}? yes / no")
    assert list(picture.nodes.values()).count("endless()") == 2
    assert _from(picture, "step: place()") == [("", "ask: Colour?")]


def test_loops_turn_and_are_left(picture: Picture) -> None:
    """By continue, break, or when they are done; one without a question is not drawn."""
    assert ("yes", "while True") in _from(picture, "await chat.ask('More?', bool)")
    assert _from(picture, "say: Enough.") == [("", "for one in range(3)")]
    assert ("again", "say: str(one)") in _from(picture, "for one in range(3)")
    assert ("then", "try") in _from(picture, "for one in range(3)")
    assert not any("attributes" in words and words.startswith("while") for words in picture.nodes.values())


def test_an_exception_is_another_way(picture: Picture) -> None:
    """And what is done in the end is done after all that come so far."""
    assert _from(picture, "try") == [("", "ask: Name?"), ("NoAnswer", "leave")]
    assert _from(picture, "ask: Name?") == [("", "sleep: 1m")]
    assert _from(picture, "leave") == []


def test_a_match_has_its_cases(picture: Picture) -> None:
    """One that returns leads nowhere."""
    assert _from(picture, "match chat.contact.attributes") == [("{'kind': 'a'}", "say: a")]


def test_a_handler_without_a_source_says_so(picture: Picture) -> None:
    """Made while running, or compiled."""
    assert _from(picture, _node(picture, "1. on_event unseen")) == [("", "its source cannot be read")]


def test_bots_behind_a_switchboard_are_drawn_in_boxes() -> None:
    """With all that they do."""
    board = Switchboard("desk", bots={"echo": load("echo")})
    picture = parse(drawn(board))
    assert picture.boxes == ["bot echo"]
    assert any(start.startswith("desk") and end.startswith("echo") for start, end in picture.dashed)


@pytest.mark.parametrize("target", ["echo", "bots.menu:bot"])
def test_a_ready_made_bot_can_be_drawn(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its functions are made of."""
    (tmp_path / "menu.toml").write_text('[pages.top]\nask = "?"\nentries = [{ title = "A", say = "a" }]\n', "utf-8")
    monkeypatch.setenv("MENU_TOML", str(tmp_path / "menu.toml"))
    for name in [name for name in sys.modules if name == "bots.menu"]:
        monkeypatch.delitem(sys.modules, name)
    assert parse(drawn(load(target))).arrows


def test_the_command_writes_it_where_it_is_wanted(quickly: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """Standard output, or a file; a file that cannot be written is a sentence."""
    code, output, _ = quickly("graph", "echo")
    assert code == 0
    assert parse(output).nodes
    assert quickly("graph", "echo", "--out", "echo.mmd")[:2] == (0, "")
    assert (tmp_path / "echo.mmd").read_text(encoding="utf-8") == output
    code, _, errors = quickly("graph", "echo", "--out", "missing/echo.mmd")
    assert (code, "--out" in errors) == (78, True)
