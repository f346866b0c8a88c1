"""The check of contact flows: fetches them from the instance and lets `wiring` read them. Nothing is changed."""

from collections.abc import Sequence
from typing import Any

import anyio

from agent.aws.inquiry import Answered, Refused
from agent.daemon.doctor import wiring
from agent.daemon.doctor.examination import Check, Exam
from agent.daemon.doctor.findings import Finding, fail, skipped, warn
from agent.daemon.doctor.replies import told

MOST = 20
"""Flows that are looked through for one that waits for a bot."""
AT_ONCE = 3
"""What the rate of DescribeContactFlow, 2 a second and 5 at once [documented], leaves after the other checks."""
_NAME_IT = "Name it with --flow (its id or ARN)."


async def flows(exam: Exam) -> Sequence[Finding]:
    """Whether the named flow, or each that waits for a bot, can work."""
    if exam.flow is not None:
        found = await _fetched(exam, exam.flow)
        return [found] if isinstance(found, Finding) else wiring.diagnose(*found)
    listed = await exam.ask(
        "connect",
        "ListContactFlows",
        InstanceId=exam.settings.connect.instance,
        ContactFlowTypes=["CONTACT_FLOW"],
        MaxResults=MOST,
    )
    if not isinstance(listed, Answered):
        return [
            skipped("flow", f"flows cannot be listed: {told(listed)}", "Allow connect:ListContactFlows, or --flow.")
        ]
    return await _looked_through(exam, listed.members.get("ContactFlowSummaryList") or [])


async def _looked_through(exam: Exam, summaries: Sequence[Any]) -> Sequence[Finding]:
    findings: list[Finding] = []
    for number, summary in enumerate(summaries):
        if number >= AT_ONCE:
            await anyio.sleep(0.5)
        found = await _fetched(exam, summary["Id"])
        if isinstance(found, Finding):
            return [*findings, found]
        if wiring.BOT_LEFT in found[1]:
            findings += wiring.diagnose(*found)
    return findings or [
        warn(
            "flow",
            f"none of the {len(summaries)} flows looked at waits for a bot",
            cause="no Wait block with participant type Bot is in them",
            remedy=f"{_NAME_IT} 'chat-agent flow' prints one that fits.",
        )
    ]


async def _fetched(exam: Exam, flow: str) -> tuple[str, str] | Finding:
    """The flow's name and content."""
    reply = await exam.ask(
        "connect", "DescribeContactFlow", InstanceId=exam.settings.connect.instance, ContactFlowId=flow
    )
    if isinstance(reply, Answered):
        about = reply.members.get("ContactFlow") or {}
        return str(about.get("Name") or flow), str(about.get("Content") or "")
    if isinstance(reply, Refused) and reply.code == "ContactFlowNotPublishedException":
        return fail("flow", f"flow {flow} is not published", cause=told(reply), remedy="Publish it in the console.")
    if isinstance(reply, Refused) and reply.missing:
        return fail("flow", f"flow {flow} does not exist in this instance", cause=told(reply), remedy=_NAME_IT)
    return skipped("flow", f"flow {flow} cannot be read: {told(reply)}", "Allow connect:DescribeContactFlow.")


FLOWS = (Check(name="flow", probe=flows, needs=("instance",)),)
