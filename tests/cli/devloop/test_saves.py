"""Saves: seen at once, never missed, never told twice."""

from contextlib import aclosing
from pathlib import Path

import anyio

from agent.cli.devloop.code import AuthorsCode
from agent.cli.devloop.saves import saves

BOUND = 60


async def test_what_was_saved_before_anybody_looked_is_told(tmp_path: Path) -> None:
    """An author does not wait for us."""
    code = AuthorsCode(tmp_path)
    (tmp_path / "shop.py").write_text("x = 1", encoding="utf-8")
    with anyio.fail_after(BOUND):
        async with aclosing(saves(code)) as told:
            await anext(told)


async def test_each_save_is_told_once_also_in_a_folder_that_came_later(tmp_path: Path) -> None:
    """Where a module was imported from that had not been known."""
    code = AuthorsCode(tmp_path)
    (tmp_path / "shop.py").write_text("x = 1", encoding="utf-8")
    later = tmp_path / "parts"
    later.mkdir()
    with anyio.fail_after(BOUND):
        async with aclosing(saves(code)) as told:
            await anext(told)
            code.follow((), [later / "menu.toml"])
            (later / "menu.toml").write_text("x = 1", encoding="utf-8")
            await anext(told)
            (tmp_path / "shop.py").write_text("x = 22", encoding="utf-8")
            await anext(told)
