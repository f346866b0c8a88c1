"""The check of the queue that offers come from: that it is there, who may send, what becomes of what nobody takes.

No message is taken: receiving one, even to put it back, counts towards its dead letter.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.aws.inquiry import Answered, Refused, Reply
from agent.daemon.doctor.examination import Check, Exam
from agent.daemon.doctor.findings import Finding, fail, ok, skipped, warn
from agent.daemon.doctor.replies import told, trouble
from agent.daemon.permitted import queue_of

BACKLOG = 100
"""More offers than this waiting means that nobody takes them."""
FEWEST_TRIES = 3
"""A message that is put aside sooner is lost to a short outage."""
_NOT_OURS = "doctor"


async def queue(exam: Exam) -> Sequence[Finding]:
    """What is wrong with the queue."""
    url = queue_of(exam.settings)
    if url is None:
        return [skipped("queue", "offers do not come from a queue", "Set source.kind and source.queue_url.")]
    reply = await exam.ask("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
    if not isinstance(reply, Answered):
        return [_unreadable(url, reply)]
    about: Mapping[str, str] = reply.members.get("Attributes") or {}
    findings = [*_redrive(about), *_senders(about), *_backlog(about), *await _put_aside(exam, about)]
    return findings or [ok("queue", f"{url.rpartition('/')[2]} is there, with a dead-letter queue behind it")]


def _unreadable(url: str, reply: Reply) -> Finding:
    if isinstance(reply, Refused) and reply.missing:
        return fail(
            "queue",
            "there is no such queue",
            cause=f"{url}: {told(reply)}",
            remedy="Compare source.queue_url, its account and its region with the console.",
        )
    if isinstance(reply, Refused) and reply.denied:
        cause, remedy = told(reply), "Allow it on the queue; 'chat-agent iam' prints the whole policy."
        return fail("queue", "sqs:GetQueueAttributes is not allowed", cause=cause, remedy=remedy)
    if isinstance(reply, Refused):
        return trouble("queue", reply)
    remedy = "Check source.queue_url, DNS, proxy and firewall; in a VPC, its endpoint for SQS."
    return fail("queue", "the queue gives no answer", cause=told(reply), remedy=remedy)


def _redrive(about: Mapping[str, str]) -> Iterator[Finding]:
    tries = _loaded(about.get("RedrivePolicy")).get("maxReceiveCount")
    if tries is None:
        yield warn(
            "queue",
            "no dead-letter queue",
            cause="the queue has no redrive policy, so an offer that nobody can serve comes again until it expires",
            remedy="Give it one, with maxReceiveCount 5; deploy/cloudformation.yaml has it.",
        )
    elif int(tries) < FEWEST_TRIES:
        yield warn(
            "queue",
            f"offers are put aside after {tries} tries",
            cause="maxReceiveCount of its redrive policy is lower than a short outage needs",
            remedy="Set it to 5.",
        )


def _senders(about: Mapping[str, str]) -> Iterator[Finding]:
    for statement in _loaded(about.get("Policy")).get("Statement") or ():
        everybody = statement.get("Principal") in ("*", {"AWS": "*"})
        if everybody and statement.get("Effect") == "Allow" and not statement.get("Condition"):
            yield fail(
                "queue",
                "anybody may use the queue",
                cause="its policy allows every principal without a condition, so strangers may offer contacts",
                remedy="Name the sender, such as events.amazonaws.com, and its aws:SourceArn or aws:SourceAccount.",
            )


def _backlog(about: Mapping[str, str]) -> Iterator[Finding]:
    waiting = int(about.get("ApproximateNumberOfMessages") or 0)
    if waiting > BACKLOG:
        yield warn(
            "queue",
            f"{waiting} offers wait",
            cause="no worker takes them: none runs, all are full, or they may not receive",
            remedy="See 'chat-agent ps' on the workers, and sqs:ReceiveMessage in their policy.",
        )


async def _put_aside(exam: Exam, about: Mapping[str, str]) -> Sequence[Finding]:
    """How many dead letters there are, as far as it may be known."""
    arn = str(_loaded(about.get("RedrivePolicy")).get("deadLetterTargetArn") or "")
    if not arn:
        return []
    *_, account, name = arn.split(":")
    found = await exam.ask("sqs", "GetQueueUrl", QueueName=name, QueueOwnerAWSAccountId=account)
    if isinstance(found, Refused) and found.missing:
        cause, remedy = f"{arn} does not exist", "Make it, or correct the redrive policy."
        return [fail("queue", "the dead-letter queue is missing", cause=cause, remedy=remedy)]
    if not isinstance(found, Answered):
        return []
    reply = await exam.ask(
        "sqs",
        "GetQueueAttributes",
        QueueUrl=found.members["QueueUrl"],
        AttributeNames=["ApproximateNumberOfMessages"],
    )
    letters = int(_attributes(reply).get("ApproximateNumberOfMessages") or 0)
    if not letters:
        return []
    cause = "nobody could read or serve them in all their tries"
    return [
        warn("queue", f"{letters} offers were put aside", cause=cause, remedy=f"Look into {name}; redrive or purge it.")
    ]


def _attributes(reply: Reply) -> Mapping[str, str]:
    return reply.members.get("Attributes") or {} if isinstance(reply, Answered) else {}


def _loaded(text: str | None) -> Mapping[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


# ------------------------------------------------------------------------------------- permissions


async def taking(exam: Exam) -> Sequence[Finding]:
    """Whether messages may be deleted and hidden, tried on receipts that are none."""
    url = queue_of(exam.settings)
    if url is None:
        return [skipped("queue-permissions", "offers do not come from a queue")]
    entry = {"Id": "1", "ReceiptHandle": _NOT_OURS}
    replies = {
        "sqs:DeleteMessage": await exam.ask("sqs", "DeleteMessageBatch", QueueUrl=url, Entries=[entry]),
        "sqs:ChangeMessageVisibility": await exam.ask(
            "sqs", "ChangeMessageVisibilityBatch", QueueUrl=url, Entries=[{**entry, "VisibilityTimeout": 0}]
        ),
    }
    unknown = skipped(
        "queue-permissions",
        "sqs:ReceiveMessage cannot be tried without taking an offer",
        "'chat-agent run' says so in its first seconds if it is missing.",
    )
    return [*(_allowed(action, reply) for action, reply in replies.items()), unknown]


def _allowed(action: str, reply: Reply) -> Finding:
    if isinstance(reply, Refused) and reply.denied:
        remedy = "Allow it on the queue; 'chat-agent iam' prints the whole policy."
        return fail("queue-permissions", f"{action} is not allowed", cause=told(reply), remedy=remedy)
    if isinstance(reply, Answered) or (isinstance(reply, Refused) and 400 <= reply.status < 429):
        return ok("queue-permissions", f"{action} is allowed")
    return trouble("queue-permissions", reply)


QUEUE = (
    Check(name="queue", probe=queue, needs=("credentials",)),
    Check(name="queue-permissions", probe=taking, needs=("queue",)),
)
