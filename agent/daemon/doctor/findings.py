"""What a check found: how bad it is, what, why, and what to do about it. Words only; nothing here looks at anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is."""

    OK = "ok"
    SKIPPED = "skipped"
    WARN = "warn"
    FAIL = "fail"


_ORDER = list(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check found. For a skipped check `cause` says why it was skipped."""

    check: str
    severity: Severity
    what: str
    cause: str = ""
    remedy: str = ""


def ok(check: str, what: str) -> Finding:
    """All is well."""
    return Finding(check=check, severity=Severity.OK, what=what)


def skipped(check: str, cause: str, remedy: str = "") -> Finding:
    """It could not be looked at, or need not be."""
    return Finding(check=check, severity=Severity.SKIPPED, what="not checked", cause=cause, remedy=remedy)


def warn(check: str, what: str, *, cause: str, remedy: str) -> Finding:
    """It works, or may work; something deserves attention."""
    return Finding(check=check, severity=Severity.WARN, what=what, cause=cause, remedy=remedy)


def fail(check: str, what: str, *, cause: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(check=check, severity=Severity.FAIL, what=what, cause=cause, remedy=remedy)


def worst(findings: Iterable[Finding]) -> Severity:
    """The worst of all; OK when there are none."""
    return max((one.severity for one in findings), key=_ORDER.index, default=Severity.OK)
