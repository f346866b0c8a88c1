"""The outcome as tables, as JSON and as a part of a page. It knows figures' names, not how they came about."""

import json
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.goals import GOALS, Goal, Table
from tests.benchmarks.pictures import PICTURES, draw
from tests.benchmarks.suite import Result

FIGURES = (
    "offered/s",
    "replies/s",
    "CPU µs per reply",
    "p50 ms",
    "p99 ms",
    "served",
    "jain",
    "joins/s",
    "CPU ms per join",
    "back",
    "CPU ms per reconnect",
    "on",
    "KB per chat",
    "core",
    "CPU s",
    "µs",
    "server busy",
)
_BEGIN, _END = "<!-- measured -->", "<!-- /measured -->"


def table_of(results: Iterable[Result]) -> Table:
    """Results by workload and peer."""
    return {(each.workload, each.peer): each for each in results}


def machine() -> str:
    """What this was measured on: whoever reads a number needs it."""
    names = ("aiobotocore", "websockets", "uvloop", "httptools", "msgspec")
    parts = ", ".join(f"{name} {version(name)}" for name in names)
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = f"{os.cpu_count()} cores ({_processor()}), {gigabytes:.0f} GB"
    return f"{cores}, Linux {platform.release()}, Python {platform.python_version()}, {parts}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def markdown(results: Sequence[Result], measured_on: str) -> str:
    """Goals first, then every workload."""
    return "\n".join([f"Measured on {measured_on}.", "", *_goals(table_of(results)), "", *_workloads(results)])


def _goals(table: Table) -> Iterator[str]:
    yield "| goal | wanted | reached (each round) | |"
    yield "|---|---|---|---|"
    for goal in GOALS:
        reached = goal.reached(table)
        mark = "" if reached is None else "yes" if goal.met(reached) else "**no**"
        yield f"| {goal.what} | {goal.wanted} | {_spread(reached, _by_round(goal, table))} | {mark} |"


def _by_round(goal: Goal, table: Table) -> tuple[float, float] | None:
    """The least and the greatest that single rounds would have shown."""
    rounds = max((len(each.runs) for each in table.values()), default=0)
    alone = [{at: replace(each, runs=each.runs[n : n + 1]) for at, each in table.items()} for n in range(rounds)]
    known = [reached for one in alone if (reached := goal.reached(one)) is not None]
    return (min(known), max(known)) if known else None


def _workloads(results: Sequence[Result]) -> Iterator[str]:
    for workload in dict.fromkeys(each.workload for each in results):
        mine = [each for each in results if each.workload == workload]
        shown = [figure for figure in FIGURES if any(each.median(figure) is not None for each in mine)]
        yield f"**{workload[:1].upper()}{workload[1:]}**"
        yield ""
        yield f"| | {' | '.join(shown)} |"
        yield "|---" * (len(shown) + 1) + "|"
        for each in mine:
            yield f"| {each.peer} | {' | '.join(_cell(each, figure) for figure in shown)} |"
            yield from (f"| | {run['failed']} |" for run in each.runs if run.get("failed"))
        yield ""


def _cell(result: Result, figure: str) -> str:
    return _spread(result.median(figure), result.spread(figure))


def _spread(middle: float | None, spread: tuple[float, float] | None) -> str:
    if middle is None or spread is None:
        return "–"
    low, high = map(_short, spread)
    return _short(middle) if low == high else f"{_short(middle)} ({low}–{high})"


def _short(value: float) -> str:
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def keep(results: Sequence[Result], folder: Path) -> None:
    """``results.json`` and the pictures in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {"machine": machine(), "results": [asdict(each) for each in results]}
    (folder / "results.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    draw(results, folder)


def kept_in(folder: Path) -> tuple[list[Result], str]:
    """What `keep` wrote: the results and the machine they are from."""
    kept = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return [Result(**each) for each in kept["results"]], kept["machine"]


def rewrite(page: Path, results: Sequence[Result], measured_on: str) -> None:
    """Puts tables and pictures where the page has its marks."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, found, after = rest.partition(_END)
    if not found:
        raise SystemExit(f"{page} has no place for the tables: {_BEGIN} … {_END}")
    pictures = [f"![{PICTURES[name]}](pictures/{name})\n" for name in draw(results, page.parent / "pictures")]
    shown = "\n".join([markdown(results, measured_on), *pictures])
    page.write_text(f"{before}{_BEGIN}\n{shown}\n{_END}{after}", encoding="utf-8")
