"""Who asks, when, and of which instance: each answer of AWS and what the doctor makes of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.aws.inquiry import Answered, Refused, Reply, Unanswered
from agent.config import Configuration
from agent.daemon.doctor.account import clock, credentials
from agent.daemon.doctor.findings import Severity
from agent.daemon.doctor.flows import flows
from agent.daemon.doctor.instance import instance
from agent.daemon.doctor.permissions import permissions
from agent.daemon.doctor.quotas import quotas
from tests.daemon.doctor.patients import INSTANCE_ID, Told, answered, found

DENIED = Refused(code="AccessDeniedException", status=403, words="not authorized")
EXPIRED = Refused(code="ExpiredToken", status=400)
LOCAL = "http://127.0.0.1:1"
SILENT = Unanswered(reason="nobody answers at the endpoint")
BUSY = Refused(code="ThrottlingException", status=429)


@pytest.mark.parametrize(
    ("told", "severity", "words"),
    [
        (Told(found=None), Severity.FAIL, "no AWS credentials"),
        (Told(replies={"GetCallerIdentity": EXPIRED}), Severity.FAIL, "refuses the credentials"),
        (Told(replies={"GetCallerIdentity": answered(Arn="arn:role/bot")}), Severity.OK, "arn:role/bot, by env"),
        (Told(replies={"GetCallerIdentity": SILENT}), Severity.WARN, "not known"),
        (Told(url=LOCAL, found=None), Severity.OK, "not needed"),
        (Told(url=LOCAL, replies={"DescribeInstance": EXPIRED}), Severity.FAIL, "refuses the credentials"),
    ],
)
async def test_credentials(told: Told, severity: Severity, words: str) -> None:
    """There are none; AWS refuses them; AWS names their owner; AWS is silent; nobody needs any."""
    (finding,) = await found(credentials, told)
    assert finding.severity is severity
    assert words in finding.what


async def test_a_local_connect_without_an_instance_takes_any_credentials() -> None:
    """Nobody is asked."""
    told = Told(url=LOCAL)
    (finding,) = await found(credentials, told, Configuration())
    assert finding.severity is Severity.OK
    assert told.asked == []


def dated(**off: float) -> Answered:
    """An answer of a service whose clock is off by this."""
    return Answered(members={}, date=datetime.now(UTC) + timedelta(**off))


@pytest.mark.parametrize(
    ("reply", "severity", "words"),
    [
        (lambda: dated(seconds=2), Severity.OK, "within"),
        (lambda: dated(seconds=60), Severity.WARN, "behind"),
        (lambda: dated(seconds=-60), Severity.WARN, "ahead of"),
        (lambda: dated(minutes=10), Severity.FAIL, "behind"),
        (lambda: dated(minutes=-10), Severity.FAIL, "ahead of"),
        (lambda: SILENT, Severity.SKIPPED, "not checked"),
        (answered, Severity.SKIPPED, "not checked"),
    ],
)
async def test_the_clock(reply: Callable[[], Reply], severity: Severity, words: str) -> None:
    """By the Date of any answer; beyond five minutes nothing signed is taken."""
    (finding,) = await found(clock, Told(replies={"DescribeInstance": reply()}))
    assert finding.severity is severity
    assert words in finding.what


async def test_the_clock_needs_somebody_to_ask() -> None:
    """Without an instance there is nobody."""
    (finding,) = await found(clock, Told(), Configuration())
    assert finding.severity is Severity.SKIPPED


@pytest.mark.parametrize(
    ("reply", "severity", "words"),
    [
        (answered(Instance={"InstanceStatus": "ACTIVE"}), Severity.OK, "is active"),
        (answered(Instance={"InstanceStatus": "CREATION_IN_PROGRESS"}), Severity.FAIL, "CREATION_IN_PROGRESS"),
        (
            answered(Instance={"InstanceStatus": "CREATION_FAILED", "StatusReason": {"Message": "why"}}),
            Severity.FAIL,
            "CREATION_FAILED",
        ),
        (Refused(code="ResourceNotFoundException", status=404), Severity.FAIL, "is not known in us-east-1"),
        (Refused(code="InvalidRequestException", status=400), Severity.FAIL, "is not known"),
        (DENIED, Severity.WARN, "may not be looked at"),
        (BUSY, Severity.WARN, "not known now"),
        (SILENT, Severity.FAIL, "gives no answer"),
    ],
)
async def test_the_instance(reply: Reply, severity: Severity, words: str) -> None:
    """Active, not ready, unknown, not to be looked at, out of reach."""
    (finding,) = await found(instance, Told(replies={"DescribeInstance": reply}))
    assert finding.severity is severity
    assert words in finding.what


@pytest.mark.parametrize(
    ("reply", "severity"),
    [
        (DENIED, Severity.FAIL),
        (Refused(code="ResourceNotFoundException", status=404), Severity.OK),
        (Refused(code="InvalidRequestException", status=400), Severity.OK),
        (BUSY, Severity.WARN),
        (Refused(code="InternalServiceException", status=500), Severity.WARN),
        (SILENT, Severity.WARN),
    ],
)
async def test_each_action_is_tried_where_nothing_can_come_of_it(reply: Reply, severity: Severity) -> None:
    """Denied is told from not found; all else is no verdict."""
    findings = await found(permissions, Told(replies={"CreateParticipant": reply}))
    assert [one.severity for one in findings] == [severity, *[Severity.OK] * 4]


@pytest.mark.parametrize(
    ("ingress", "severities"),
    [("auto", [Severity.WARN]), ("streaming", [Severity.FAIL]), ("websocket", [])],
)
async def test_streaming_is_needed_only_where_it_is_the_way(ingress: str, severities: list[Severity]) -> None:
    """As the second way it deserves attention."""
    settings = Configuration(connect={"instance": INSTANCE_ID, "ingress": ingress})
    findings = await found(permissions, Told(replies={"StartContactStreaming": DENIED}), settings)
    assert [one.severity for one in findings if one.severity is not Severity.OK] == severities


async def test_a_denied_action_is_told_with_the_resource_to_allow_it_on() -> None:
    """The operator copies it."""
    findings = await found(permissions, Told(replies={"DescribeContact": DENIED}))
    (denied,) = [one for one in findings if one.severity is Severity.FAIL]
    assert "arn:aws:connect:us-east-1:ACCOUNT:instance/11111111-2222-4333-8444-555555555555/contact/*" in denied.remedy


@pytest.mark.parametrize(
    ("settings", "severity", "words"),
    [
        ({}, Severity.OK, "within"),
        ({"pacing": {"enabled": False}}, Severity.WARN, "pacing is off"),
        ({"pacing": {"send_event": {"rate": 11, "burst": 15}}}, Severity.WARN, "pacing.send_event"),
        ({"worker": {"max_chats": 600}}, Severity.WARN, "max_chats is 600"),
    ],
)
async def test_quotas(settings: dict[str, Any], severity: Severity, words: str) -> None:
    """What every instance has is the measure."""
    (finding,) = await found(quotas, Told(), Configuration(**settings))
    assert finding.severity is severity
    assert words in finding.what


FLOW = {"DescribeContactFlow": answered(ContactFlow={"Name": "mine", "Content": "{}"})}


@pytest.mark.parametrize(
    ("replies", "flow", "severity", "words"),
    [
        (FLOW, "f-1", Severity.FAIL, "flow mine cannot be read"),
        ({}, "f-1", Severity.FAIL, "flow f-1 does not exist"),
        (
            {"DescribeContactFlow": Refused(code="ContactFlowNotPublishedException", status=404)},
            "f-1",
            Severity.FAIL,
            "not published",
        ),
        ({"DescribeContactFlow": DENIED}, "f-1", Severity.SKIPPED, "not checked"),
        ({"ListContactFlows": DENIED}, None, Severity.SKIPPED, "not checked"),
        ({"ListContactFlows": answered(ContactFlowSummaryList=[])}, None, Severity.WARN, "none of the 0 flows"),
        (
            {"ListContactFlows": answered(ContactFlowSummaryList=[{"Id": "f-1"}]), **FLOW},
            None,
            Severity.WARN,
            "none of the 1 flows",
        ),
        (
            {"ListContactFlows": answered(ContactFlowSummaryList=[{"Id": "f-1"}])},
            None,
            Severity.FAIL,
            "f-1 does not exist",
        ),
    ],
)
async def test_flows(replies: dict[str, Reply], flow: str | None, severity: Severity, words: str) -> None:
    """The one that is named, or each that waits for a bot."""
    (finding,) = await found(flows, Told(replies=replies), flow=flow)
    assert finding.severity is severity
    assert words in finding.what


async def test_many_flows_are_looked_through_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate of DescribeContactFlow is two a second."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("agent.daemon.doctor.flows.anyio.sleep", sleep)
    listed = answered(ContactFlowSummaryList=[{"Id": f"f-{n}"} for n in range(5)])
    await found(flows, Told(replies={"ListContactFlows": listed, **FLOW}))
    assert slept == [0.5, 0.5]
