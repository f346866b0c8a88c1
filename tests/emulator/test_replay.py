"""A transcript saved in S3 form, and the same customer again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from agent.emulator import INSTANCE_ID, Emulator
from agent.emulator.archive import s3_form
from agent.emulator.errors import InvalidInput
from agent.emulator.replay import customer_lines, replay

if TYPE_CHECKING:
    from tests.emulator.conftest import Stage


def saved(stage: Stage) -> dict[str, Any]:
    """A chat in which the customer said two things, five seconds apart."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    customer.says("first")
    bot.says("what else?")
    stage.passes(5)
    customer.says("second")
    file = s3_form(stage.region.chat(customer.contact_id), customer.contact_id)
    return dict(json.loads(json.dumps(file)))


def test_the_customer_says_it_again_with_the_same_pauses(stage: Stage) -> None:
    """Only the customer's messages; the flow and whoever answers are new."""
    file = saved(stage)
    contact_id = replay(stage.operations, file, instance_id=INSTANCE_ID, flow_id="no-bot")
    said = stage.region.chat(contact_id).transcript
    stage.passes(4.9)
    assert [i["Content"] for i in said.items if i.get("ParticipantRole") == "CUSTOMER" and "Content" in i] == ["first"]
    stage.passes(0.2)
    assert said.items[-1]["Content"] == "second"
    assert said.items[-1]["DisplayName"] == "Ana"


def test_a_faster_replay(stage: Stage) -> None:
    """Ten times as fast."""
    contact_id = replay(stage.operations, saved(stage), instance_id=INSTANCE_ID, pace=10)
    stage.passes(0.6)
    assert stage.region.chat(contact_id).transcript.items[-1]["Content"] == "second"


def test_an_ended_replay_stays_silent(stage: Stage) -> None:
    """Nothing is said after the end."""
    contact_id = replay(stage.operations, saved(stage), instance_id=INSTANCE_ID)
    stage.desk.stop(contact_id)
    stage.passes(10)
    assert stage.region.chat(contact_id).transcript.items[-1]["ContentType"].endswith("chat.ended")


@pytest.mark.parametrize(
    "file",
    [
        {},
        {"Transcript": 7},
        {"Transcript": [7]},
        {"Transcript": [{"Type": "MESSAGE", "ParticipantRole": "CUSTOMER"}]},
        {"Transcript": [{"AbsoluteTime": "yesterday"}]},
    ],
)
def test_what_is_no_transcript(file: dict[str, Any]) -> None:
    """One sentence."""
    with pytest.raises(InvalidInput):
        customer_lines(file)


async def test_replay_over_http(connect: Emulator) -> None:
    """POST the file back."""
    old = connect.start_chat(connected=True)["ContactId"]
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{connect.url}/_emulator/transcripts/{old}") as answer:
            file = await answer.json()
        async with http.post(f"{connect.url}/_emulator/replay", json={"transcript": file, "pace": 100}) as answer:
            new = (await answer.json())["contactId"]
        async with http.post(f"{connect.url}/_emulator/replay", json={"transcript": {}}) as answer:
            assert answer.status == 400
    assert connect.contact(new)["state"] == "active"
