"""ONE table: which operation of AWS is called for what, and which IAM action on which resource allows it.

The policy is made of it, the doctor tries it out, and a test compares it with the calls that a run really makes. The
Participant Service is not in it: its calls carry the participant's own tokens and need no IAM [documented].
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from typing import Any


class Need(StrEnum):
    """What a permission is for."""

    SERVE = "serve"
    QUEUE = "queue"
    TABLE = "table"
    STREAM = "stream"
    KEPT = "kept"
    DOCTOR = "doctor"


class Resource(StrEnum):
    """What a permission is on; its ARN with gaps that the settings fill."""

    CONTACT = "arn:{partition}:connect:{region}:{account}:instance/{instance}/contact/*"
    INSTANCE = "arn:{partition}:connect:{region}:{account}:instance/{instance}"
    FLOW = "arn:{partition}:connect:{region}:{account}:instance/{instance}/contact-flow/*"
    QUEUE = "arn:{partition}:sqs:{queue_region}:{account}:{queue}"
    TABLE = "arn:{partition}:dynamodb:{table_region}:{account}:table/{table}"
    INDEX = "arn:{partition}:dynamodb:{table_region}:{account}:table/{table}/index/*"
    MAILBOX_QUEUE = "arn:{partition}:sqs:{region}:{account}:{prefix}-*"
    MAILBOX_TOPIC = "arn:{partition}:sns:{region}:{account}:{prefix}-*"
    KEPT = "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-*"
    PARAMETER = "arn:{partition}:ssm:{region}:{account}:parameter/{name}"
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
        "CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags "
        "ReceiveMessage SetQueueAttributes TagQueue",
        Resource.MAILBOX_QUEUE,
        Need.STREAM,
    ),
    _row("sqs", "DeleteMessageBatch", Resource.MAILBOX_QUEUE, Need.STREAM, "sqs:DeleteMessage"),
    _row("sqs", "ListQueues", Resource.ANY, Need.STREAM),
    _row("secretsmanager", "GetSecretValue", Resource.KEPT, Need.KEPT),
    _row("ssm", "GetParameter", Resource.PARAMETER, Need.KEPT),
    _row("connect", "DescribeInstance", Resource.INSTANCE, Need.DOCTOR),
    _row("connect", "DescribeInstance", Resource.ANY, Need.DOCTOR, "ds:DescribeDirectories"),
    _row("connect", "ListContactFlows", Resource.INSTANCE, Need.DOCTOR),
    _row("connect", "DescribeContactFlow", Resource.FLOW, Need.DOCTOR),
)
"""Actions and resources as the service authorization reference has them [documented]. The second of DescribeInstance
is what that one depends on [documented]. A topic and a queue are made with tags, so TagResource and TagQueue are
needed although nobody calls the first [documented]."""


def policy(
    needs: Collection[Need], gaps: Mapping[str, str], *, secrets: Sequence[str] = (), parameters: Sequence[str] = ()
) -> dict[str, Any]:
    """The policy that allows exactly what is needed; a gap that nothing fills stays, clearly marked.

    Args:
        gaps: what fills the gaps of the resources, by name.
        secrets, parameters: names or ARNs of what is kept in Secrets Manager and in SSM.
    """
    filled = {gap: gaps.get(gap) or f"REPLACE-{gap.upper().replace('_', '-')}" for gap in _gaps()}
    statements = []
    for resource in Resource:
        rows = [one for one in PERMISSIONS if one.need in needs and one.resource is resource]
        named = {Resource.KEPT: secrets, Resource.PARAMETER: parameters}.get(resource, ("",))
        if rows and named:
            places = [_place(resource, name, filled) for name in named]
            statements.append(
                {
                    "Sid": resource.name.title().replace("_", ""),
                    "Effect": "Allow",
                    "Action": sorted({one.action for one in rows}),
                    "Resource": places[0] if len(places) == 1 else places,
                }
            )
    return {"Version": "2012-10-17", "Statement": statements}


def _place(resource: Resource, name: str, filled: Mapping[str, str]) -> str:
    """The ARN; one that was named stays. A parameter's path loses its slash, as its ARN has one [documented]."""
    return name if name.startswith("arn:") else resource.format(**filled, name=name.removeprefix("/"))


def _gaps() -> set[str]:
    fields = (field for resource in Resource for _, field, _, _ in Formatter().parse(resource.value))
    return {field for field in fields if field and field != "name"}
