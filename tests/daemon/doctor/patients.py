"""Whom the doctor looks at: settings of an installation, answers of AWS that a test chooses, one visit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.aws.inquiry import Answered, Refused, Reply
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.doctor.checks import CHECKS
from agent.daemon.doctor.checkup import checked_up
from agent.daemon.doctor.examination import Exam, Probe
from agent.daemon.doctor.findings import Finding, Severity
from agent.emulator import INSTANCE_ID


def at(url: str, tmp_path: Path, **sections: Any) -> Configuration:
    """Settings for the Amazon Connect at `url`, with a store that does not exist yet."""
    named: dict[str, Any] = {
        "connect": {"endpoint_url": url, "instance": INSTANCE_ID},
        "bot": {"target": "echo"},
        "store": {"path": tmp_path / "contacts.sqlite3"},
    }
    for name, values in sections.items():
        named[name] = {**named.get(name, {}), **values}
    return Configuration(**named)


async def visit(settings: Configuration, **wishes: Any) -> list[Finding]:
    """All findings about an installation."""
    return await checked_up(settings, clock=SystemClock(), **{"checks": CHECKS, **wishes})


def bad(findings: Sequence[Finding]) -> list[str]:
    """The checks that warn or fail, each once."""
    return list(dict.fromkeys(one.check for one in findings if one.severity in (Severity.WARN, Severity.FAIL)))


@dataclass(slots=True)
class Told:
    """An `Inquiry` that answers as it is told; whatever it was not told about does not exist."""

    replies: Mapping[str, Reply] = field(default_factory=dict)
    url: str = "https://connect.us-east-1.amazonaws.com"
    found: str | None = "env"
    region: str = "us-east-1"
    ca_bundle: str = "/nowhere.pem"
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def endpoint(self, service: str) -> str:
        return self.url

    async def credentials(self) -> str | None:
        return self.found

    async def __call__(self, service: str, operation: str, **members: Any) -> Reply:
        self.asked.append((service, operation))
        return self.replies.get(operation, Refused(code="ResourceNotFoundException", status=404))


async def found(probe: Probe, ask: Told, settings: Configuration | None = None, **wishes: Any) -> list[Finding]:
    """What one check finds, with answers of the test's choice."""
    settings = settings or Configuration(connect={"instance": INSTANCE_ID})
    return list(await probe(Exam(settings=settings, ask=ask, clock=SystemClock(), **wishes)))


def answered(**members: Any) -> Answered:
    """An answer with these members."""
    return Answered(members=members)
