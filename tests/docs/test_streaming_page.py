"""The page about message streaming: its settings are settings, its commands are commands, its facts are the code's."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import typer.main

from agent.aws.streams import CREATED, RETENTION, SEEN, WORKER
from agent.cli.app import app
from agent.config import Configuration
from agent.config.sections import PacingSection
from agent.emulator import read_sink

PAGE = (Path(__file__).parents[2] / "docs" / "streaming.md").read_text(encoding="utf-8")


def _block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.S)
    assert found is not None
    return found.group(1)


def test_its_settings_are_the_defaults_that_it_says() -> None:
    """All but the exception for one instance."""
    shown = tomllib.loads(_block("toml"))
    assert shown["connect"].pop("streaming_instances") == ["11111111-2222-4333-8444-555555555555"]
    read, default = Configuration(**shown), Configuration()
    assert read == default


def test_its_commands_have_the_flags_that_it_shows() -> None:
    """And the sink is one."""
    group: Any = typer.main.get_command(app)
    for line in _block("console").splitlines():
        if "chat-agent " not in line:
            continue
        words = shlex.split(line.partition("chat-agent ")[2].rstrip("& "))
        flags = {
            flag
            for parameter in group.commands[words[0]].params
            for flag in (*parameter.opts, *parameter.secondary_opts)
        }
        assert {word for word in words if word.startswith("--")} <= flags
    assert read_sink(re.findall(r"--sink (\S+)", PAGE)[0]).kind == "stream"


def test_its_numbers_and_names_are_the_codes() -> None:
    """Tags, retention, quotas."""
    assert all(f"`{tag}`" in PAGE for tag in (WORKER, CREATED, SEEN))
    assert RETENTION == 15 * 60
    quota = PacingSection().start_contact_streaming
    assert (quota.rate, quota.burst) == (5, 8)
