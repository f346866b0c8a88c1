"""What people get wrong, and the sentence they get for it: what, why and what to do, never a traceback of ours."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from agent.emulator import INSTANCE_ID

Quickly: TypeAlias = Callable[..., tuple[int, str, str]]


def test_without_a_source_it_says_what_there_is(quickly: Quickly) -> None:
    """A configuration error names the sources."""
    code, _, errors = quickly("run", "echo")
    assert code == 78
    assert "--source local" in errors
    assert "Traceback" not in errors


def test_a_source_without_address_and_a_run_without_bot_are_told(quickly: Quickly) -> None:
    """Each with what to give."""
    code, _, errors = quickly("run", "echo", "--source", "local")
    assert (code, "--endpoint-url" in errors) == (78, True)
    code, _, errors = quickly("run", "--source", "local")
    assert (code, "TARGET" in errors) == (78, True)


def test_a_malformed_instance_shows_a_right_one(quickly: Quickly) -> None:
    """As an id and as an ARN."""
    code, _, errors = quickly("run", "echo", "--instance", "my-instance")
    assert code == 78
    assert "12345678-1234-1234-1234-123456789012" in errors
    assert "arn:aws:connect:" in errors


@pytest.mark.parametrize("name", ["", "x" * 257])
def test_a_display_name_out_of_bounds_is_told(quickly: Quickly, name: str) -> None:
    """0 and 257 characters."""
    code, _, errors = quickly("run", "echo", "--display-name", name)
    assert code == 78
    assert "connect.display_name" in errors


def test_to_join_one_needs_a_contact_an_instance_and_a_bot(quickly: Quickly) -> None:
    """Each is asked for by name."""
    for arguments, wanted in (
        (("join", "c", "echo"), "--instance"),
        (("join", " ", "echo", "--instance", INSTANCE_ID), "CONTACT_ID"),
        (("join", "c", "--instance", INSTANCE_ID), "TARGET"),
    ):
        code, _, errors = quickly(*arguments)
        assert code == 78
        assert wanted in errors


def test_an_unknown_target_says_what_exists_and_what_is_near(quickly: Quickly) -> None:
    """For an installed name and for a module."""
    code, _, errors = quickly("dev", "ecko", "--no-browser")
    assert code == 2
    assert "'echo'" in errors
    assert "Traceback" not in errors
    code, _, errors = quickly("dev", "nowhere:bot", "--no-browser")
    assert (code, "nowhere" in errors) == (2, True)


def test_a_module_that_fails_to_import_shows_the_author_s_own_lines(quickly: Quickly, tmp_path: Path) -> None:
    """Its traceback without ours."""
    (tmp_path / "broken.py").write_text("def load():\n    return {}['missing']\n\n\nload()\n", encoding="utf-8")
    code, _, errors = quickly("chat", "broken:bot")
    assert code == 2
    assert "broken.py" in errors
    assert "KeyError: 'missing'" in errors
    assert "/agent/" not in errors


@pytest.mark.parametrize("command", ["run echo --source local --endpoint-url http://127.0.0.1:9", "config show"])
@pytest.mark.parametrize(
    "text", ['connect = "arn:aws:connect:x"', 'source = "sqs"', "health = 1", "[[worker]]\nlease = 3"]
)
def test_a_value_in_a_section_s_place_ends_it_before_it_serves(
    command: str, text: str, quickly: Quickly, tmp_path: Path
) -> None:
    """Whatever flags lie above it; SIGHUP reads the settings in the same way."""
    (tmp_path / "chat-agent.toml").write_text(text, encoding="utf-8")
    code, _, errors = quickly(*command.split())
    assert (code, "is a section; write [" in errors, "(from chat-agent.toml)" in errors) == (78, True, True)


def test_a_table_without_its_kind_is_no_store_of_each_worker(quickly: Quickly, tmp_path: Path) -> None:
    """It says which kind to add; a command about tables needs none."""
    (tmp_path / "chat-agent.toml").write_text('[store]\ntable = "chats"', encoding="utf-8")
    code, _, errors = quickly("run", "echo", "--source", "local", "--endpoint-url", "http://127.0.0.1:9")
    assert (code, 'kind = "dynamodb"' in errors) == (78, True)
    code, _, errors = quickly("table", "create", "--dry-run", "--region", "x", "--endpoint-url", "http://127.0.0.1:9")
    assert "counts only" not in errors
