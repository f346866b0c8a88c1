"""What ``bots`` and ``plugins`` show: everything that is installed, the broken and the ambiguous included."""

import json
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.app import app
from tests.packages import entry_point

POINTS = {
    "agent.bots": [("echo", "bots.echo:bot", "shop-bots"), ("echo", "bots.menu:bot", "other-bots")],
    "agent.stores": [("gone", "no_such_module_z:store", "shop-store")],
    "agent.middleware": [("audit", "contextlib:nullcontext", "shop-audit")],
}


def _points(group: str) -> list[metadata.EntryPoint]:
    return [entry_point(group, package, name, target) for name, target, package in POINTS.get(group, [])]


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(metadata, "entry_points", lambda group: _points(group))


def _shown(*command: str) -> str:
    result = CliRunner(env={"COLUMNS": "400"}).invoke(app, list(command))
    assert result.exit_code == 0
    return result.output


def test_every_group_is_shown_with_its_trouble() -> None:
    """One that fails to import takes no other down."""
    rows = {row.split()[1]: row for row in _shown("plugins").splitlines()[1:]}
    assert "agent.middleware" in rows["audit"]
    assert rows["audit"].rstrip().endswith("ok")
    assert "there is no module 'no_such_module_z' here" in rows["gone"]
    assert "shop-store 1.2" in rows["gone"]


def test_a_clash_is_shown_with_the_way_out() -> None:
    """Both are listed, and how to write each."""
    shown = _shown("plugins")
    assert "shop-bots brings one of that name too: write other-bots:echo" in shown
    assert "other-bots brings one of that name too: write shop-bots:echo" in shown
    assert "write shop-bots:echo" in _shown("bots")


def test_programs_read_it() -> None:
    """All of it, the error too."""
    found = json.loads(_shown("plugins", "--json"))
    assert [(one["group"], one["name"], one["error"] is None) for one in found] == [
        ("agent.bots", "echo", True),
        ("agent.bots", "echo", True),
        ("agent.stores", "gone", False),
        ("agent.middleware", "audit", True),
    ]
    assert found[0]["rivals"] == ["shop-bots"]


def test_a_bot_is_shown_with_its_settings() -> None:
    """The file, the variable, the keys; where there are none, that."""
    shown = _shown("bots")
    assert "menu.toml or MENU_TOML: display_name, texts," in shown
    (echo, menu) = sorted(json.loads(_shown("bots", "--json")), key=lambda one: one["target"])
    assert echo["settings"] is None
    assert menu["settings"]["variable"] == "MENU_TOML"
