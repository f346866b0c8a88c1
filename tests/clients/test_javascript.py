"""AWS SDK for JavaScript v3 in node: it works, and its errors have their names, classes and faults."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.emulator import INSTANCE_ID
from tests.clients.amazon import Amazon
from tests.clients.boto import STATUS
from tests.clients.node import INSTALLING, run_script

pytestmark = [pytest.mark.chatjs, pytest.mark.timeout(INSTALLING)]
EXPECTED = {
    "unknownContact": "ResourceNotFoundException",
    "secondBot": "ConflictException",
    "noName": "InvalidRequestException",
    "badInstance": "InvalidRequestException",
    "noContact": "InvalidRequestException",
    "stopTwice": "ContactNotFoundException",
    "noContent": "ValidationException",
    "emptyContent": "ValidationException",
    "longContent": "ValidationException",
    "badType": "ValidationException",
    "surrogate": "ValidationException",
    "noToken": "AccessDeniedException",
    "wrongToken": "AccessDeniedException",
    "wrongKind": "AccessDeniedException",
    "endedChat": "AccessDeniedException",
    "badScan": "ValidationException",
    "botDownload": "AccessDeniedException",
    "noView": "ResourceNotFoundException",
}


@pytest.fixture(scope="module")
def seen(amazon: Amazon, javascript: Path) -> dict[str, Any]:
    """What the script saw."""
    source = Path(__file__).with_name("sdk.mjs").read_text()
    done = run_script(javascript, source, amazon.url, INSTANCE_ID)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_sdk_works(seen: dict[str, Any]) -> None:
    """A chat from start to stop: messages, paging, events, files, records; a hundred sends at once."""
    works = seen["works"]
    assert works["url"].startswith("ws://127.0.0.1:")
    assert works["sent"]["id"]
    assert works["sent"]["time"].endswith("Z")
    assert works["sent"]["request"]
    assert works["idempotent"]
    assert works["parallel"] == 100
    assert works["pages"] == {"count": 105, "ordered": True}
    assert works["typed"] == "string"
    assert (works["channel"], works["initiated"], works["attributes"]) == ("CHAT", True, {"tier": "gold"})
    assert works["file"] == {"put": 200, "got": "a,b\n1,2\n", "size": 8}


@pytest.mark.parametrize("case", EXPECTED)
def test_errors_have_their_names_and_classes(seen: dict[str, Any], case: str) -> None:
    """The SDK throws the modelled class with the right status and fault, after one attempt."""
    name = EXPECTED[case]
    assert seen["fails"][case] == {
        "name": name,
        "status": STATUS[name],
        "fault": "client",
        "attempts": 1,
        "told": True,
        "request": True,
        "modelled": True,
    }


def test_every_case_is_judged(seen: dict[str, Any]) -> None:
    """No refusal of the script goes unlooked at."""
    assert seen["fails"].keys() == EXPECTED.keys()
