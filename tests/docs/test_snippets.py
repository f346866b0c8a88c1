"""Every block of every page is run: here as it stands, or by the test that is named for it."""

import json
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from agent.cli.app import app
from agent.config import Configuration
from agent.plugins import Group
from tests.docs.snippets import ELSEWHERE, ROOT, Snippet, snippets

ALL = list(snippets())
HERE = [one for one in ALL if one.elsewhere is None]


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the examples of the documentation importable, and no AWS."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(ROOT / "docs" / "examples"), *sys.path])
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def _of(language: str) -> pytest.MarkDecorator:
    blocks = [one for one in HERE if one.language == language]
    return pytest.mark.parametrize("snippet", blocks, ids=str)


@_of("python")
async def test_python_runs(snippet: Snippet) -> None:
    """Each block stands alone; its bot can be served, and its tests pass."""
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(snippet.text, str(snippet), "exec"), names)
    if (bot := names.get("bot")) is not None:
        bot.freeze()
    for name, test in names.items():
        if name.startswith("test_"):
            await test()


@_of("toml")
def test_toml_is_taken(snippet: Snippet) -> None:
    """As settings, or as what a package says of itself."""
    content = tomllib.loads(snippet.text)
    if "project" in content:
        assert set(content["project"].get("entry-points", {})) <= set(Group)
    else:
        Configuration.model_validate(content)


@_of("json")
def test_json_is_json(snippet: Snippet) -> None:
    """Each document of the block."""
    json.loads(snippet.text)


@_of("yaml")
def test_yaml_is_yaml(snippet: Snippet) -> None:
    """It can be read."""
    assert yaml.safe_load(snippet.text)


@_of("console")
def test_commands_print_what_is_shown(snippet: Snippet) -> None:
    """Typed one after the other; what a page leaves out of the output stands there as ``…``."""
    for part in re.split(r"^\$ ", snippet.text, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        words = command.split()
        assert words[0] == "chat-agent", f"{snippet}: another program's command needs a test of its own"
        result = CliRunner().invoke(app, words[1:])
        assert result.exit_code == 0, f"{snippet}: {result.output}"
        shown = re.escape(output.strip()).replace("…", ".*")
        assert not output or re.fullmatch(shown, result.output.strip(), re.S), result.output


RUN: dict[str, Callable[..., Any]] = {
    "python": test_python_runs,
    "toml": test_toml_is_taken,
    "json": test_json_is_json,
    "yaml": test_yaml_is_yaml,
    "console": test_commands_print_what_is_shown,
}


def test_no_block_is_left_out() -> None:
    """One in a language that nobody runs here needs a test, named in ``tests/docs/snippets.py``."""
    assert [str(one) for one in HERE if one.language not in RUN] == []


@pytest.mark.parametrize(("place", "test"), ELSEWHERE.items(), ids=lambda one: str(one))
def test_the_test_that_is_named_reads_the_page(place: tuple[str, str], test: str) -> None:
    """It exists, names the page, and the page still has such blocks."""
    page, language = place
    assert any((one.page, one.language) == place for one in ALL), f"{page} has no block in {language} any more"
    folder = (ROOT / test).parent
    read = "".join(path.read_text(encoding="utf-8") for path in (ROOT / test, *folder.glob("examples.py")))
    assert re.search(rf"\b{Path(page).stem}\b", read)
