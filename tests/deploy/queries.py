"""What the alert rules and the dashboard ask Prometheus for."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from agent.telemetry.catalogue import METRICS, Kind, Metric
from tests.deploy.places import DEPLOY

RULES = DEPLOY / "prometheus" / "chat-agent.rules.yml"
RULE_TESTS = DEPLOY / "prometheus" / "chat-agent.tests.yml"
DASHBOARD = DEPLOY / "grafana" / "chat-agent.json"


def rules() -> list[dict[str, Any]]:
    """The alert rules, in their order."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """The dashboard's panels."""
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


def queries() -> Iterator[tuple[str, str]]:
    """Every query, with the name of who asks."""
    yield from ((rule["alert"], rule["expr"]) for rule in rules())
    for panel in panels():
        yield from ((panel["title"], target["expr"]) for target in panel.get("targets", ()))


def counters() -> list[Metric]:
    """The counters that some query asks for."""
    asked = {name for _, query in queries() for name in re.findall(r"chat_agent_\w+", query)}
    return [metric for metric in METRICS if metric.kind is Kind.COUNTER and metric.full_name in asked]
