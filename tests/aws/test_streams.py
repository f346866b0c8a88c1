"""A worker's topic and queue at moto's server: what is made, who may write, what is found and taken away again."""

import json
from typing import Any

import anyio
import boto3
import pytest

from agent.aws.policies import queue_policy, topic_of, topic_policy
from agent.aws.settings import AwsSettings
from agent.aws.streams import aws_mailboxes
from agent.errors import StreamingError
from agent.ids import WorkerId
from agent.ports import FoundMailbox
from agent.wire.items import Message
from agent.wire.notification import decode_notification
from tests.aws.conftest import Peer, answer
from tests.aws.moto import Moto

BOUND = 60
WORKER = WorkerId("host.1a2b3c4d.17.deadbeef")
ITEM = {"Id": "1", "Type": "MESSAGE", "ContentType": "text/plain", "Content": "hello", "AbsoluteTime": "2026"}


def outside(moto: Moto, service: str) -> Any:
    return boto3.client(service, endpoint_url=moto.url, region_name=moto.region)


async def test_what_is_published_reaches_the_queue_as_an_item(moto: Moto) -> None:
    """Topic, subscription and queue, by unmodified boto3 semantics."""
    with anyio.fail_after(BOUND):
        async with aws_mailboxes(AwsSettings(), endpoint_url=moto.url) as mailboxes:
            name = moto.name()
            mailbox = await mailboxes.open(name, worker=WORKER, born=1_000.5)
            sns = outside(moto, "sns")
            attributes = {"InstanceId": {"DataType": "String", "StringValue": "i"}}
            sns.publish(TopicArn=mailbox.topic, Message=json.dumps(ITEM), MessageAttributes=attributes)
            sns.close()
            [message] = await mailbox.queue.receive(limit=10, wait=5, hide=30)
            notification = decode_notification(message.body)
            assert notification is not None
            assert notification.instance == "i"
            assert isinstance(notification.item, Message)
            assert notification.item.text == "hello"


async def test_making_a_mailbox_again_changes_nothing(moto: Moto) -> None:
    """A retry, or a worker whose queue somebody took away."""
    with anyio.fail_after(BOUND):
        async with aws_mailboxes(AwsSettings(), endpoint_url=moto.url) as mailboxes:
            name = moto.name()
            first = await mailboxes.open(name, worker=WORKER, born=1_000)
            again = await mailboxes.open(name, worker=WORKER, born=1_000)
            assert first.topic == again.topic
            sns = outside(moto, "sns")
            assert len(sns.list_subscriptions_by_topic(TopicArn=first.topic)["Subscriptions"]) == 1
            tags = sns.list_tags_for_resource(ResourceArn=first.topic)["Tags"]
            assert {tag["Key"]: tag["Value"] for tag in tags} == {
                "chat-agent:worker": WORKER,
                "chat-agent:created": "1000",
            }
            sns.close()


async def test_a_mailbox_is_found_marked_and_removed(moto: Moto) -> None:
    """By the beginning of its name; what is taken away twice is just gone."""
    with anyio.fail_after(BOUND):
        async with aws_mailboxes(AwsSettings(), endpoint_url=moto.url) as mailboxes:
            prefix = moto.name()
            await mailboxes.open(f"{prefix}-a", worker=WORKER, born=1_000)
            assert await mailboxes.names(f"{prefix}-") == [f"{prefix}-a"]
            assert await mailboxes.look(f"{prefix}-a") == FoundMailbox(name=f"{prefix}-a", worker=WORKER, seen=1_000)
            await mailboxes.mark(f"{prefix}-a", now=2_000)
            assert await mailboxes.look(f"{prefix}-a") == FoundMailbox(name=f"{prefix}-a", worker=WORKER, seen=2_000)
            await mailboxes.remove(f"{prefix}-a")
            await mailboxes.remove(f"{prefix}-a")
            assert await mailboxes.look(f"{prefix}-a") is None
            assert await mailboxes.names(f"{prefix}-") == []
            sns = outside(moto, "sns")
            assert sns.list_topics()["Topics"] == []
            sns.close()


async def test_a_queue_without_marks_is_nobodys(moto: Moto) -> None:
    """Somebody may have named one of theirs so."""
    with anyio.fail_after(BOUND):
        sqs = outside(moto, "sqs")
        name = moto.name()
        sqs.create_queue(QueueName=name)
        sqs.close()
        async with aws_mailboxes(AwsSettings(), endpoint_url=moto.url) as mailboxes:
            assert await mailboxes.look(name) == FoundMailbox(name=name, worker=None, seen=None)


@pytest.mark.parametrize(
    ("status", "code", "passing"), [(403, "AccessDenied", False), (400, "Throttling", True), (500, "Internal", True)]
)
async def test_a_refusal_says_which_permission_is_missing(peer: Peer, status: int, code: str, passing: bool) -> None:
    """And whether waiting helps; never AWS's own words."""
    peer.answers(answer(status, {"__type": code, "message": "secret words"}))
    with anyio.fail_after(BOUND):
        async with aws_mailboxes(AwsSettings(region="eu-west-2"), endpoint_url=peer.url) as mailboxes:
            with pytest.raises(StreamingError, match="sqs:CreateQueue") as caught:
                await mailboxes.open("x", worker=WORKER, born=0)
    assert caught.value.passing is passing
    assert "secret" not in str(caught.value)


async def test_nobody_there_is_told(unused_tcp_port: int) -> None:
    """It may pass."""
    async with aws_mailboxes(
        AwsSettings(region="eu-west-2"), endpoint_url=f"http://127.0.0.1:{unused_tcp_port}"
    ) as mailboxes:
        with anyio.fail_after(BOUND), pytest.raises(StreamingError, match="nobody answers") as caught:
            await mailboxes.names("x")
    assert caught.value.passing


async def test_a_local_amazon_connect_never_streams_to_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's credentials would make real topics for a chat that no AWS can see."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    settings = AwsSettings(endpoint_url="http://127.0.0.1:4510")
    async with aws_mailboxes(settings) as mailboxes:
        with pytest.raises(StreamingError, match=r"streaming\.endpoint_url") as caught:
            await mailboxes.names("x")
    assert not caught.value.passing


def test_only_connect_may_publish_and_only_the_topic_may_write() -> None:
    """For instances of the same account and region; in every partition."""
    queue = "arn:aws-cn:sqs:cn-north-1:123456789012:chat-agent-x"
    topic = topic_of(queue)
    assert topic == "arn:aws-cn:sns:cn-north-1:123456789012:chat-agent-x"
    (publish,) = json.loads(topic_policy(topic))["Statement"]
    assert publish["Principal"] == {"Service": "connect.amazonaws.com"}
    assert publish["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws-cn:connect:cn-north-1:123456789012:instance/*"},
    }
    (write,) = json.loads(queue_policy(queue, topic))["Statement"]
    assert (write["Action"], write["Resource"]) == ("sqs:SendMessage", queue)
    assert write["Condition"] == {"ArnEquals": {"aws:SourceArn": topic}}
