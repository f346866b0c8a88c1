"""The least policy: from the settings, with every gap marked, and compared with what a run really calls."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from agent.aws.dynamodb import DynamoDBStore
from agent.aws.dynamodb.opening import require_fit
from agent.aws.permissions import PERMISSIONS, Need, policy
from agent.aws.settings import AwsSettings
from agent.aws.sqs import sqs_queue
from agent.aws.streams import aws_mailboxes
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.permitted import gaps_of, kept_by_aws, needs_of
from agent.emulator.operations import CONNECT
from agent.ids import ContactId, ContactKey, InstanceId, WorkerId
from agent.ports import Operation
from agent.record import ContactRecord
from agent.session.conversation import Turn
from tests.aws.dynamodb.test_store import made_table
from tests.aws.moto import Moto
from tests.aws.queues import queue_of
from tests.scenarios.stage import ScriptedBot, stage

ME = WorkerId("worker-1")
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


async def test_the_calls_to_a_table_are_those_of_the_table(moto: Moto) -> None:
    """A contact's whole life: claimed, saved, a long one too, listed, released, looked up, forgotten."""
    clock, called = SystemClock(), set[str]()
    record = ContactRecord(key=ContactKey(InstanceId(INSTANCE), ContactId("c")), bot="b", display_name="d")
    async with await DynamoDBStore.open(made_table(moto), clock=clock) as store:
        store._calls._client.meta.events.register("before-call.dynamodb", lambda model, **_: called.add(model.name))
        await require_fit(store._calls)
        await store.heartbeat(ME, ttl=60)
        claimed = await store.claim(record, owner=ME)
        await store.save(replace(claimed, state=b"x" * 600_000))
        await store.save(claimed)
        await store.live()
        await store.claimable(ME)
        await store.workers()
        await store.release(claimed)
        await store.load(record.key)
        await store.forget(record.key)
        await store.sweep(older_than=1)
        await store.retire(ME)
    assert called == operations(Need.TABLE)


async def test_the_calls_for_streams_are_those_of_the_table(moto: Moto) -> None:
    """A mailbox is made, marked, found and taken away; TagResource is what making with tags takes."""
    called: set[str] = set()
    async with aws_mailboxes(AwsSettings(region=moto.region), endpoint_url=moto.url) as mailboxes:
        for service in ("sns", "sqs"):
            client = await mailboxes._clients[service].opened()
            client.meta.events.register("before-call", lambda model, **_: called.add(model.name))
        mailbox = await mailboxes.open("chat-agent-1", worker=ME, born=0)
        await mailboxes.mark("chat-agent-1", now=1)
        await mailboxes.names("chat-agent")
        await mailboxes.look("chat-agent-1")
        await mailbox.queue.receive(limit=1, wait=0, hide=5)
        await mailbox.queue.delete(["none"])
        await mailboxes.remove("chat-agent-1")
    connect = {"StartContactStreaming", "StopContactStreaming"}
    assert called == operations(Need.STREAM) - connect - {"TagResource"}
    assert connect <= {operation.value for operation in Operation}


def statements(made: Mapping[str, Any]) -> dict[str, Any]:
    """Resource by Sid."""
    return {one["Sid"]: one["Resource"] for one in made["Statement"]}


def test_a_gap_that_nothing_fills_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody applies it unseen."""
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    made = policy(set(Need), gaps_of(Configuration()))
    assert statements(made)["Contact"] == (
        "arn:aws:connect:REPLACE-REGION:REPLACE-ACCOUNT:instance/REPLACE-INSTANCE/contact/*"
    )
    assert all("{" not in resource for resource in statements(made).values())


def test_the_settings_fill_the_gaps() -> None:
    """Instance, Region, table, prefix, and what the queue's own address tells."""
    queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/offers"
    settings = Configuration(
        connect={"instance": INSTANCE, "region": "eu-central-1"},
        source={"kind": "sqs", "queue_url": queue},
        store={"kind": "dynamodb", "table": "chats"},
        streaming={"prefix": "shop"},
    )
    assert statements(policy(needs_of(settings), gaps_of(settings))) == {
        "Contact": f"arn:aws:connect:eu-central-1:123456789012:instance/{INSTANCE}/contact/*",
        "Queue": "arn:aws:sqs:eu-west-1:123456789012:offers",
        "Table": "arn:aws:dynamodb:eu-central-1:123456789012:table/chats",
        "Index": "arn:aws:dynamodb:eu-central-1:123456789012:table/chats/index/*",
        "MailboxQueue": "arn:aws:sqs:eu-central-1:123456789012:shop-*",
        "MailboxTopic": "arn:aws:sns:eu-central-1:123456789012:shop-*",
        "Any": "*",
    }


def test_secrets_that_aws_keeps_are_allowed_one_by_one() -> None:
    """By name or by ARN; a key within a secret is none of IAM's."""
    arn = "arn:aws:secretsmanager:eu-west-1:1:secret:other-AbCdEf"
    keys = ["aws-secretsmanager:key#now", f"aws-secretsmanager:{arn}", "aws-ssm:/chat/key", "env:KEY"]
    settings = Configuration(store={"encryption_keys": keys}, connect={"region": "eu-west-1"})
    made = policy(
        needs_of(settings),
        gaps_of(settings, account="1"),
        secrets=kept_by_aws(settings, "aws-secretsmanager"),
        parameters=kept_by_aws(settings, "aws-ssm"),
    )
    assert statements(made)["Kept"] == ["arn:aws:secretsmanager:eu-west-1:1:secret:key-*", arn]
    assert statements(made)["Parameter"] == "arn:aws:ssm:eu-west-1:1:parameter/chat/key"


def test_only_what_is_needed_is_allowed() -> None:
    """Without queue, table and streams nothing of them; never a wildcard as an action."""
    made = policy(needs_of(Configuration(connect={"ingress": "websocket"})), {})
    actions = [action for one in made["Statement"] for action in one["Action"]]
    assert actions == ["connect:CreateParticipant", "connect:DescribeContact", "connect:UpdateContactAttributes"]


def test_the_account_and_the_partition_may_be_named() -> None:
    """For another partition, or before there is a queue."""
    gaps = gaps_of(Configuration(connect={"region": "cn-north-1"}), account="999999999999", partition="aws-cn")
    made = policy({Need.SERVE}, gaps)
    assert statements(made)["Contact"].startswith("arn:aws-cn:connect:cn-north-1:999999999999:")
