"""Figures that stand in a page of the docs: kept as JSON, put between the page's marks, with the machine they are from.

It knows no figure's meaning.
"""

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def machine() -> str:
    """What this was measured on, and how busy that was: whoever reads a number needs it."""
    load = ", ".join(f"{average:.0f}" for average in os.getloadavg())
    return f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, load averages {load}"


def share(ordered: Sequence[float], part: float) -> float:
    """The value that this part of them does not exceed."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def given_out(path: Path, kept: dict[str, Any]) -> None:
    """Kept for the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def rewrite(page: Path, mark: str, text: str) -> None:
    """Puts `text` between the marks of that name."""
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{page} has no place for it: {begin} … {end}")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
