"""What every test shares: Hypothesis never fails a test for being slow, because machines are; and what was left out
for want of a program is said loudly at the end, wherever in the tree and in whichever process it was skipped."""

from typing import Any

from hypothesis import HealthCheck, settings

from tests.aws.moto import moto, moto_server  # noqa: F401

settings.register_profile("noisy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("noisy machine")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A line for each reason that says what was not tried; nobody is to take a green run for a whole one."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = [str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped if report.longrepr]
    left_out = [reason for reason in reasons if "not tried" in reason]
    if left_out:
        terminalreporter.section("CLIENTS WERE LEFT OUT", sep="!", red=True, bold=True)
    for reason in sorted(set(left_out)):
        terminalreporter.line(f"{left_out.count(reason)} tests did not run. {reason}", red=True)
