"""The least policy: from the settings, with every gap marked, and compared with what a run really calls."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from agent.aws.permissions import PERMISSIONS, Need, policy
from agent.aws.settings import AwsSettings
from agent.aws.sqs import sqs_queue
from agent.config import Configuration
from agent.daemon.permitted import gaps_of, needs_of
from agent.emulator.operations import CONNECT
from agent.session.conversation import Turn
from tests.aws.moto import Moto
from tests.aws.queues import queue_of
from tests.scenarios.stage import ScriptedBot, stage

INSTANCE = "11111111-2222-4333-8444-555555555555"


def operations(need: Need) -> set[str]:
    """Those that the table has for this."""
    return {one.operation for one in PERMISSIONS if one.need is need}


async def _hands_off(turn: Turn, text: str) -> None:
    await turn.set_attributes({"route": text})
    await turn.leave()


async def test_the_control_plane_calls_of_whole_chats_are_those_of_the_table() -> None:
    """Nothing missing, nothing more: a chat handed off with attributes, and one that an agent has already."""
    async with stage() as scene:
        first, second = scene.customer(), scene.customer()
        await scene.joins(first, ScriptedBot(reply=_hands_off))
        first.says("orders")
        await scene.ended()
        scene.connect.agent_joins(second.contact_id, "Eve")
        await scene.joins(second, ScriptedBot())
        await scene.until(lambda: len(scene.endings) == 2)
        called = {one.name for one in scene.connect.timeline.entries() if one.kind == "call"}
    assert called & set(CONNECT) == operations(Need.SERVE)


async def test_the_calls_to_a_queue_are_those_of_the_table(moto: Moto) -> None:
    """Whatever the port can do."""
    called: set[str] = set()
    with queue_of(moto) as offers:
        offers.put("{}")
        async with sqs_queue(AwsSettings(region=moto.region), offers.url) as queue:
            queue._client.meta.events.register("before-call.sqs", lambda model, **_: called.add(model.name))
            await queue.look()
            (message,) = await queue.receive(limit=1, wait=0, hide=30)
            await queue.hide([message.receipt], seconds=5)
            await queue.delete([message.receipt])
    assert called == operations(Need.QUEUE)


def statements(made: Mapping[str, Any]) -> dict[str, Any]:
    """Resource by Sid."""
    return {one["Sid"]: one["Resource"] for one in made["Statement"]}


def test_a_gap_that_nothing_fills_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody applies it unseen."""
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    made = policy({Need.SERVE, Need.QUEUE, Need.DOCTOR}, gaps_of(Configuration()))
    assert statements(made)["Contact"] == (
        "arn:aws:connect:REPLACE-REGION:REPLACE-ACCOUNT:instance/REPLACE-INSTANCE/contact/*"
    )
    assert "{" not in json.dumps(made).replace('{"', "")


def test_the_settings_fill_the_gaps() -> None:
    """Instance, Region, and what the queue's own address tells."""
    queue = "https://sqs.eu-central-1.amazonaws.com/123456789012/offers"
    settings = Configuration(
        connect={"instance": INSTANCE, "region": "eu-central-1"}, source={"kind": "sqs", "queue_url": queue}
    )
    made = policy(needs_of(settings), gaps_of(settings))
    assert statements(made) == {
        "Contact": f"arn:aws:connect:eu-central-1:123456789012:instance/{INSTANCE}/contact/*",
        "Queue": "arn:aws:sqs:eu-central-1:123456789012:offers",
    }


def test_only_what_is_needed_is_allowed() -> None:
    """Without a queue nothing of SQS; never a wildcard as an action."""
    made = policy(needs_of(Configuration()), {})
    actions = [action for one in made["Statement"] for action in one["Action"]]
    assert actions == ["connect:CreateParticipant", "connect:DescribeContact", "connect:UpdateContactAttributes"]


def test_the_account_and_the_partition_may_be_named() -> None:
    """For another partition, or before there is a queue."""
    gaps = gaps_of(Configuration(connect={"region": "cn-north-1"}), account="999999999999", partition="aws-cn")
    made = policy({Need.SERVE}, gaps)
    assert statements(made)["Contact"].startswith("arn:aws-cn:connect:cn-north-1:999999999999:")
