"""A real Chromium for the tests here, or one loud line that says what was left out.

Nothing is downloaded: the browser is the machine's own, named by CHROMIUM or found on the PATH.
"""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.visit import Visiting, browsing, visiting
from tests.clients.browser import chromium

HOW = "install Debian's package `chromium`, or name a Chromium or Chrome in the variable CHROMIUM"
REASON = "no Chromium on this machine"
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here needs the browser; without one it is skipped."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if chromium() is None:
                item.add_marker(pytest.mark.skip(reason=REASON))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests: each gets a profile of its own, and an emulator of its own."""
    async with browsing() as chosen:
        yield chosen


@pytest.fixture
def visit(browser: Browser) -> Visiting:
    """Opens the page; see `visiting`."""
    return partial(visiting, browser)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say it so that nobody takes a green run for a whole one."""
    skipped = terminalreporter.stats.get("skipped", [])
    left_out = sum(1 for report in skipped if REASON in str(report.longrepr))
    if left_out:
        terminalreporter.section("THE BROWSER TESTS WERE LEFT OUT", sep="!", red=True, bold=True)
        terminalreporter.line(f"{left_out} tests did not run: {REASON}. To run them, {HOW}.", red=True)
