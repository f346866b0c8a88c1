"""Checks of who is asking, and when: credentials and clock. The doctor introduces itself; it changes nothing."""

from collections.abc import Sequence
from datetime import timedelta

from agent.aws.hosts import host_of, is_loopback
from agent.aws.inquiry import Answered, Refused, Reply, Unanswered
from agent.daemon.doctor.examination import Check, Exam
from agent.daemon.doctor.findings import Finding, fail, ok, skipped, warn
from agent.daemon.doctor.replies import about_instance, told

SKEW_WARN = timedelta(seconds=30)
SKEW_FAIL = timedelta(minutes=5)
"""AWS refuses what was signed with a clock that is further off [documented]."""
_STS = "`aws sts get-caller-identity` must succeed in the same environment."


async def credentials(exam: Exam) -> Sequence[Finding]:
    """Whether there are any, and whether AWS takes them."""
    local = is_loopback(host_of(await exam.ask.endpoint("connect")))
    found = await exam.ask.credentials()
    if not found and not local:
        return [
            fail(
                "credentials",
                "no AWS credentials were found",
                cause="neither environment, profile, container nor machine gives any",
                remedy=f"Give the process a role, or set AWS_PROFILE. {_STS}",
            )
        ]
    reply = await _introduced(exam, local=local)
    if isinstance(reply, Refused) and reply.unknown_caller:
        return [_refused(reply)]
    if local:
        return [ok("credentials", "not needed: the endpoint is on this machine")]
    if isinstance(reply, Answered):
        return [ok("credentials", f"{reply.members.get('Arn')}, by {found}")]
    return [
        warn(
            "credentials",
            f"found by {found}, but whose they are is not known",
            cause=told(reply) if reply is not None else "nobody was asked",
            remedy="Nothing, if the checks below pass: only this question went unanswered.",
        )
    ]


async def _introduced(exam: Exam, *, local: bool) -> Reply | None:
    if not local:
        return await exam.ask("sts", "GetCallerIdentity")
    return await about_instance(exam) if exam.settings.connect.instance else None


def _refused(reply: Refused) -> Finding:
    return fail(
        "credentials",
        "AWS refuses the credentials",
        cause=told(reply),
        remedy=f"They are expired, deleted or mistyped; renew them. {_STS}",
    )


async def clock(exam: Exam) -> Sequence[Finding]:
    """How far this machine's clock is from AWS's, by the Date of an answer."""
    if exam.settings.connect.instance is None:
        return [skipped("clock", "no instance is named, so nobody was asked")]
    reply = await about_instance(exam)
    if isinstance(reply, Unanswered) or reply.date is None:
        return [skipped("clock", "no answer came that shows the time")]
    off = exam.clock.now() - reply.date
    if abs(off) < SKEW_WARN:
        return [ok("clock", f"within {SKEW_WARN.seconds} s of AWS's")]
    finding = fail if abs(off) >= SKEW_FAIL else warn
    how = "ahead of" if off > timedelta(0) else "behind"
    return [
        finding(
            "clock",
            f"this machine's clock is {abs(off).total_seconds():.0f} s {how} AWS's",
            cause="it is not set by NTP; beyond five minutes AWS refuses every signed call",
            remedy="Switch time synchronisation on (chrony, systemd-timesyncd; on a VM, its host's).",
        )
    ]


ACCOUNT = (
    Check(name="credentials", probe=credentials, needs=("dns",)),
    Check(name="clock", probe=clock, needs=("dns",)),
)
