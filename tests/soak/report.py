"""A soak as a table for people and as JSON for programs."""

import json
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tests.soak.verdict import Finding, Soaked, memory_slope


def facts(soaked: Soaked, findings: list[Finding]) -> dict[str, Any]:
    """All figures, and the findings."""
    settled, tally, numbers = soaked.settled or [soaked.after], soaked.tally, soaked.numbers
    slope = memory_slope(soaked)
    spent = (settled[-1].cpu - settled[0].cpu) / max(settled[-1].at - settled[0].at, 1)
    return {
        "plan": soaked.plan.shown(),
        "chats": tally.chats,
        "messages": tally.asked,
        "replies": tally.answered,
        "seconds_to_reply": _spread(tally.waits),
        "memory_kb": {"before": soaked.before.rss, "settled": median(one.rss for one in settled)},
        "memory_kb_a_minute": {"slope": slope.per_minute, "by": slope.by} if slope else None,
        "core": round(spent, 3),
        "loop_lag_ms": _spread([one.lag for one in settled]),
        "throttles": numbers.parts("chat_agent_throttles_total", "operation"),
        "repeats": numbers.parts("chat_agent_call_repeats_total", "error"),
        "reconnects": numbers.parts("chat_agent_reconnects_total", "reason"),
        "sends": numbers.parts("chat_agent_sends_total", "result"),
        "endings": numbers.parts("chat_agent_chats_ended_total", "reason"),
        "lease_lapses": numbers.total("chat_agent_lease_lapses_total"),
        "findings": [{"name": one.name, "held": one.held, "said": one.said} for one in findings],
        "samples": [one.shown() for one in soaked.samples],
    }


def text(known: dict[str, Any]) -> str:
    """The figures and the findings, one a line."""
    shown = {name: value for name, value in known.items() if name not in ("findings", "samples", "plan")}
    rows = [f"{name.replace('_', ' '):24}{value}" for name, value in shown.items()]
    marks = {True: "held", False: "BROKEN", None: "not judged"}
    found = [f"{marks[one['held']]:12}{one['name']:36}{one['said']}" for one in known["findings"]]
    return "\n".join([*rows, "", *found])


def keep(known: dict[str, Any], path: Path) -> None:
    """Writes everything into `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known, indent=1), encoding="utf-8")


def _spread(values: list[float]) -> dict[str, float]:
    if len(values) < 2:
        return {}
    parts = quantiles(values, n=100)
    return {"p50": round(parts[49], 3), "p99": round(parts[98], 3), "most": round(max(values), 3)}
