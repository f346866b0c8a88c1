"""The check of the instance: that it is there, in this region, and active. It does not know contacts or flows."""

from collections.abc import Mapping, Sequence
from typing import Any

from agent.aws.inquiry import Answered, Unanswered
from agent.daemon.doctor.examination import Check, Exam
from agent.daemon.doctor.findings import Finding, fail, ok, skipped
from agent.daemon.doctor.replies import about_instance, may_not_look, told, trouble


async def instance(exam: Exam) -> Sequence[Finding]:
    """Whether the instance is there and active."""
    name = exam.settings.connect.instance
    if name is None:
        return [
            skipped("instance", "no instance is named", "Set connect.instance, or give --instance with its id or ARN.")
        ]
    reply = await about_instance(exam)
    if isinstance(reply, Answered):
        return [_state(name, reply.members.get("Instance") or {})]
    if isinstance(reply, Unanswered):
        return [_unreachable(reply, await exam.ask.endpoint("connect"))]
    if reply.denied:
        return [may_not_look("instance", "connect:DescribeInstance", reply)]
    if reply.missing or reply.code in ("InvalidRequestException", "InvalidParameterException"):
        return [
            fail(
                "instance",
                f"instance {name} is not known in {exam.ask.region}",
                cause=told(reply),
                remedy="Instance id, region and account must belong together: compare with the instance's ARN.",
            )
        ]
    return [trouble("instance", reply)]


def _state(name: str, found: Mapping[str, Any]) -> Finding:
    status = found.get("InstanceStatus")
    if status == "ACTIVE":
        return ok("instance", f"{name} is active")
    return fail(
        "instance",
        f"instance {name} is {status or 'in no known state'}",
        cause=str((found.get("StatusReason") or {}).get("Message") or "it is not ready"),
        remedy="Wait until it is ACTIVE; if its creation failed, create it again.",
    )


def _unreachable(reply: Unanswered, url: str) -> Finding:
    return fail(
        "instance",
        f"{url} gives no answer",
        cause=reply.reason,
        remedy="Check address, proxy and firewall; the local Amazon Connect is started by 'chat-agent emulator'.",
    )


INSTANCE = (Check(name="instance", probe=instance, needs=("credentials",)),)
