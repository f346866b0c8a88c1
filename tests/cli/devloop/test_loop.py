"""``dev`` as a process: real files are saved, and what is printed about it."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.processes

BOT = "from agent import Bot\n\nbot = Bot('mine')\n"
LIFESPAN = (
    "from contextlib import asynccontextmanager\nfrom agent import Bot\n\n\n@asynccontextmanager\nasync def deps():\n"
    "    raise OSError('no database')\n    yield\n\n\nbot = Bot('mine', lifespan=deps)\n"
)


def test_each_save_is_a_build_or_a_sentence_with_the_author_s_line(started: Callable[..., Any], tmp_path: Path) -> None:
    """Also where the bot cannot be started; the last build that could be goes on, and ends in order."""
    file = tmp_path / "mine.py"
    file.write_text(BOT, encoding="utf-8")
    command = started("dev", "mine:bot", "--port", "0", "--no-browser")
    command.line()
    file.write_text(BOT + "boom\n", encoding="utf-8")
    command.logged("mine.py:4: NameError: name 'boom' is not defined\n    boom\nTraceback")
    command.logged("Build 1 goes on.")
    file.write_text(LIFESPAN, encoding="utf-8")
    command.logged("mine.py:7: OSError: no database\n    raise OSError('no database')")
    file.write_text(BOT + "# mended\n", encoding="utf-8")
    command.logged("Build 2 of mine:bot serves.")
    command.signal(signal.SIGTERM)
    assert command.ended() == 0


def test_the_file_of_a_bot_s_settings_is_watched(started: Callable[..., Any], tmp_path: Path) -> None:
    """An installed bot is made of it."""
    file = tmp_path / "menu.toml"
    file.write_text('[pages.top]\nask = "What?"\nentries = [{ title = "A", say = "a" }]\n', encoding="utf-8")
    command = started("dev", "menu", "--port", "0", "--no-browser")
    command.line()
    file.write_text("menu = 3\n", encoding="utf-8")
    command.logged("Build 1 goes on.")
    assert "menu.toml" in command.errors


def test_without_reloading_nothing_is_watched(started: Callable[..., Any], tmp_path: Path) -> None:
    """As for a demonstration."""
    file = tmp_path / "mine.py"
    file.write_text(BOT, encoding="utf-8")
    command = started("dev", "mine:bot", "--port", "0", "--no-browser", "--no-reload")
    command.line()
    file.write_text("boom\n", encoding="utf-8")
    command.signal(signal.SIGTERM)
    assert command.ended() == 0
    assert "boom" not in command.errors
