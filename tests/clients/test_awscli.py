"""The AWS CLI, as a person in a shell uses it: each call a process of its own, with credentials that mean nothing."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agent.emulator import INSTANCE_ID
from tests.clients.amazon import Amazon
from tests.clients.boto import Boto

AWS = Path(sys.executable).with_name("aws")
REFUSED = (254, 255)  # exit codes of the CLI's versions 2 and 1 for an error that the service answered
pytestmark = pytest.mark.skipif(not AWS.exists(), reason="the AWS CLI is not installed beside this Python")


class Shell:
    """A shell with the AWS CLI in it."""

    def __init__(self, url: str, home: Path) -> None:
        keys = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_DEFAULT_REGION": "us-east-1"}
        plain = {"AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(home), "PYTHONWARNINGS": "ignore"}
        self._environment = {"PATH": os.environ["PATH"], **keys, **plain}
        self._url = url

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`aws <words> --endpoint-url <the emulator>`."""
        command = [str(AWS), *words, "--endpoint-url", self._url, "--output", "json"]
        return subprocess.run(command, capture_output=True, text=True, env=self._environment, timeout=50, check=False)

    def answers(self, *words: str) -> dict[str, Any]:
        """The JSON that a good call prints; nothing printed is an empty answer."""
        done = self.run(*words)
        assert (done.returncode, done.stderr) == (0, "")
        answer: dict[str, Any] = json.loads(done.stdout or "{}")
        return answer

    def refusals(self, *calls: list[str]) -> list[str]:
        """What each of these calls is told, all at the same time."""
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda words: self.run(*words), calls))
        assert all(one.returncode in REFUSED for one in done)
        return [one.stderr.strip() for one in done]


@pytest.fixture(scope="module")
def shell(amazon: Amazon, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell for the shared emulator."""
    return Shell(amazon.url, tmp_path_factory.mktemp("home"))


def test_a_bot_is_put_on_a_chat_and_talks(shell: Shell) -> None:
    """Start a chat, create a participant, connect it, speak, read: five commands, each printing its answer."""
    place = ["--instance-id", INSTANCE_ID]
    details = '{"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Helper"}'
    chat = ["--contact-flow-id", "default", "--participant-details", "DisplayName=Ana"]
    contact_id = shell.answers("connect", "start-chat-contact", *place, *chat)["ContactId"]
    on = [*place, "--contact-id", contact_id]
    created = shell.answers("connect", "create-participant", *on, "--participant-details", details)
    token = created["ParticipantCredentials"]["ParticipantToken"]
    assert created["ParticipantCredentials"]["Expiry"].endswith("Z")
    kinds = ["--type", "WEBSOCKET", "CONNECTION_CREDENTIALS", "--connect-participant"]
    connected = shell.answers(
        "connectparticipant", "create-participant-connection", *kinds, "--participant-token", token
    )
    assert connected["Websocket"]["Url"].startswith("ws://127.0.0.1:")
    by = ["--connection-token", connected["ConnectionCredentials"]["ConnectionToken"]]
    said = ["--content-type", "text/plain", "--content", "Grüße"]
    sent = shell.answers("connectparticipant", "send-message", *said, *by)
    page = shell.answers("connectparticipant", "get-transcript", "--max-results", "1", *by)
    assert [(item["Id"], item["Content"]) for item in page["Transcript"]] == [(sent["Id"], "Grüße")]
    described = shell.answers("connect", "describe-contact", *on)["Contact"]
    assert described["Channel"] == "CHAT"
    assert shell.answers("connectparticipant", "disconnect-participant", *by) == {}


def test_refusals_are_told_in_a_line(shell: Shell, boto: Boto) -> None:
    """An error's type, operation and sentence are printed, and the exit code is the CLI's for service errors."""
    customer = boto.customer()
    boto.creates(customer.contact_id)
    nobody = "00000000-0000-4000-8000-000000000000"
    place, details = ["--instance-id", INSTANCE_ID, "--contact-id"], "ParticipantRole=CUSTOM_BOT,DisplayName=Helper"
    create = ["connect", "create-participant", "--participant-details", details, *place]
    message = ["connectparticipant", "send-message", "--content-type", "text/html", "--content", "hello"]
    told = shell.refusals(
        [*create, nobody],
        [*create, customer.contact_id],
        [*create, customer.contact_id, "--instance-id", "wrong"],
        [*message, "--connection-token", customer.token],
        [*message, "--connection-token", customer.participant_token],
    )
    begins = "An error occurred ({}) when calling the {} operation: "
    assert begins.format("ResourceNotFoundException", "CreateParticipant") in told[0]
    assert begins.format("ConflictException", "CreateParticipant") in told[1]
    assert begins.format("InvalidRequestException", "CreateParticipant") in told[2]
    assert begins.format("ValidationException", "SendMessage") in told[3]
    assert begins.format("AccessDeniedException", "SendMessage") in told[4]
