"""``dev``: one address, a page behind it, a bot on every chat, and an orderly end."""

import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from agent.emulator import INSTANCE_ID

Finished: TypeAlias = Callable[..., tuple[int, list[str], str]]
Started: TypeAlias = Callable[..., Any]

pytestmark = pytest.mark.processes


def _client(service: str, url: str, **more: Any) -> Any:
    import boto3

    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", **keys, **more)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_one_address_and_stops_in_order(started: Started, number: signal.Signals) -> None:
    """The address is all of standard output; what opens there is a page; the exit code is 0."""
    command = started("dev", "--port", "0", "--no-browser")
    address = command.line()
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address, timeout=30) as page:
        assert b"<html" in page.read().lower()
    command.signal(number)
    assert command.ended() == 0
    assert command.rest() == []


def test_the_bot_is_on_every_chat_and_leaves_when_it_is_stopped(started: Started) -> None:
    """An unmodified boto3 starts a chat; the bot joins; Ctrl-C makes it leave before the end."""
    command = started("dev", "echo", "--port", "0", "--no-browser")
    url = command.line().rstrip("/")
    chat = _client("connect", url).start_chat_contact(
        InstanceId=INSTANCE_ID, ContactFlowId="default", ParticipantDetails={"DisplayName": "Ada"}
    )
    _client("connectparticipant", url).create_participant_connection(
        ParticipantToken=chat["ParticipantToken"], Type=["CONNECTION_CREDENTIALS"], ConnectParticipant=True
    )
    command.logged("contact.joined")
    command.signal(signal.SIGINT)
    assert command.ended() == 0
    assert chat["ContactId"] in command.errors
    assert '"ending": "over"' in command.errors


def test_a_port_in_use_is_one_clear_sentence(started: Started, finished: Finished) -> None:
    """With what to do, without a traceback, and with an exit code of its own."""
    first = started("dev", "--port", "0", "--no-browser")
    port = first.line().rstrip("/").rpartition(":")[2]
    for command in ("dev", "emulator"):
        code, output, errors = finished(command, "--port", port)
        assert (code, output) == (78, [])
        assert f"Port {port}" in errors
        assert "--port" in errors
        assert "Traceback" not in errors
    first.signal(signal.SIGTERM)
    assert first.ended() == 0


def test_a_lifespan_that_fails_is_the_bot_s_fault(finished: Finished, tmp_path: Path) -> None:
    """Named, with its place in the log."""
    source = (
        "from contextlib import asynccontextmanager\nfrom agent import Bot\n\n@asynccontextmanager\nasync def deps():\n"
        "    raise OSError('no database')\n    yield\n\nbot = Bot('mine', lifespan=deps)\n"
    )
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    code, _, errors = finished("dev", "mine:bot", "--port", "0", "--no-browser")
    assert code == 2
    assert "The lifespan of bot 'mine' failed with OSError" in errors
    assert "mine.py" in errors
