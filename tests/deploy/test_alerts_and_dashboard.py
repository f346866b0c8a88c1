"""Alert rules and dashboard ask for metrics, labels and values that exist; promtool agrees, where it is."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from math import prod
from typing import Any

import pytest

from agent.telemetry.catalogue import METRICS, PROBES, Kind, Metric
from agent.telemetry.metrics import Metrics
from tests.deploy.queries import RULE_TESTS, RULES, counters, panels, queries, rules

EVERYWHERE = {"instance", "job", "le"}


def _known() -> dict[str, dict[str, tuple[str, ...]]]:
    """Every series that a query may name, with its labels and their values; no values: anything."""
    known: dict[str, dict[str, tuple[str, ...]]] = {}
    for metric in METRICS:
        suffixes = ("_bucket", "_sum", "_count") if metric.kind is Kind.HISTOGRAM else ("",)
        for suffix in suffixes:
            known[metric.full_name + suffix] = {label.name: label.values or () for label in metric.labels}
    for probe in PROBES:
        known[probe.full_name] = {probe.label: probe.values} if probe.label else {}
    return known


KNOWN = _known()


def _mistakes(query: str) -> Iterator[str]:
    """What of `query` does not exist."""
    for name, _, selector in re.findall(r"(chat_agent_\w+)(\{([^}]*)\})?", query):
        if name not in KNOWN:
            yield name
            continue
        for label, operator, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', selector):
            yield from _wrong(name, label, value.split("|") if "~" in operator else [value])


def _wrong(name: str, label: str, values: list[str]) -> Iterator[str]:
    labels = KNOWN[name]
    if label not in labels and label not in EVERYWHERE:
        yield f"{name} has no label {label}"
    for value in values:
        if labels.get(label) and not value.startswith("$") and value not in labels[label]:
            yield f"{name} has no {label} {value}"


@pytest.mark.parametrize(("where", "query"), [pytest.param(*each, id=each[0]) for each in sorted(set(queries()))])
def test_a_query_asks_for_what_exists(where: str, query: str) -> None:
    """Names, labels and fixed values, against the table that the metrics are made from."""
    assert list(_mistakes(query)) == []


@pytest.mark.parametrize(
    ("query", "mistake"),
    [
        ("rate(chat_agent_turn_total[5m])", "chat_agent_turn_total"),
        ('chat_agent_turns_total{colour="red"}', "chat_agent_turns_total has no label colour"),
        ('chat_agent_turns_total{outcome=~"failed|lost"}', "chat_agent_turns_total has no outcome lost"),
        ("chat_agent_reply_seconds", "chat_agent_reply_seconds"),
    ],
)
def test_the_check_finds_mistakes(query: str, mistake: str) -> None:
    """A check that finds none proves nothing."""
    assert list(_mistakes(query)) == [mistake]


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule["alert"]) for rule in rules()])
def test_an_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    """A page at night is read by somebody who did not write it."""
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"].endswith(".")
    assert rule["annotations"]["description"].endswith(".")


def test_every_alert_has_a_name_of_its_own() -> None:
    """And every panel an id and a place of its own."""
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    shown = panels()
    assert len({panel["id"] for panel in shown}) == len(shown)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in shown}) == len(shown)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in shown)


@pytest.mark.parametrize("metric", [pytest.param(metric, id=metric.name) for metric in counters()])
def test_a_counter_that_is_asked_for_is_shown_before_anything_happened(metric: Metric) -> None:
    """At 0, in every series that it may have for a bot that is served: else its first count were no increase."""
    shown = Metrics(["shop", "faq"]).exposition()[0].decode().splitlines()
    lines = [line for line in shown if re.match(rf"{metric.full_name}[ {{]", line)]
    assert len(lines) == prod(len(label.values or ("shop", "faq")) for label in metric.labels)
    assert all(line.endswith(" 0.0") for line in lines)


def test_the_dashboard_shows_every_metric_that_an_alert_is_about() -> None:
    """Who is woken finds the number."""
    shown = " ".join(target["expr"] for panel in panels() for target in panel.get("targets", ()))
    asked = {name for rule in rules() for name in re.findall(r"chat_agent_\w+", rule["expr"])}
    assert {name for name in asked if name not in shown} <= {
        "chat_agent_reload_failures_total",
        "chat_agent_reply_seconds_count",
    }


def _promtool(*arguments: str, shown: bytes = b"") -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip(
            "promtool (Debian's package `prometheus`) is missing: alert rules and metrics were not tried with it."
        )
    done = subprocess.run([tool, *arguments], input=shown, capture_output=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.processes
def test_promtool_accepts_the_rules() -> None:
    """Prometheus's own parser."""
    _promtool("check", "rules", str(RULES))


@pytest.mark.processes
def test_promtool_sees_the_alerts_fire() -> None:
    """And those that must not, not."""
    _promtool("test", "rules", str(RULE_TESTS))


@pytest.mark.processes
def test_promtool_accepts_what_the_endpoint_shows() -> None:
    """The exposition itself, by the linter for metrics."""
    _promtool("check", "metrics", shown=Metrics().exposition()[0])
