"""The author's code: what belongs to it, what a change is, and importing it anew."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from agent.cli.devloop.code import AuthorsCode


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An author's folder with a module that imports another; both importable."""
    (tmp_path / "devloop_main.py").write_text("from devloop_words import WORD\n", encoding="utf-8")
    (tmp_path / "devloop_words.py").write_text("WORD = 'old'\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in ("devloop_main", "devloop_words", "devloop_package"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def _load() -> Any:
    return import_module("devloop_main").WORD


def test_every_module_of_the_folder_is_imported_anew(folder: Path) -> None:
    """Not only the one that was asked for."""
    code = AuthorsCode(folder)
    assert code.anew(_load) == "old"
    (folder / "devloop_words.py").write_text("WORD = 'new'\n", encoding="utf-8")
    assert code.anew(_load) == "new"


def test_after_a_failed_import_the_modules_are_those_of_before(folder: Path) -> None:
    """What serves may still import something late, and gets its own."""
    code = AuthorsCode(folder)
    code.anew(_load)
    before = sys.modules["devloop_words"], sys.modules["devloop_main"]
    (folder / "devloop_words.py").write_text("WORD = 'new'\n", encoding="utf-8")
    (folder / "devloop_main.py").write_text("import devloop_words\nraise OSError\n", encoding="utf-8")
    with pytest.raises(OSError):
        code.anew(_load)
    assert (sys.modules["devloop_words"], sys.modules["devloop_main"]) == before


def test_what_is_installed_is_not_the_author_s_even_below_the_folder(tmp_path: Path) -> None:
    """A virtual environment usually lies there."""
    code = AuthorsCode(tmp_path)
    assert code.is_authors(str(tmp_path / "shop.py"))
    assert not code.is_authors(str(tmp_path / ".venv" / "lib" / "site-packages" / "rich" / "table.py"))
    assert not code.is_authors("/somewhere/else/shop.py")
    assert not AuthorsCode(Path(__file__).parents[3]).is_authors(sys.modules["agent.bot.bot"].__file__ or "")


def test_a_followed_package_is_reloaded_wherever_it_is(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """An installed bot with a settings file is made when its module is imported."""
    code = AuthorsCode(tmp_path_factory.mktemp("elsewhere"))
    first = code.anew(lambda: import_module("devloop_main"))
    code.follow({"devloop_main"})
    assert code.anew(lambda: import_module("devloop_main")) is not first
    assert folder in code.folders


def test_only_code_and_settings_count_as_a_change(folder: Path) -> None:
    """Notes, byte code and pictures are none; a file that goes is one."""
    code = AuthorsCode(folder)
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    assert not code.changed()
    (folder / "menu.toml").write_text("x = 1", encoding="utf-8")
    assert code.changed()
    (folder / "menu.toml").unlink()
    assert code.changed()
    assert not code.changed()


def test_what_was_just_imported_from_a_folder_is_no_change_of_it(folder: Path) -> None:
    """A bot in a package of its own is not built twice at the start; what is saved there later is a change."""
    code = AuthorsCode(folder)
    package = folder / "devloop_package"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    code.anew(lambda: import_module("devloop_package"))
    assert package in code.folders
    assert not code.changed()
    (package / "__init__.py").write_text("boom", encoding="utf-8")
    assert code.changed()


def test_files_beside_a_settings_file_are_watched(tmp_path: Path) -> None:
    """It may lie elsewhere; a folder that is not there is not watched."""
    code = AuthorsCode(tmp_path)
    other = tmp_path.parent / f"{tmp_path.name}-settings"
    other.mkdir()
    code.follow((), [other / "menu.toml", tmp_path / "missing" / "menu.toml"])
    assert code.folders == {tmp_path, other}


def test_the_author_s_name_of_a_file_is_relative(tmp_path: Path) -> None:
    """As it is written in an editor."""
    code = AuthorsCode(tmp_path)
    assert code.shown(str(tmp_path / "deep" / "shop.py")) == "deep/shop.py"
    assert code.shown("/usr/lib/thing.py") == "/usr/lib/thing.py"


def test_a_dangling_file_is_no_change(tmp_path: Path) -> None:
    """Editors leave links to nowhere as locks."""
    code = AuthorsCode(tmp_path)
    (tmp_path / ".#shop.py").symlink_to(tmp_path / "nowhere")
    assert not code.changed()
