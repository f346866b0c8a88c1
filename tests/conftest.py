"""What every test shares: Hypothesis never fails a test for being slow, because machines are; what may take longest
begins first; and what was left out for want of a program is said loudly at the end, wherever in the tree and in
whichever process it was skipped."""

import os
import signal
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.aws.moto import moto, moto_server  # noqa: F401

settings.register_profile("noisy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("noisy machine")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background jobs hand that down to all they start
    signal.signal(signal.SIGINT, signal.default_int_handler)

PATIENT = ("processes", "browser", "chatjs")
"""Marks of tests that wait for other programs, which a busy machine keeps waiting."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """One worker has the browser and one has moto: to start either takes longer than most of their tests."""
    if item.get_closest_marker("browser"):
        item.add_marker(pytest.mark.xdist_group("browser"))
    elif "moto_server" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.xdist_group("moto"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """No worker ends alone with a long story that it began late; in all else the order stays random."""
    for item in items:
        if any(map(item.get_closest_marker, PATIENT)) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(240))
    items.sort(key=_longest, reverse=True)


def _longest(item: pytest.Item) -> float:
    """How long it may take."""
    bound = item.get_closest_marker("timeout")
    return float(bound.args[0]) if bound else 0.0


@pytest.fixture(scope="session", autouse=True)
def measured() -> Mapping[str, str]:
    """Variables that let coverage look into a program. Whoever starts one hands them on where it pays: it is slow."""
    return {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COVERAGE_PROCESS_")}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A line for each reason that says what was not tried; nobody is to take a green run for a whole one."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = [str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped if report.longrepr]
    left_out = [reason for reason in reasons if "not tried" in reason]
    if left_out:
        terminalreporter.section("CLIENTS WERE LEFT OUT", sep="!", red=True, bold=True)
    for reason in sorted(set(left_out)):
        terminalreporter.line(f"{left_out.count(reason)} tests did not run. {reason}", red=True)
