"""``emulator``: a local Amazon Connect for any SDK, and ``join`` on a contact of it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from agent.emulator import INSTANCE_ID

Started: TypeAlias = Callable[..., Any]
Finished: TypeAlias = Callable[..., tuple[int, list[str], str]]

pytestmark = pytest.mark.processes


def _aws(url: str, *arguments: str) -> dict[str, Any]:
    """The real AWS CLI."""
    variables = {
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    aws = str(Path(sys.executable).with_name("aws"))
    done = subprocess.run(
        [aws, *arguments, "--endpoint-url", url, "--output", "json"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _chat(url: str) -> dict[str, Any]:
    details = ("--contact-flow-id", "default", "--participant-details", "DisplayName=Ada")
    chat = _aws(url, "connect", "start-chat-contact", "--instance-id", INSTANCE_ID, *details)
    _aws(
        url, "connectparticipant", "create-participant-connection", "--participant-token", chat["ParticipantToken"],
        "--type", "WEBSOCKET", "CONNECTION_CREDENTIALS", "--connect-participant",
    )  # fmt: skip
    return chat


def test_the_aws_cli_gets_a_bot_s_credentials_from_it(started: Started) -> None:
    """``aws connect create-participant`` works unmodified."""
    command = started("emulator", "--port", "0")
    url = command.line().rstrip("/")
    chat = _chat(url)
    created = _aws(
        url, "connect", "create-participant", "--instance-id", INSTANCE_ID, "--contact-id", chat["ContactId"],
        "--participant-details", "ParticipantRole=CUSTOM_BOT,DisplayName=Robot",
    )  # fmt: skip
    assert created["ParticipantCredentials"]["ParticipantToken"]
    assert created["ParticipantId"]
    command.signal(signal.SIGINT)
    assert command.ended() == 0


def test_one_contact_is_joined_by_hand(started: Started) -> None:
    """``join`` serves it until it is stopped, then leaves; it may be joined once more."""
    emulator = started("emulator", "--port", "0")
    url = emulator.line().rstrip("/")
    chat = _chat(url)
    arguments = ("join", chat["ContactId"], "echo", "--instance", INSTANCE_ID, "--endpoint-url", url)
    join = started(*arguments)
    join.logged("turn.committed")
    join.signal(signal.SIGINT)
    assert join.ended() == 0
    assert '"ending": "over"' in join.errors
    again = started(*arguments)
    again.logged("turn.committed")
    again.signal(signal.SIGTERM)
    assert again.ended() == 0
    assert '"ending": "over"' in again.errors


def test_a_contact_that_does_not_exist_cannot_be_joined(started: Started, finished: Finished) -> None:
    """One sentence, exit code 69."""
    emulator = started("emulator", "--port", "0")
    url = emulator.line().rstrip("/")
    unknown = "00000000-0000-4000-8000-000000000000"
    code, _, errors = finished("join", unknown, "echo", "--instance", INSTANCE_ID, "--endpoint-url", url)
    assert code == 69
    assert unknown in errors
    assert "the instance does not know it" in errors
    assert "Traceback" not in errors
