"""The command line itself: quick, complete help, and exit codes that mean something."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli import ending
from agent.cli.app import app
from agent.cli.ending import tell
from agent.cli.exits import MEANINGS, Exit, exit_of, unwrapped
from agent.errors import (
    AccessDenied,
    AlreadyOwned,
    ChatAgentError,
    ConfigurationError,
    ContactEnded,
    PortInUse,
    RegistrationError,
    SocketRefused,
    StoreUnreachable,
    StoreUnusable,
    TargetBroken,
    TargetNotFound,
    Throttled,
)

COMMANDS = ["dev", "chat", "run", "join", "emulator", "bots", "config"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_help_imports_nothing_heavy() -> None:
    """``--help`` answers at once: no AWS client, no HTTP server, no bot is loaded for it."""
    code = (
        "import sys; sys.argv = ['chat-agent', '--help']\n"
        "from agent.cli.ending import outcome\n"
        "assert outcome() == 0\n"
        "heavy = {'aiobotocore', 'botocore', 'aiohttp', 'websockets', 'pydantic', 'structlog', 'agent.session'}\n"
        "found = heavy & set(sys.modules)\n"
        "assert not found, found\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout


@pytest.mark.parametrize("command", [*COMMANDS[:-1], "config show"])
def test_every_command_has_help_with_the_exit_codes(command: str) -> None:
    """Each code with its meaning."""
    code, output = _invoke(*command.split(), "--help")
    assert code == 0
    words = " ".join(output.split())
    for number, meaning in MEANINGS.items():
        assert f"{number.value} {meaning}" in words


def test_the_version_is_shown() -> None:
    """The distribution's."""
    code, output = _invoke("--version")
    assert code == 0
    assert output.startswith("chat-agent ")


def test_wrong_usage_has_exit_code_2() -> None:
    """Unknown commands, unknown options, ports out of range."""
    for arguments in (["dance"], ["dev", "--dance"], ["dev", "--port", "70000"], ["join"]):
        assert _invoke(*arguments)[0] == 2


def test_the_installed_bots_are_listed() -> None:
    """For people and for programs."""
    code, output = _invoke("bots")
    assert code == 0
    assert "echo" in output
    code, output = _invoke("bots", "--json")
    [echo] = [bot for bot in json.loads(output) if bot["name"] == "echo"]
    assert echo["target"] == "bots.echo:bot"
    assert echo["error"] is None


def test_the_settings_are_shown_with_their_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Value by value."""
    monkeypatch.setenv("CHAT_AGENT_WORKER__MAX_CHATS", "7")
    Path("chat-agent.toml").write_text("[connect]\nregion = 'eu-west-2'", encoding="utf-8")
    code, output = _invoke("config", "show", "--json")
    assert code == 0
    rows = {row["name"]: (row["value"], row["from"]) for row in json.loads(output)}
    assert rows["worker.max_chats"] == (7, "environment")
    assert rows["connect.region"] == ("eu-west-2", "chat-agent.toml")
    assert rows["worker.lease"] == (15.0, "default")
    code, output = _invoke("config", "show")
    assert "eu-west-2" in output
    assert "connect.participant_endpoint_url " in output  # whole, however narrow the place
    assert "…" not in output


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TargetNotFound("x"), Exit.USAGE),
        (TargetBroken("x", ""), Exit.USAGE),
        (RegistrationError("x"), Exit.USAGE),
        (PortInUse("x"), Exit.CONFIGURATION),
        (ConfigurationError("x"), Exit.CONFIGURATION),
        (StoreUnusable("x"), Exit.CONFIGURATION),
        (Throttled("SendMessage"), Exit.TEMPORARY),
        (AccessDenied("SendMessage"), Exit.UNAVAILABLE),
        (StoreUnreachable("x"), Exit.TEMPORARY),
        (SocketRefused("x"), Exit.TEMPORARY),
        (ContactEnded("x"), Exit.UNAVAILABLE),
        (AlreadyOwned("x"), Exit.UNAVAILABLE),
        (RuntimeError("x"), Exit.BUG),
        (ChatAgentError("x"), Exit.BUG),
    ],
)
def test_every_kind_of_error_has_its_exit_code(error: Exception, code: Exit) -> None:
    """So that whoever started the command can act on it."""
    assert exit_of(error) is code


def test_of_a_group_of_errors_our_own_is_told() -> None:
    """Task groups wrap what happens in them."""
    ours = ConfigurationError("x")
    group = ExceptionGroup("outer", [ValueError(), ExceptionGroup("inner", [KeyError(), ours])])
    assert unwrapped(group) is ours
    assert isinstance(unwrapped(ExceptionGroup("outer", [ValueError(), KeyError()])), ValueError)


def test_an_error_is_told_in_its_own_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing on standard output, no traceback; a broken bot's own lines beneath."""
    assert tell(TargetBroken("It broke.", "mine.py line 3\n")) is Exit.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "It broke.\nmine.py line 3\n"


def test_a_bug_is_told_by_type_and_place_not_by_text(capsys: pytest.CaptureFixture[str]) -> None:
    """The text may quote a customer."""
    error = RuntimeError("my card is 4111")
    error.__cause__ = ValueError("my card is 4111")
    with pytest.raises(RuntimeError) as raised:
        raise error
    assert tell(raised.value) is Exit.BUG
    shown = capsys.readouterr().err
    assert "4111" not in shown
    assert "RuntimeError" in shown
    assert "because of ValueError" in shown
    assert "test_app.py" in shown


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (SystemExit(3), 3),
        (SystemExit("what"), Exit.BUG),
        (KeyboardInterrupt(), Exit.FORCED),
        (ConfigurationError("x"), Exit.CONFIGURATION),
        (None, Exit.OK),
    ],
)
def test_whatever_the_command_raises_becomes_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException | None, code: int
) -> None:
    """Nothing goes past."""

    def command(**_: str) -> None:
        if raised:
            raise raised

    monkeypatch.setattr("agent.cli.app.app", command)
    with pytest.raises(SystemExit) as end:
        ending.run()
    assert end.value.code == code
