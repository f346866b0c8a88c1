"""The pages on doctor, permissions and deployment: what they show is typed as written, and prints what is shown."""

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import anyio.to_thread
import pytest
from typer.testing import CliRunner

from agent.cli.app import app
from agent.daemon.doctor.checks import CHECKS
from agent.daemon.doctor.silence import SILENCE
from agent.daemon.doctor.wiring import diagnose
from agent.emulator import emulate

DOCS = Path(__file__).parents[2] / "docs"
ADDRESS = "http://127.0.0.1:4510"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newcomer's directory, on a machine without AWS."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("AWS_", "CHAT_AGENT_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("CHAT_AGENT_STORE__PATH", "contacts.sqlite3")


def shown(page: str) -> Iterator[tuple[str, str]]:
    """Each command of a page, and what it prints there."""
    for block in re.findall(r"^ *```console\n(.*?)^ *```", (DOCS / page).read_text(encoding="utf-8"), re.M | re.S):
        command, _, output = block.strip().removeprefix("$ ").partition("\n")
        yield command, output


def typed(command: str) -> tuple[int, str]:
    """What the command prints; variables before it are set for it."""
    words = shlex.split(command)
    start = words.index("chat-agent")
    result = CliRunner(env=dict(word.split("=", 1) for word in words[:start])).invoke(app, words[start + 1 :])
    return result.exit_code, result.output


async def test_the_doctor_prints_what_its_page_shows() -> None:
    """At a local Amazon Connect, as a newcomer would begin."""
    ((command, output),) = shown("doctor.md")
    async with emulate() as connect:
        code, printed = await anyio.to_thread.run_sync(typed, command.replace(ADDRESS, connect.url))
    assert code == 0
    assert [line.rstrip() for line in printed.splitlines()] == output.splitlines()


def test_every_check_is_on_the_page() -> None:
    """By its name."""
    page = (DOCS / "doctor.md").read_text(encoding="utf-8")
    for check in [*CHECKS, *SILENCE]:
        assert f"| `{check.name}` |" in page


@pytest.mark.parametrize(("command", "output"), list(shown("iam.md")))
def test_the_policy_is_printed_as_shown(command: str, output: str) -> None:
    """To the letter."""
    assert typed(command) == (0, f"{output}\n")


def test_the_flow_of_the_page_is_good() -> None:
    """Nothing is left to fill in."""
    ((command, _),) = shown("deploy.md")
    code, printed = typed(command)
    assert code == 0
    assert [one.severity.value for one in diagnose("mine", printed)] == ["ok"]
    assert json.loads(printed)["StartAction"]


@pytest.mark.parametrize(
    "file", re.findall(r"^\| `([a-z_./-]+)`", (DOCS / "deploy.md").read_text(encoding="utf-8"), re.M)
)
def test_every_file_of_the_page_is_there(file: str) -> None:
    """By its name."""
    assert (DOCS.parent / "deploy" / file).exists()
