"""A queue of SQS over HTTP: against moto's, and against a peer that fails in every way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from agent.aws import sqs
from agent.aws.settings import AwsSettings
from agent.aws.sqs import SqsQueue, sqs_queue
from agent.errors import ConfigurationError, InvalidSetting, QueueRefused, QueueUnreachable
from agent.ports import QueueFacts
from tests.aws.conftest import Peer, answer
from tests.aws.moto import Moto
from tests.aws.queues import queue_of

BOUND = 60


@asynccontextmanager
async def _at(peer: Peer) -> AsyncIterator[SqsQueue]:
    async with sqs_queue(AwsSettings(), f"{peer.url}/123456789012/offers") as queue:
        yield queue


async def test_messages_are_received_hidden_and_deleted(moto: Moto) -> None:
    """More than one batch at a time; a receipt that is stale is passed over."""
    with anyio.fail_after(BOUND), queue_of(moto) as outside:
        for number in range(12):
            outside.put(f"n{number}")
        async with sqs_queue(AwsSettings(), outside.url) as queue:
            first = await queue.receive(limit=10, wait=0, hide=60)
            rest = await queue.receive(limit=10, wait=0, hide=60)
            assert sorted(message.body for message in (*first, *rest)) == sorted(f"n{number}" for number in range(12))
            assert {message.receives for message in first} == {1}
            receipts = [message.receipt for message in (*first, *rest)]
            await queue.hide(receipts, seconds=30)
            assert outside.count() == (0, 12)
            await queue.delete(receipts[:11])
            await queue.hide([*receipts[11:], "stale"], seconds=0)
            assert outside.count() == (1, 0)
            [again] = await queue.receive(limit=1, wait=1, hide=60)
            assert (again.body, again.receives) == (rest[-1].body, 2)
            await queue.delete([])


async def test_a_queue_tells_when_it_puts_messages_aside(moto: Moto) -> None:
    """Or that it never does."""
    with anyio.fail_after(BOUND), queue_of(moto, put_aside_after=4) as careful, queue_of(moto) as careless:
        async with sqs_queue(AwsSettings(), careful.url) as queue:
            assert (await queue.look()).put_aside_after == 4
        async with sqs_queue(AwsSettings(), careless.url) as queue:
            assert await queue.look() == QueueFacts(name=careless.url.rpartition("/")[2])


async def test_a_fifo_queue_is_a_queue(moto: Moto) -> None:
    """One contact after the other within a group."""
    with anyio.fail_after(BOUND), queue_of(moto, FifoQueue="true", ContentBasedDeduplication="true") as outside:
        outside.put("one", MessageGroupId="g")
        async with sqs_queue(AwsSettings(), outside.url) as queue:
            [message] = await queue.receive(limit=10, wait=0, hide=60)
            await queue.delete([message.receipt])
            assert outside.count() == (0, 0)


async def test_a_queue_that_is_not_there_is_refused_with_what_to_check(moto: Moto) -> None:
    """Its name, account or region is wrong."""
    with anyio.fail_after(BOUND):
        async with sqs_queue(AwsSettings(), f"{moto.url}/123456789012/nope") as queue:
            with pytest.raises(QueueRefused, match=r"queue nope failed .*there is no such queue"):
                await queue.look()


def _fault(code: str, status: int) -> bytes:
    return answer(status, {"__type": f"com.amazonaws.sqs#{code}", "message": "secret words"})


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (_fault("AccessDeniedException", 403), QueueRefused, r"Allow sqs:ReceiveMessage on this queue"),
        (_fault("InvalidClientTokenId", 403), QueueRefused, r"aws sts get-caller-identity"),
        (_fault("KmsAccessDenied", 400), QueueRefused, r"allow kms:Decrypt"),
        (_fault("QueueDoesNotExist", 400), QueueRefused, r"no such queue"),
        (_fault("RequestThrottled", 403), QueueUnreachable, r"asked again"),
        (_fault("KmsThrottled", 400), QueueUnreachable, r"asked again"),
        (_fault("InternalFailure", 500), QueueUnreachable, r"asked again"),
        (_fault("OverLimit", 403), QueueUnreachable, r"asked again"),
        (answer(503, content=b"<html>"), QueueUnreachable, r"asked again"),
        (None, QueueUnreachable, r"closed before the answer"),
    ],
)
async def test_each_failure_says_whether_to_wait_or_what_to_allow(
    peer: Peer, said: bytes | None, kind: type[Exception], words: str
) -> None:
    """And quotes nothing that the service said."""
    peer.answers(said)
    with anyio.fail_after(BOUND):
        async with _at(peer) as queue:
            with pytest.raises(kind, match=words) as caught:
                await queue.receive(limit=1, wait=0, hide=30)
    assert "secret" not in str(caught.value)
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    ("call", "action"),
    [
        (lambda queue: queue.look(), "sqs:GetQueueAttributes"),
        (lambda queue: queue.delete(["r"]), "sqs:DeleteMessage"),
        (lambda queue: queue.hide(["r"], seconds=0), "sqs:ChangeMessageVisibility"),
    ],
)
async def test_a_refusal_names_the_action_to_allow(peer: Peer, call: Any, action: str) -> None:
    """As the policy spells it: a batch needs the permission of the single call [documented]."""
    peer.answers(_fault("AccessDeniedException", 403))
    with anyio.fail_after(BOUND):
        async with _at(peer) as queue:
            with pytest.raises(QueueRefused, match=f"Allow {action} on"):
                await call(queue)


async def test_a_batch_that_failed_in_part_for_the_service_s_fault_failed(peer: Peer) -> None:
    """What was the request's own fault, such as a stale receipt, is passed over."""
    failed = {"Id": "0", "Code": "X", "SenderFault": True}
    with anyio.fail_after(BOUND):
        async with _at(peer) as queue:
            peer.answers(answer(200, {"Failed": [failed], "Successful": []}))
            await queue.delete(["r"])
            peer.answers(answer(200, {"Failed": [{**failed, "SenderFault": False}], "Successful": []}))
            with pytest.raises(QueueUnreachable):
                await queue.delete(["r"])


async def test_a_call_that_hangs_is_given_up(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its wait and a margin."""
    monkeypatch.setattr(sqs, "_MARGIN", 0.05)
    peer.stays_silent()
    with anyio.fail_after(BOUND):
        async with _at(peer) as queue:
            with pytest.raises(QueueUnreachable, match=r"took too long|in time"):
                await queue.receive(limit=1, wait=0, hide=30)


async def test_nobody_at_the_address_is_unreachable() -> None:
    """With what to check."""
    with anyio.fail_after(BOUND):
        async with sqs_queue(AwsSettings(), "http://127.0.0.1:9/1/q") as queue:
            with pytest.raises(QueueUnreachable, match=r"nobody answers.*source\.queue_url"):
                await queue.look()


async def test_a_request_that_cannot_be_sent_is_refused(peer: Peer) -> None:
    """botocore checks it first."""
    async with _at(peer) as queue:
        with pytest.raises(QueueRefused):
            await queue.receive(limit="many", wait=0, hide=30)  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["http://", "ftp://h/1/q", "https://sqs.us-east-1.amazonaws.com", "https://h/q"])
async def test_what_is_no_queue_s_url_is_told(url: str) -> None:
    """With one that is."""
    with pytest.raises(InvalidSetting, match=r"source\.queue_url: .*amazonaws"):
        async with sqs_queue(AwsSettings(), url):
            pass


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sqs.eu-central-1.amazonaws.com/1/q", "eu-central-1"),
        ("https://sqs-fips.us-west-2.amazonaws.com/1/q", "us-west-2"),
        ("https://eu-west-1.queue.amazonaws.com/1/q", "eu-west-1"),
    ],
)
async def test_the_region_is_the_queue_s(url: str, region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the instance is; AWS wants credentials, though."""
    with pytest.raises(ConfigurationError, match="credentials"):
        async with sqs_queue(AwsSettings(), url):
            pass
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    async with sqs_queue(AwsSettings(region="ap-south-1"), url) as queue:
        assert queue._client.meta.region_name == region
