"""``chat-agent doctor``: what is wrong here, why, and what to do; the exit code says the worst."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import typer

from agent.cli.exits import Exit
from agent.cli.running import on_loop
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.doctor.checks import CHECKS, OF_A_CHAT
from agent.daemon.doctor.checkup import Wishes, checked_up
from agent.daemon.doctor.findings import Finding, Severity, worst
from agent.ids import ContactId

_COLOURS = {Severity.OK: "green", Severity.SKIPPED: "bright_black", Severity.WARN: "yellow", Severity.FAIL: "red"}
_EXITS = {Severity.WARN: Exit.DOUBTFUL, Severity.FAIL: Exit.UNFIT}


def doctor(
    settings: Configuration,
    *,
    flow: str | None,
    try_chat: str | None,
    contact: str | None,
    transcript: bool,
    as_json: bool,
) -> None:
    """Examines the installation, or one chat.

    Raises:
        typer.Exit: with the code of the worst finding.
        ConfigurationError: the settings are such that nothing can be asked.
    """
    wishes: Wishes = {"flow": flow, "try_chat": try_chat, "read_transcript": transcript}
    checks = CHECKS
    if contact is not None:
        wishes["contact"], checks = ContactId(contact), OF_A_CHAT
    tell(on_loop(lambda: checked_up(settings, clock=SystemClock(), checks=checks, **wishes)), as_json=as_json)


def tell(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Prints the findings and ends with the exit code of the worst."""
    if as_json:
        typer.echo(json.dumps({"worst": worst(findings), "findings": [asdict(one) for one in findings]}, indent=2))
    else:
        _print(findings)
    raise typer.Exit(_EXITS.get(worst(findings), Exit.OK))


def _print(findings: Sequence[Finding]) -> None:
    width = max((len(one.check) for one in findings), default=0)
    for one in findings:
        mark = typer.style(f"{one.severity:<8}", fg=_COLOURS[one.severity], bold=one.severity is Severity.FAIL)
        typer.echo(f"{mark}{one.check:<{width}}  {one.what}")
        for label, text in (("because", one.cause), ("do", one.remedy)):
            if text:
                typer.echo(f"{'':{width + 10}}{label}: {text}")
    counts = [(sum(one.severity is kind for one in findings), kind) for kind in reversed(Severity)]
    typer.echo(", ".join(f"{count} {kind}" for count, kind in counts if count))
