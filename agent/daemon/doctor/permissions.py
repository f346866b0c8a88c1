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
from agent.daemon.doctor.findings import Finding, fail, ok, warn
from agent.daemon.doctor.replies import told, trouble


async def permissions(exam: Exam) -> Sequence[Finding]:
    """Whether each action is allowed that serving a chat takes, and where chats may be streamed, those of streaming."""
    needs = {Need.SERVE} | ({Need.STREAM} if exam.settings.connect.ingress != "websocket" else set())
    wanted = [one for one in PERMISSIONS if one.need in needs and one.service == "connect"]
    return [await _tried(exam, one) for one in wanted]


async def _tried(exam: Exam, permission: Permission) -> Finding:
    members = {"InstanceId": exam.settings.connect.instance, **_harmless(permission.operation, exam.ask.region)}
    reply = await exam.ask("connect", permission.operation, **members)
    if isinstance(reply, Refused) and reply.denied:
        return _denied(exam, permission, reply)
    if isinstance(reply, Refused) and 400 <= reply.status < 500 and reply.status != 429:
        return ok("permissions", f"{permission.action} is allowed")
    return trouble("permissions", reply)


def _denied(exam: Exam, permission: Permission, reply: Refused) -> Finding:
    """Streaming that is only the second way may stay forbidden."""
    spare = permission.need is Need.STREAM and exam.settings.connect.ingress == "auto"
    where = permission.resource.value.format(
        partition="aws", region=exam.ask.region, account="ACCOUNT", instance=exam.settings.connect.instance
    )
    return (warn if spare else fail)(
        "permissions",
        f"{permission.action} is not allowed",
        cause=told(reply),
        remedy=f"Allow it on {where}; 'chat-agent iam' prints the whole policy."
        + (" Or set connect.ingress = websocket, where the instance gives bots one." if spare else ""),
    )


def _harmless(operation: str, region: str) -> dict[str, Any]:
    """Members about a contact that does not exist, so that nothing can come of the call."""
    nobody = str(uuid4())
    match operation:
        case "UpdateContactAttributes":
            return {"InitialContactId": nobody, "Attributes": {}}
        case "CreateParticipant":
            details = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "doctor"}
            return {"ContactId": nobody, "ParticipantDetails": details}
        case "StartContactStreaming":
            topic = {"StreamingEndpointArn": f"arn:aws:sns:{region}:000000000000:nobody"}
            return {"ContactId": nobody, "ChatStreamingConfiguration": topic, "ClientToken": nobody}
        case "StopContactStreaming":
            return {"ContactId": nobody, "StreamingId": nobody}
        case _:
            return {"ContactId": nobody}


PERMISSIONS_OF_CONNECT = (Check(name="permissions", probe=permissions, needs=("instance",)),)
