"""The section "Stories" of docs/reliability.md, written by `python -m tests.scenarios.page` and checked by a test.

Each rule is the docstring of its story. The rest of the page belongs to others and is left alone.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from tests.scenarios.stories import MODULES, TABLES, Row, Story

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
PREFACE = """## Stories

Each row is told over the real wire: HTTP and websockets on loopback, the AWS client, the whole session. This section is
written by `python -m tests.scenarios.page`, and a test holds it to the stories in `tests/scenarios/`."""


def told() -> set[Story]:
    """Every story that some row names."""
    rows = (row for table in TABLES.values() for row in table)
    return {story for row in rows if not isinstance(row.told_by, str) for story in row.told_by}


def existing() -> set[Story]:
    """Every story there is."""
    members = (member for module in MODULES for member in inspect.getmembers(module, inspect.isfunction))
    return {story for name, story in members if name.startswith("test_")}


def section() -> str:
    """The section, as Markdown."""
    return "\n".join((PREFACE, *_tables()))


def written(page: str) -> str:
    """The section as `page` has it; empty if it has none."""
    found = re.search(r"^## Stories\n.*?(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    return found.group().rstrip("\n") if found else ""


def replaced(page: str) -> str:
    """`page` with the section as it should be; at its end if it has none."""
    old = written(page)
    return page.replace(old, section()) if old else f"{page.rstrip()}\n\n{section()}\n".lstrip()


def _tables() -> Iterator[str]:
    for title, rows in TABLES.items():
        yield f"\n### {title}\n"
        yield "| What happens | The rule | The story |"
        yield "|---|---|---|"
        for row in rows:
            yield from _lines(row)


def _lines(row: Row) -> Iterator[str]:
    if isinstance(row.told_by, str):
        yield f"| {row.happens} | {row.told_by} | none |"
        return
    for number, story in enumerate(row.told_by):
        place = f"`{story.__module__.rpartition('.')[2]}.py::{story.__name__}`"
        yield f"| {'' if number else row.happens} | {inspect.getdoc(story)} | {place} |"


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Reliability\n"
    PAGE.write_text(replaced(before), encoding="utf-8")
