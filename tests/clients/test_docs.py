"""`docs/sdks.md` is what its readers copy from: every example on it is run as it stands, but for the address."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.amazon import Amazon
from tests.clients.examples import example
from tests.clients.node import INSTALLING, run_script

GREETING = "Welcome to Amazon Connect on localhost."
JOINED = "application/vnd.amazonaws.connect.event.participant.joined"


def _printed(command: list[str], source: str) -> list[str]:
    own = Path(sys.executable).parent
    environment = {"PATH": f"{own}:{os.environ['PATH']}", "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    done = subprocess.run(
        command, input=source, capture_output=True, text=True, env=environment, timeout=50, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_boto3(amazon: Amazon) -> None:
    """It prints the transcript, and the refusal of a content type."""
    printed = _printed([sys.executable, "-"], example("boto3", "python", amazon.url))
    assert printed[:3] == [f"CUSTOMER {JOINED}", f"SYSTEM {GREETING}", "CUSTOMER hello"]
    assert printed[3].startswith("An error occurred (ValidationException) when calling the SendMessage operation:")


def test_aiobotocore(amazon: Amazon) -> None:
    """It prints the acknowledged subscription, and what the customer said."""
    printed = _printed([sys.executable, "-"], example("aiobotocore", "python", amazon.url))
    assert '"status":"success"' in printed[0]
    assert printed[1:] == ["Ana said hello"]


def test_the_aws_cli(amazon: Amazon) -> None:
    """It prints roles and contents."""
    if not Path(sys.executable).with_name("aws").exists():
        pytest.skip("the AWS CLI is not installed beside this Python")
    printed = _printed(["sh", "-eu"], example("AWS CLI", "sh", amazon.url))
    assert printed[0].split("\t") == ["CUSTOM_BOT", "hello"]


@pytest.mark.chatjs
@pytest.mark.timeout(INSTALLING)
def test_the_javascript_sdk(amazon: Amazon, javascript: Path) -> None:
    """It prints the transcript by pages, and the refusal of a wrong token."""
    done = run_script(javascript, example("AWS SDK for JavaScript v3", "js", amazon.url))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"CUSTOMER {JOINED}",
        f"SYSTEM {GREETING}",
        "CUSTOMER hello",
        "AccessDeniedException true",
    ]
