"""Figures from what was counted, and limits."""

from dataclasses import fields

import pytest

from agent.cli.benching.figures import Figures, Limits, Tally, Usage, quantile

TALLY = Tally(latencies=[n / 1000 for n in range(1, 101)], joins=[0.5], said=101, replies=200, unanswered=1, failed=2)


def _figures(tally: Tally = TALLY, usage: Usage | None = None) -> Figures:
    known = usage or Usage(cpu=2.0, memory=4000, resident=9000)
    return Figures(bot="echo", chats=4, seconds=10.0, answered=90, replies=180, tally=tally, usage=known)


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.75, 3), (0.76, 4), (1.0, 4), (0.0, 1)])
def test_a_quantile_is_the_least_value_that_so_many_do_not_exceed(share: float, value: float) -> None:
    """Whatever their order."""
    assert quantile([4, 2, 3, 1], share) == value


def test_without_values_there_is_no_quantile() -> None:
    """Nor an error."""
    assert quantile([], 0.5) is None


def test_the_record_has_milliseconds_rates_and_parts() -> None:
    """Rates count what came while it was measured, latencies all answers."""
    record = _figures().record()
    assert record["latency_ms"] == {"p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0}
    assert (record["answered"], record["answered_per_second"], record["replies_per_second"]) == (100, 9.0, 18.0)
    assert (record["cpu_ms_per_chat"], record["memory_bytes_per_chat"], record["memory_bytes"]) == (500.0, 1000, 9000)


def test_what_is_not_known_is_null() -> None:
    """Not zero."""
    record = _figures(Tally(), Usage()).record()
    unknown = {"cpu_seconds", "cpu_ms_per_chat", "cpu_ms_per_message", "memory_bytes", "memory_bytes_per_chat"}
    assert {name for name, value in record.items() if value is None} == unknown
    assert record["latency_ms"]["p99"] is None


@pytest.mark.parametrize(
    ("limit", "holds", "broken"),
    [
        ("max_p50", 50, 49.9),
        ("max_p95", 95, 94),
        ("max_p99", 99, 98),
        ("min_rate", 9, 9.1),
        ("max_unanswered", 1, 0),
        ("max_failed", 2, 1),
    ],
)
def test_each_limit_holds_up_to_its_value(limit: str, holds: float, broken: float) -> None:
    """And one sentence says how far it is missed."""
    assert _figures().broken(Limits(**{limit: holds})) == []  # type: ignore[arg-type]
    assert len(_figures().broken(Limits(**{limit: broken}))) == 1  # type: ignore[arg-type]


def test_every_limit_is_tried_above() -> None:
    """Six."""
    assert len(fields(Limits)) == 6


def test_without_an_answer_no_latency_holds() -> None:
    """A dead bot is not a fast one."""
    told = _figures(Tally(missed=3)).broken(Limits(max_p99=1e9, max_unanswered=2))
    assert told == [
        "p99 of the latency may be 1e+09 ms: no answer came.",
        "At most 2 messages unanswered are allowed: it were 3.",
    ]
