"""What the serving commands share."""

import asyncio
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from agent.cli import dev
from agent.cli.join import Fate
from agent.cli.running import all_of, bots_of, on_loop
from agent.config import Configuration
from agent.errors import ContactEnded, InvalidSetting, TargetNotFound
from agent.telemetry import Happening


async def _loop() -> str:
    return type(asyncio.get_running_loop()).__module__


def test_uvloop_serves_where_it_is_installed() -> None:
    """It is faster and needs less memory for TLS."""
    pytest.importorskip("uvloop")
    assert on_loop(_loop).startswith("uvloop")


def test_without_uvloop_asyncio_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else changes."""
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert on_loop(_loop).startswith("asyncio")


def _routed(*targets: str, default: str | None = None) -> Configuration:
    rules = [{"bot": target, "queue": "q"} for target in targets]
    return Configuration(bot={"target": default}, routing={"rules": rules})  # type: ignore[arg-type]


def test_the_bots_are_the_default_and_those_of_the_rules() -> None:
    """Each loaded by its target; with rules alone the first one's leads."""
    bot, also = bots_of(_routed("bots.echo:bot", default="echo"))
    assert (bot.name, {target: one.name for target, one in also.items()}) == ("echo", {"bots.echo:bot": "echo"})
    bot, also = bots_of(_routed("bots.echo:bot"))
    assert (bot.name, list(also)) == ("echo", ["bots.echo:bot"])


def test_a_bot_that_a_rule_cannot_have_is_told_before_anything_starts() -> None:
    """So is none at all."""
    with pytest.raises(TargetNotFound, match="'mneu'"):
        bots_of(_routed("mneu", default="echo"))
    with pytest.raises(InvalidSetting, match=r"bot\.target"):
        bots_of(_routed())


def test_a_happening_reaches_every_report() -> None:
    """In the order given."""
    told: list[tuple[str, Happening]] = []
    happening = Happening(name="x")
    all_of(lambda one: told.append(("a", one)), lambda one: told.append(("b", one)))(happening)
    assert told == [("a", happening), ("b", happening)]


def test_what_a_joined_contact_came_to_is_the_last_that_happened_to_it() -> None:
    """A crash that was mended is no failure."""
    fate = Fate()
    error = ContactEnded("c")
    fate(Happening(name="chat.crashed", error=RuntimeError()))
    fate(Happening(name="contact.ended"))
    assert fate.error is None
    fate(Happening(name="contact.refused", error=error))
    fate(Happening(name="worker.stopped"))
    assert fate.error is error


@pytest.mark.parametrize(
    ("platform", "display", "terminal", "opens"),
    [
        ("linux", ":0", True, True),
        ("linux", "", True, False),
        ("darwin", "", True, True),
        ("linux", ":0", False, False),
    ],
)
def test_a_browser_is_only_opened_where_a_window_can_be_seen(
    monkeypatch: pytest.MonkeyPatch, platform: str, display: str, terminal: bool, opens: bool
) -> None:
    """One that runs in the terminal would take it over; a pipe has nobody to look."""
    monkeypatch.setattr(dev, "sys", SimpleNamespace(platform=platform, stdout=SimpleNamespace(isatty=lambda: terminal)))
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", display)
    assert dev._has_screen() is opens


async def test_the_page_is_opened_beside_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a thread, as a browser may take its time."""
    opened: list[Any] = []
    monkeypatch.setattr(dev.webbrowser, "open", opened.append)
    await dev._open("http://127.0.0.1:1/")
    assert opened == ["http://127.0.0.1:1/"]
