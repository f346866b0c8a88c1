"""The pytest plugin of the kit: scenario files as tests, and the branches of dialogs that no test has shown.

It does nothing in a project that has no ``*.chat`` files, and imports the kit only when there is something to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from agent.testing.scenario import Scenario

_UPDATED = "update of a chat"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("chat-agent", "testing chat bots")
    group.addoption("--update-chats", action="store_true", help="rewrite *.chat scenarios with what the bots say now")
    group.addoption("--dialog-coverage", action="store_true", help="show outcomes of questions that no test has seen")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    if file_path.suffix != ".chat":
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    _show_updates(terminalreporter)
    if config.getoption("--dialog-coverage"):
        _show_coverage(terminalreporter)


def _show_updates(reporter: pytest.TerminalReporter) -> None:
    """What was rewritten; while a test runs pytest keeps what is printed to itself."""
    for report in reporter.stats.get("passed", ()):
        for title, changes in report.sections:
            if title == f"Captured {_UPDATED} call":
                reporter.section(f"updated {report.location[0]}")
                reporter.write_line(changes)


def _show_coverage(reporter: pytest.TerminalReporter) -> None:
    from agent.testing.answered import ANSWERED

    reporter.section("questions and what no test has seen of them")
    for line in ANSWERED.table():
        reporter.write_line(line)


class ScenarioFile(pytest.File):
    """One ``*.chat`` file."""

    def collect(self) -> Iterator[ScenarioTest]:
        yield ScenarioTest.from_parent(self, name=self.path.stem)


class ScenarioFailed(Exception):
    """The conversation went another way."""


class ScenarioTest(pytest.Item):
    """Plays its file and compares."""

    def runtest(self) -> None:
        from agent.bot.plugins import load
        from agent.testing.scenario import difference, parse, play
        from agent.testing.virtual import run_virtually

        kept = parse(self.path.read_text(encoding="utf-8"))
        now = run_virtually(play(load(kept.bot), kept))
        if not (changes := difference(kept, now)):
            return
        if not self.config.getoption("--update-chats"):
            raise ScenarioFailed(f"{self.path.name} went another way (--update-chats keeps the new one):\n\n{changes}")
        self._update(now, changes)

    def _update(self, now: Scenario, changes: str) -> None:
        self.path.write_text(now.text(), encoding="utf-8")
        self.add_report_section("call", _UPDATED, changes)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        if isinstance(excinfo.value, ScenarioFailed):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"scenario {self.name}"
