"""The check of quotas: whether the rates in the settings fit those that every instance has. It asks nobody: AWS tells
the rates of Amazon Connect's operations to no program that chat-agent could rely on."""

from collections.abc import Sequence

from agent.aws.hosts import host_of, is_aws
from agent.config import PacingSection
from agent.daemon.doctor.examination import Check, Exam
from agent.daemon.doctor.findings import Finding, ok, warn

MOST_CHATS = 500
"""Active chats of one instance unless AWS raised it [documented]."""


async def quotas(exam: Exam) -> Sequence[Finding]:
    """Whether the rates in the settings fit those that Amazon Connect gives unasked."""
    remote = is_aws(host_of(await exam.ask.endpoint("connect")))
    pacing, unasked = exam.settings.pacing, PacingSection()
    if not pacing.enabled and remote:
        return [
            warn(
                "quotas",
                "pacing is off",
                cause="pacing.enabled is false, and customers and agents share the instance's rates with the bots",
                remedy="Set pacing.enabled = true.",
            )
        ]
    raised = [
        name
        for name in PacingSection.model_fields
        if name not in ("enabled", "share") and getattr(pacing, name).rate > getattr(unasked, name).rate
    ]
    findings = [_raised(raised)] if raised else []
    if exam.settings.worker.max_chats > MOST_CHATS:
        findings.append(_many(exam.settings.worker.max_chats))
    return findings or [ok("quotas", "the rates and chats in use are within what every instance has")]


def _raised(names: Sequence[str]) -> Finding:
    return warn(
        "quotas",
        f"{', '.join(f'pacing.{name}' for name in names)} exceed the documented default",
        cause="that is right only where AWS has raised the quota, which cannot be asked",
        remedy="Compare with Service Quotas in the console, service Amazon Connect.",
    )


def _many(chats: int) -> Finding:
    return warn(
        "quotas",
        f"worker.max_chats is {chats}",
        cause=f"an instance has {MOST_CHATS} active chats unless AWS raised that; after a broken network {chats} chats "
        f"take {chats / 6:.0f} s to come back at 6 connections a second",
        remedy="Raise 'Concurrent active chats per instance' in Service Quotas first, or serve fewer.",
    )


QUOTAS = (Check(name="quotas", probe=quotas, needs=("dns",)),)
