"""ONE table: which operation of AWS is called for what, and which IAM action on which resource allows it.

The policy is made of it, the doctor tries it out, and a test compares it with the calls that a run really makes. The
Participant Service is not in it: its calls carry the participant's own tokens and need no IAM [documented].
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Need(StrEnum):
    """What a permission is for."""

    SERVE = "serve"
    QUEUE = "queue"
    TABLE = "table"
    STREAM = "stream"
    DOCTOR = "doctor"


class Resource(StrEnum):
    """What a permission is on; its ARN with gaps that the settings fill."""

    CONTACT = "arn:{partition}:connect:{region}:{account}:instance/{instance}/contact/*"
    INSTANCE = "arn:{partition}:connect:{region}:{account}:instance/{instance}"
    FLOW = "arn:{partition}:connect:{region}:{account}:instance/{instance}/contact-flow/*"
    QUEUE = "arn:{partition}:sqs:{queue_region}:{account}:{queue}"
    TABLE = "arn:{partition}:dynamodb:{region}:{account}:table/{table}"
    INDEX = "arn:{partition}:dynamodb:{region}:{account}:table/{table}/index/*"
    MAILBOX_QUEUE = "arn:{partition}:sqs:{region}:{account}:{prefix}-*"
    MAILBOX_TOPIC = "arn:{partition}:sns:{region}:{account}:{prefix}-*"
    ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One operation and what allows it.

    Attributes:
        operation: as the service model spells it.
        action: as IAM spells it.
    """

    service: str
    operation: str
    action: str
    resource: Resource
    need: Need


def _row(service: str, operation: str, resource: Resource, need: Need, action: str | None = None) -> Permission:
    return Permission(
        service=service, operation=operation, action=action or f"{service}:{operation}", resource=resource, need=need
    )


def _rows(service: str, operations: str, resource: Resource, need: Need) -> list[Permission]:
    return [_row(service, operation, resource, need) for operation in operations.split()]


PERMISSIONS: Sequence[Permission] = (
    *_rows("connect", "CreateParticipant DescribeContact UpdateContactAttributes", Resource.CONTACT, Need.SERVE),
    *_rows("sqs", "GetQueueAttributes ReceiveMessage", Resource.QUEUE, Need.QUEUE),
    _row("sqs", "DeleteMessageBatch", Resource.QUEUE, Need.QUEUE, "sqs:DeleteMessage"),
    _row("sqs", "ChangeMessageVisibilityBatch", Resource.QUEUE, Need.QUEUE, "sqs:ChangeMessageVisibility"),
    *_rows("dynamodb", "DescribeTable GetItem PutItem DeleteItem Query", Resource.TABLE, Need.TABLE),
    *_rows("dynamodb", "Query", Resource.INDEX, Need.TABLE),
    *_rows("connect", "StartContactStreaming StopContactStreaming", Resource.CONTACT, Need.STREAM),
    *_rows(
        "sns",
        "CreateTopic DeleteTopic SetTopicAttributes Subscribe TagResource",
        Resource.MAILBOX_TOPIC,
        Need.STREAM,
    ),
    *_rows(
        "sqs",
        "CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags ReceiveMessage SetQueueAttributes TagQueue",
        Resource.MAILBOX_QUEUE,
        Need.STREAM,
    ),
    _row("sqs", "DeleteMessageBatch", Resource.MAILBOX_QUEUE, Need.STREAM, "sqs:DeleteMessage"),
    _row("sqs", "ListQueues", Resource.ANY, Need.STREAM),
    _row("connect", "DescribeInstance", Resource.INSTANCE, Need.DOCTOR),
    _row("connect", "DescribeInstance", Resource.ANY, Need.DOCTOR, "ds:DescribeDirectories"),
    _row("connect", "ListContactFlows", Resource.INSTANCE, Need.DOCTOR),
    _row("connect", "DescribeContactFlow", Resource.FLOW, Need.DOCTOR),
)
"""Actions and resources as the service authorization reference has them [documented]. The second of DescribeInstance
is what that one depends on [documented]. A topic and a queue are made with tags, so TagResource and TagQueue are
needed although nobody calls the first [documented]."""


def policy(needs: Collection[Need], gaps: Mapping[str, str]) -> dict[str, Any]:
    """The policy that allows exactly what is needed; a gap that nothing fills stays, clearly marked."""
    filled = {name: gaps.get(name) or f"REPLACE-{name.upper()}" for name in _GAPS}
    statements = []
    for resource in Resource:
        rows = [one for one in PERMISSIONS if one.need in needs and one.resource is resource]
        if rows:
            statements.append(
                {
                    "Sid": resource.name.title().replace("_", ""),
                    "Effect": "Allow",
                    "Action": sorted({one.action for one in rows}),
                    "Resource": resource.value.format(**filled),
                }
            )
    return {"Version": "2012-10-17", "Statement": statements}


_GAPS = ("partition", "region", "account", "instance", "queue", "prefix")
