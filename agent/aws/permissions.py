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
    DOCTOR = "doctor"


class Resource(StrEnum):
    """What a permission is on; its ARN with gaps that the settings fill."""

    CONTACT = "arn:{partition}:connect:{region}:{account}:instance/{instance}/contact/*"
    INSTANCE = "arn:{partition}:connect:{region}:{account}:instance/{instance}"
    FLOW = "arn:{partition}:connect:{region}:{account}:instance/{instance}/contact-flow/*"
    QUEUE = "arn:{partition}:sqs:{region}:{account}:{queue}"
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


PERMISSIONS: Sequence[Permission] = (
    _row("connect", "CreateParticipant", Resource.CONTACT, Need.SERVE),
    _row("connect", "DescribeContact", Resource.CONTACT, Need.SERVE),
    _row("connect", "UpdateContactAttributes", Resource.CONTACT, Need.SERVE),
    _row("sqs", "GetQueueAttributes", Resource.QUEUE, Need.QUEUE),
    _row("sqs", "ReceiveMessage", Resource.QUEUE, Need.QUEUE),
    _row("sqs", "DeleteMessageBatch", Resource.QUEUE, Need.QUEUE, "sqs:DeleteMessage"),
    _row("sqs", "ChangeMessageVisibilityBatch", Resource.QUEUE, Need.QUEUE, "sqs:ChangeMessageVisibility"),
    _row("connect", "DescribeInstance", Resource.INSTANCE, Need.DOCTOR),
    _row("connect", "DescribeInstance", Resource.ANY, Need.DOCTOR, "ds:DescribeDirectories"),
    _row("connect", "ListContactFlows", Resource.INSTANCE, Need.DOCTOR),
    _row("connect", "DescribeContactFlow", Resource.FLOW, Need.DOCTOR),
)
"""Actions and resources as the service authorization reference has them [documented]. The second of DescribeInstance
is what that one depends on [documented]."""


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


_GAPS = ("partition", "region", "account", "instance", "queue")
