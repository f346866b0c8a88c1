"""Settings read anew: what can be changed is, what cannot is named, and a mistake changes nothing."""

import re
from pathlib import Path
from typing import Any

from agent.config import Configuration
from agent.daemon.reload import RELOADABLE, Reloader, is_reloadable
from agent.errors import InvalidSetting
from agent.telemetry import Happening

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"


class Desk:
    """An operator's file, and a daemon that follows it."""

    def __init__(self, **settings: Any) -> None:
        self.file: dict[str, Any] = settings
        self.told: list[Happening] = []
        self.adopted: list[Configuration] = []
        self._reloader = Reloader(self._read(), read=self._read, adopt=self.adopted.append, report=self.told.append)

    def _read(self) -> Configuration:
        return Configuration(**self.file)

    def reload(self, **settings: Any) -> list[tuple[str, str]]:
        """What was told, with the settings that it named."""
        self.file = settings
        self.told.clear()
        self._reloader.reload()
        return [(happening.name, str(happening.fields.get("settings", ""))) for happening in self.told]


def test_what_can_be_changed_is() -> None:
    """And is named, without its value."""
    desk = Desk()
    told = desk.reload(
        worker={"max_chats": 7}, session={"turn_timeout": 9}, pacing={"send_message": {"rate": 1, "burst": 2}}
    )
    changed = "pacing.send_message.burst, pacing.send_message.rate, session.turn_timeout, worker.max_chats"
    assert told == [("settings.reloading", ""), ("settings.reloaded", changed)]
    [adopted] = desk.adopted
    assert (adopted.worker.max_chats, adopted.session.turn_timeout, adopted.pacing.send_message.rate) == (7, 9, 1)


def test_what_cannot_be_changed_is_named_and_stays() -> None:
    """The rest of the file is used all the same."""
    desk = Desk()
    told = desk.reload(worker={"lease": 60, "max_chats": 7}, pacing={"enabled": False}, bot={"target": "other"})
    assert ("settings.need_restart", "bot.target, pacing.enabled, worker.lease") in told
    assert told[-1] == ("settings.reloaded", "worker.max_chats")
    [adopted] = desk.adopted
    assert (adopted.worker.lease, adopted.pacing.enabled, adopted.bot.target) == (15.0, True, None)
    assert adopted.worker.max_chats == 7


def test_it_goes_on_being_named_until_the_restart() -> None:
    """The second reload compares with what is in effect, not with what was read."""
    desk = Desk()
    desk.reload(worker={"lease": 60, "max_chats": 7})
    assert desk.reload(worker={"lease": 60, "max_chats": 7}) == [
        ("settings.reloading", ""),
        ("settings.need_restart", "worker.lease"),
        ("settings.reloaded", ""),
    ]


def test_a_mistake_changes_nothing() -> None:
    """It is reported with its sentence, and the old settings stay."""
    desk = Desk()

    def broken() -> Configuration:
        raise InvalidSetting("config", "the file is no TOML.")

    reloader = Reloader(Configuration(), read=broken, adopt=desk.adopted.append, report=desk.told.append)
    reloader.reload()
    assert [happening.name for happening in desk.told] == ["settings.reloading", "settings.rejected"]
    assert isinstance(desk.told[-1].error, InvalidSetting)
    assert desk.adopted == []


def test_every_reloadable_setting_is_documented_and_exists() -> None:
    """The page's table is the code's."""
    rows = re.findall(r"^\| `([a-z_.*]+)` \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(rows) == RELOADABLE
    names = {f"{section}.{name}" for section, field in Configuration.model_fields.items() for name in _fields(field)}
    assert {name for name in RELOADABLE if not name.endswith("*")} <= names
    assert not is_reloadable("store.path")


def _fields(field: Any) -> list[str]:
    return list(field.annotation.model_fields)
