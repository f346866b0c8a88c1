"""The queue that offers come from, at somebody else's SQS; and where that is too kind, at answers of our own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.aws.inquiry import Refused, Reply, Unanswered
from agent.config import Configuration
from agent.daemon.doctor.findings import Finding, Severity
from agent.daemon.doctor.queue import queue, taking
from agent.emulator import Emulator
from tests.aws.moto import Moto
from tests.aws.queues import Queue, queue_of
from tests.daemon.doctor.patients import Told, answered, at, bad, found, visit

URL = "https://sqs.us-east-1.amazonaws.com/123456789012/offers"
SETTINGS = Configuration(source={"kind": "sqs", "queue_url": URL})
DENIED = Refused(code="AccessDenied", status=403)
REDRIVE = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": "5"})
OPEN = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage"}]}


@pytest.fixture
def offers(moto: Moto) -> Iterator[Queue]:
    """A queue as it should be."""
    with queue_of(moto, put_aside_after=5) as one:
        yield one


async def of_queue(connect: Emulator, tmp_path: Path, url: str) -> list[Finding]:
    """What the doctor says about the queue."""
    findings = await visit(at(connect.url, tmp_path, source={"kind": "sqs", "queue_url": url}))
    assert set(bad(findings)) <= {"queue"}
    return [one for one in findings if one.check.startswith("queue")]


async def test_a_queue_in_order(connect: Emulator, tmp_path: Path, offers: Queue) -> None:
    """It is there, with a dead-letter queue; and looking takes no message."""
    offers.put({"InstanceId": "i"})
    findings = await of_queue(connect, tmp_path, offers.url)
    assert [one.severity.value for one in findings] == ["ok", "ok", "ok", "skipped"]
    assert offers.count() == (1, 0)


async def test_a_queue_that_does_not_exist(connect: Emulator, tmp_path: Path, offers: Queue) -> None:
    """Mistyped, or in another region or account."""
    finding, *_ = await of_queue(connect, tmp_path, f"{offers.url}x")
    assert (finding.severity, finding.what) == (Severity.FAIL, "there is no such queue")


async def test_a_queue_without_dead_letters(connect: Emulator, tmp_path: Path, moto: Moto) -> None:
    """An offer that nobody can serve comes for ever."""
    with queue_of(moto) as one:
        finding, *_ = await of_queue(connect, tmp_path, one.url)
    assert (finding.severity, finding.what) == (Severity.WARN, "no dead-letter queue")


async def test_a_queue_that_anybody_may_use(connect: Emulator, tmp_path: Path, moto: Moto) -> None:
    """Strangers could offer contacts."""
    with queue_of(moto, put_aside_after=5, Policy=json.dumps(OPEN)) as one:
        finding, *_ = await of_queue(connect, tmp_path, one.url)
    assert (finding.severity, finding.what) == (Severity.FAIL, "anybody may use the queue")


def told(members: dict[str, str], **replies: Reply) -> Told:
    """SQS with these attributes."""
    return Told(replies={"GetQueueAttributes": answered(Attributes={"RedrivePolicy": REDRIVE, **members}), **replies})


@pytest.mark.parametrize(
    ("ask", "severity", "what"),
    [
        (Told(replies={"GetQueueAttributes": DENIED}), Severity.FAIL, "sqs:GetQueueAttributes is not allowed"),
        (Told(replies={"GetQueueAttributes": Unanswered(reason="silence")}), Severity.FAIL, "gives no answer"),
        (Told(replies={"GetQueueAttributes": Refused(code="X", status=500)}), Severity.WARN, "not known now"),
        (told({}, GetQueueUrl=DENIED), Severity.OK, "is there"),
        (told({}), Severity.FAIL, "the dead-letter queue is missing"),
        (told({}, GetQueueUrl=answered(QueueUrl="d")), Severity.OK, "is there"),
        (told({"RedrivePolicy": '{"maxReceiveCount": 1}'}), Severity.WARN, "put aside after 1 tries"),
        (told({"RedrivePolicy": "{"}), Severity.WARN, "no dead-letter queue"),
        (told({"Policy": "[]"}, GetQueueUrl=DENIED), Severity.OK, "is there"),
        (told({"ApproximateNumberOfMessages": "500"}, GetQueueUrl=DENIED), Severity.WARN, "500 offers wait"),
    ],
)
async def test_each_mistake_of_a_queue(ask: Told, severity: Severity, what: str) -> None:
    """One finding for each."""
    (finding,) = await found(queue, ask, SETTINGS)
    assert finding.severity is severity
    assert what in finding.what


async def test_dead_letters_are_counted() -> None:
    """By the dead-letter queue's own attributes."""
    letters = told({"ApproximateNumberOfMessages": "7"}, GetQueueUrl=answered(QueueUrl="d"))
    (finding,) = await found(queue, letters, SETTINGS)
    assert finding.what == "7 offers were put aside"
    (unknown,) = await found(queue, _Forgetful(letters.replies), SETTINGS)
    assert unknown.severity is Severity.OK


class _Forgetful(Told):
    """Tells of the queue, not of its dead letters."""

    async def __call__(self, service: str, operation: str, **members: Any) -> Reply:
        return DENIED if members.get("QueueUrl") == "d" else await super().__call__(service, operation, **members)


@pytest.mark.parametrize(
    ("reply", "severity"),
    [
        (answered(), Severity.OK),
        (Refused(code="ReceiptHandleIsInvalid", status=400), Severity.OK),
        (DENIED, Severity.FAIL),
        (Unanswered(reason="silence"), Severity.WARN),
    ],
)
async def test_taking_is_tried_on_no_message(reply: Reply, severity: Severity) -> None:
    """What only receiving could tell is said not to be known."""
    ask = Told(replies={"DeleteMessageBatch": reply, "ChangeMessageVisibilityBatch": reply})
    *tried, unknown = await found(taking, ask, SETTINGS)
    assert {one.severity for one in tried} == {severity}
    assert "sqs:ReceiveMessage" in unknown.cause


async def test_without_a_queue_there_is_nothing_to_look_at() -> None:
    """Offers come another way."""
    other = Configuration(source={"kind": "local", "queue_url": URL})
    findings = [*await found(queue, Told(), other), *await found(taking, Told(), other)]
    assert {one.severity for one in findings} == {Severity.SKIPPED}
