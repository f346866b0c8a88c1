"""Declared bots: their file, the mistakes in it, and what stands there when there is none."""

import ast
from importlib import import_module, metadata
from pathlib import Path

import pytest

from agent import Bot, RegistrationError
from agent.bot.plugins import installed, load
from agent.errors import TargetBroken
from bots.declared import Declaration, HandOff, Table, declared, read

BOTS = Path(__file__).parents[2] / "bots"


class Colour(Table):
    name: str
    shade: int = 0


class Paint(Declaration):
    greeting: str
    end: HandOff | None = None
    colours: tuple[Colour, ...] = ()


def build(paint: Paint) -> Bot:
    return Bot("paint", texts=paint.sentences(), display_name=paint.display_name)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PAINT_TOML", raising=False)


def refusal(text: str) -> str:
    Path("paint.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RegistrationError) as refused:
        declared("paint", Paint, build).freeze()
    return str(refused.value)


def test_the_file_in_the_current_directory_is_read() -> None:
    """And the bot is called, and speaks, as it says."""
    Path("paint.toml").write_text('greeting = "hi"\ndisplay_name = "Ann"\n[texts]\napology = "Oh"')
    bot = declared("paint", Paint, build)
    bot.freeze()
    assert (bot.display_name, bot.texts.apology) == ("Ann", "Oh")


def test_the_environment_names_another_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It wins over the one in the current directory."""
    (tmp_path / "other.toml").write_text('greeting = "hi"\ndisplay_name = "Other"')
    Path("paint.toml").write_text('greeting = "hi"')
    monkeypatch.setenv("PAINT_TOML", str(tmp_path / "other.toml"))
    assert declared("paint", Paint, build).display_name == "Other"


def test_a_missing_file_is_told_when_the_bot_is_to_serve() -> None:
    """What is missing, and both ways to give it."""
    bot = declared("paint", Paint, build)
    with pytest.raises(RegistrationError, match=r"needs paint\.toml .* or PAINT_TOML="):
        bot.freeze()


def test_a_named_file_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the system's reason."""
    monkeypatch.setenv("PAINT_TOML", "nowhere.toml")
    with pytest.raises(RegistrationError, match=r"nowhere\.toml cannot be read: No such file"):
        declared("paint", Paint, build).freeze()


def test_an_unknown_key_is_named_with_its_line_and_what_was_meant() -> None:
    """The most common mistake."""
    told = refusal('greeting = "hi"\n\n[[colours]]\nname = "red"\n[[colours]]\nname = "blue"\nshad = 3\n')
    assert told == "paint.toml, line 7: colours.2.shad: unknown key; did you mean 'shade'?"


def test_an_unknown_key_like_no_other_is_told_what_there_is() -> None:
    """All keys of its table."""
    assert refusal('greeting = "hi"\n[end]\nzzz = 1').endswith("unknown key; there is say, attributes")


def test_each_mistake_has_its_line() -> None:
    """Types, what is missing, attribute names, texts."""
    told = refusal(
        'colours = [\n  { name = 3 },\n  { shade = 1 },\n]\n[texts]\napologie = "x"\n[end.attributes]\n"a b" = "c"'
    )
    assert told.splitlines() == [
        "paint.toml, line 6: texts.apologie: unknown text; did you mean 'apology'?",
        "paint.toml, line 1: greeting: missing",
        "paint.toml, line 8: end.attributes.a b.[key]: string should match pattern '^[A-Za-z0-9_-]+$'",
        "paint.toml, line 2: colours.1.name: input should be a valid string",
        "paint.toml, line 3: colours.2.name: missing",
    ]


def test_of_very_many_mistakes_the_first_are_told() -> None:
    """Ten, and how many more there are."""
    told = refusal('greeting = "hi"\n' + "[[colours]]\n" * 25).splitlines()
    assert len(told) == 11
    assert told[-1] == "and 15 more mistakes."


def test_a_file_that_is_no_toml_is_told_with_its_line() -> None:
    """The reader's own words."""
    assert "is no TOML: Invalid value (at line 2, where the file ends)." in refusal('greeting = "hi"\ncolours = [')
    assert "is no TOML: Invalid value (at line 2, column 11)." in refusal('greeting = "hi"\ncolours = ]\n')


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    """Bytes that are no UTF-8."""
    (tmp_path / "paint.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RegistrationError, match="is no TOML"):
        read(tmp_path / "paint.toml", Paint)


@pytest.mark.parametrize("name", ["menu", "faq", "intake", "triage", "relay", "llm"])
def test_a_bot_without_its_file_can_be_imported_and_says_what_is_missing(name: str) -> None:
    """And it is still a bot with its name."""
    if not (BOTS / f"{name}.py").exists():
        pytest.skip("not there yet")
    assert isinstance(import_module(f"bots.{name}").bot, Bot)
    with pytest.raises(TargetBroken, match=f"'bots.{name}:bot' cannot be served: it needs {name}.toml"):
        load(f"bots.{name}:bot")


def test_a_bot_without_its_file_takes_no_other_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of what is installed shows its error and goes on."""
    points = [metadata.EntryPoint(name=n, value=f"bots.{n}:bot", group="agent.bots") for n in ("echo", "menu")]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points)
    echo, menu = installed()
    assert echo.error is None
    assert menu.error is not None
    assert "menu.toml" in menu.error


@pytest.mark.parametrize("file", sorted(BOTS.glob("*.py")), ids=lambda file: file.name)
def test_a_bot_imports_only_what_every_author_can(file: Path) -> None:
    """Of this project the public names only: a ready-made bot is an example."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not [module for module in modules if module and module.startswith("agent.")]
    assert ast.get_docstring(tree) or not tree.body
    assert len(file.read_text(encoding="utf-8").splitlines()) < 250
