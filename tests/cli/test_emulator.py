"""``emulator``: a local Amazon Connect for any SDK, and ``join`` on a contact of it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import anyio.to_thread
import pytest

from agent.emulator import INSTANCE_ID, emulate

Started: TypeAlias = Callable[..., Any]

pytestmark = pytest.mark.processes
UNKNOWN = "00000000-0000-4000-8000-000000000000"


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


async def _ended(command: Any) -> int:
    code: int = await anyio.to_thread.run_sync(command.ended)
    return code


async def test_one_contact_is_joined_by_hand(started: Started) -> None:
    """``join`` serves it until it is stopped, then leaves; it may be joined once more."""
    async with emulate() as connect:
        chat = connect.start_chat(connected=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            join = started("join", chat["ContactId"], "echo", "--instance", INSTANCE_ID, "--endpoint-url", connect.url)
            await anyio.to_thread.run_sync(join.logged, "turn.committed")
            join.signal(number)
            assert await _ended(join) == 0
            assert '"ending": "over"' in join.errors


async def test_a_contact_that_does_not_exist_or_has_ended_cannot_be_joined(started: Started) -> None:
    """One sentence, exit code 69."""
    async with emulate() as connect:
        ended = connect.start_chat(connected=True)["ContactId"]
        connect.stop(ended)
        for contact, sentence in ((UNKNOWN, "the instance does not know it"), (ended, "it has ended")):
            join = started("join", contact, "echo", "--instance", INSTANCE_ID, "--endpoint-url", connect.url)
            assert await _ended(join) == 69
            assert f"Contact {contact}: {sentence}" in join.errors
            assert "Traceback" not in join.errors
