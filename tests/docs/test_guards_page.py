"""The page about guard rails: its settings are settings, its bot can be served, its alarms are all there are."""

import re
import tomllib
from pathlib import Path

from agent.config import Configuration
from agent.daemon.guarding.settings import guards_of
from agent.session.rails import Alarm

PAGE = (Path(__file__).parents[2] / "docs" / "guards.md").read_text(encoding="utf-8")


def _block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.S)
    assert found
    return found.group(1)


def test_the_settings_are_taken() -> None:
    """And mean what the page says."""
    guards = Configuration.model_validate(tomllib.loads(_block("toml"))).guards
    assert guards_of(guards, "shop").line_after == 3
    assert guards_of(guards, "shop").hand_off_after == 30
    assert guards_of(guards, "other").waiting_line == "I am still working on it."


def test_the_bot_can_be_served() -> None:
    """It stands alone."""
    names: dict[str, object] = {"__name__": "page"}
    exec(compile(_block("python"), "page", "exec"), names)
    names["bot"].freeze()  # type: ignore[attr-defined]


def test_every_alarm_is_explained() -> None:
    """In the table."""
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.M) == [alarm.value for alarm in Alarm]
