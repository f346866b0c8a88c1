"""The check of IAM: tries each action that serving takes on a contact that does not exist, so that nothing comes of it.

AWS says "denied" before it says "not found" [inferred], so the answer tells which it is. Whether a condition of the
policy lets some contacts pass and others not cannot be known this way.
"""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from agent.aws.inquiry import Refused
from agent.aws.permissions import PERMISSIONS, Need, Permission
from agent.daemon.doctor.examination import Check, Exam
from agent.daemon.doctor.findings import Finding, fail, ok
from agent.daemon.doctor.replies import told, trouble


async def permissions(exam: Exam) -> Sequence[Finding]:
    """Whether each action that serving a chat takes is allowed."""
    wanted = [one for one in PERMISSIONS if one.need is Need.SERVE]
    return [await _tried(exam, one) for one in wanted]


async def _tried(exam: Exam, permission: Permission) -> Finding:
    instance = exam.settings.connect.instance
    reply = await exam.ask("connect", permission.operation, InstanceId=instance, **_harmless(permission.operation))
    if isinstance(reply, Refused) and reply.denied:
        where = permission.resource.value.format(
            partition="aws", region=exam.ask.region, account="ACCOUNT", instance=instance
        )
        return fail(
            "permissions",
            f"{permission.action} is not allowed",
            cause=told(reply),
            remedy=f"Allow it on {where}; 'chat-agent iam' prints the whole policy.",
        )
    if isinstance(reply, Refused) and 400 <= reply.status < 500 and reply.status != 429:
        return ok("permissions", f"{permission.action} is allowed")
    return trouble("permissions", reply)


def _harmless(operation: str) -> dict[str, Any]:
    """Members about a contact that does not exist, so that nothing can come of the call."""
    nobody = str(uuid4())
    if operation == "UpdateContactAttributes":
        return {"InitialContactId": nobody, "Attributes": {}}
    if operation == "CreateParticipant":
        details = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "doctor"}
        return {"ContactId": nobody, "ParticipantDetails": details}
    return {"ContactId": nobody}


PERMISSIONS_OF_CONNECT = (Check(name="permissions", probe=permissions, needs=("instance",)),)
