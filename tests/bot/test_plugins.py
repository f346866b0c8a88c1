"""The door through which bots are found, and what it says when one is not."""

import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from agent import Bot
from agent.bot.plugins import installed, load, load_middleware
from agent.errors import TargetBroken, TargetNotFound


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An author's directory, current and importable as for the command."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [one for one in sys.path if one])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(here: Path, name: str, source: str) -> None:
    (here / f"{name}.py").write_text(textwrap.dedent(source))


def test_the_built_in_bots_come_through_the_entry_points() -> None:
    """As a stranger's would."""
    assert load("echo").name == "echo"
    assert isinstance(load("bots.echo:bot"), Bot)


def test_a_bot_in_the_current_directory_is_found(here: Path) -> None:
    """By module and name, or by file and name."""
    write(here, "shoes_a", "from agent import Bot\nbot = Bot('shoes')\n")
    assert load("shoes_a:bot").name == "shoes"
    assert load("shoes_a.py:bot").name == "shoes"


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("ehco", r"No bot is called 'ehco'. Did you mean 'echo'\? Installed: .*echo"),
        ("zzz", "Installed: .*echo.* Or name one as module:bot"),
        ("bots.echo:bto", r"has no 'bto'. Did you mean 'bot'\? Its bots: bot"),
        ("bots.ech:bot", "no module 'bots.ech' here"),
        ("json:bot", "There is no Bot in it"),
        (":bot", "write module:bot"),
        ("bots.echo:", "write module:bot"),
    ],
)
def test_a_wrong_target_says_what_exists_and_what_is_near(target: str, sentence: str) -> None:
    """One sentence and a way out."""
    with pytest.raises(TargetNotFound, match=sentence):
        load(target)


def test_a_module_that_fails_shows_the_authors_own_lines(here: Path) -> None:
    """The traceback is shortened to the author's code."""
    write(here, "broken_a", "def make():\n    return 1 / 0\n\n\nbot = make()\n")
    with pytest.raises(TargetBroken, match="ZeroDivisionError: division by zero") as caught:
        load("broken_a:bot")
    shown = caught.value.traceback
    assert "return 1 / 0" in shown
    assert "bot = make()" in shown
    assert "importlib" not in shown
    assert "plugins.py" not in shown


def test_a_missing_dependency_is_the_modules_fault_not_the_targets(here: Path) -> None:
    """The module is there; what it imports is not."""
    write(here, "needy_a", "import surely_not_installed\n")
    with pytest.raises(TargetBroken, match="surely_not_installed"):
        load("needy_a:bot")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("bot = 7", "is a int, not a Bot"),
        ("raise SystemExit(3)", "exits the process"),
        ("def (", "SyntaxError"),
    ],
)
def test_what_is_no_bot_is_named(here: Path, source: str, sentence: str) -> None:
    """Whatever a file holds, the answer is a sentence."""
    name = f"odd_{abs(hash(source))}"
    write(here, name, source)
    with pytest.raises(TargetBroken, match=sentence):
        load(f"{name}:bot")


def test_a_bot_that_contradicts_itself_cannot_be_loaded(here: Path) -> None:
    """Frozen at the door."""
    write(
        here,
        "twice_a",
        """
        from agent import Bot, Chat
        bot = Bot("twice")
        @bot.on_join
        async def one(chat: Chat) -> None: ...
        @bot.on_join
        async def two(chat: Chat) -> None: ...
        """,
    )
    with pytest.raises(TargetBroken, match="already takes the joining"):
        load("twice_a:bot")


def test_one_broken_plugin_does_not_take_the_others_down(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed with its error."""
    points = [
        metadata.EntryPoint("echo", "bots.echo:bot", "agent.bots"),
        metadata.EntryPoint("broken", "no_such_module_x:bot", "agent.bots"),
    ]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points)
    found = {one.name: one for one in installed()}
    assert found["echo"].error is None
    assert "no module 'no_such_module_x'" in str(found["broken"].error)


def test_two_packages_with_one_name_are_ambiguous(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is taken silently."""
    points = [metadata.EntryPoint("x", value, "agent.bots") for value in ("a:bot", "b:bot")]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points)
    with pytest.raises(TargetNotFound, match="ambiguous"):
        load("x")


def test_a_bot_says_where_its_settings_are() -> None:
    """Even when they are missing: that is when one wants to know."""
    menu = next(one for one in installed() if one.name == "menu")
    assert menu.settings is not None
    assert (menu.settings.file, menu.settings.variable) == ("menu.toml", "MENU_TOML")
    assert "pages" in menu.settings.keys


def test_middleware_is_found_like_a_bot(here: Path) -> None:
    """By name or by place; what cannot be called is none."""
    write(here, "around_a", "def timed(chat): ...\nlimit = 3\n")
    assert load_middleware("around_a:timed").__name__ == "timed"
    with pytest.raises(TargetBroken, match="'around_a:limit' is a int, not a middleware"):
        load_middleware("around_a:limit")
    with pytest.raises(TargetNotFound, match=r"Did you mean|Its middlewares: timed"):
        load_middleware("around_a:tmed")
    with pytest.raises(TargetNotFound, match=r"No middleware is called 'timed'\. No middleware is installed"):
        load_middleware("timed")


WHEEL = {
    "METADATA": "Metadata-Version: 2.1\nName: strangers-bot\nVersion: 1.2\n",
    "WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "entry_points.txt": "[agent.bots]\nstranger = strangers:bot\n",
    "RECORD": "",
}

STRANGER = """
from agent import Bot, Chat, Message

bot = Bot("stranger")


@bot.on_message()
async def shout(chat: Chat, message: Message) -> None:
    await chat.say(message.text.upper())
"""

TALK = """
import asyncio
from agent.bot.plugins import installed, load
from agent.testing import chatting


async def main() -> None:
    async with chatting(load("stranger")) as customer:
        await customer.says("hello")
        print(await customer.sees("HELLO"))


asyncio.run(main())
print([(one.package, one.version, one.error) for one in installed() if one.name == "stranger"])
"""


@pytest.mark.processes
def test_a_strangers_package_is_installed_found_and_run(tmp_path: Path) -> None:
    """A package that knows only `from agent import ...`, installed by pip, loaded by its entry point's name."""
    wheel = tmp_path / "strangers_bot-1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("strangers.py", STRANGER)
        for name, text in WHEEL.items():
            archive.writestr(f"strangers_bot-1.2.dist-info/{name}", text)
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True, timeout=50)
    ran = subprocess.run(
        [sys.executable, "-c", TALK],
        env={"PYTHONPATH": str(target), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ran.stdout.splitlines() == ["HELLO", "[('strangers-bot', '1.2', None)]"], ran.stderr
