"""The pages for operators say what the code does."""

import json
import re
from pathlib import Path

import pytest
import yaml

from agent.daemon.health import Verdict
from agent.telemetry.catalogue import METRICS, PROBES
from agent.telemetry.reasons import Reason

ROOT = Path(__file__).parents[2]
TELEMETRY = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
LIFECYCLE = (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8")
SOURCES = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "agent").rglob("*.py")))


def _block(text: str, kind: str) -> str:
    [found] = re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
    return str(found)


def test_the_answer_of_readyz_is_as_shown() -> None:
    """To the letter."""
    assert json.loads(_block(TELEMETRY, "json")) == Verdict(reasons=(Reason.DRAINING,)).shown()


def test_every_reason_is_named() -> None:
    """And no other."""
    sentence = TELEMETRY.partition("The reasons are ")[2].partition(". ")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == {reason.value for reason in Reason}


def test_the_job_of_the_alert_rules_is_that_of_the_page() -> None:
    """Else nothing would ever fire."""
    [job] = yaml.safe_load(_block(TELEMETRY, "yaml"))["scrape_configs"]
    rules = (ROOT / "deploy" / "prometheus" / "chat-agent.rules.yml").read_text(encoding="utf-8")
    assert f'up{{job="{job["job_name"]}"}}' in rules


def test_every_metric_that_is_named_exists() -> None:
    """With its suffix."""
    known = {one.full_name for one in (*METRICS, *PROBES)}
    assert set(re.findall(r"chat_agent_\w+", TELEMETRY)) <= known


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`((?:chat|turn|send|settings)\.\w+)`", TELEMETRY + LIFECYCLE)))
)
def test_every_line_of_the_log_and_every_span_that_is_named_exists(name: str) -> None:
    """As something that is reported or traced."""
    assert f'"{name}"' in SOURCES


@pytest.mark.parametrize("word", sorted(set(re.findall(r"[A-Z_]+=1|[A-Z]+_USEC=|STATUS=", LIFECYCLE))))
def test_every_word_to_systemd_is_said(word: str) -> None:
    """As sd_notify(3) spells it."""
    assert word in SOURCES


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?:chat|session|rpc|error|aws)\.[a-z.]+)`", TELEMETRY))))
def test_every_attribute_of_a_span_is_set(name: str) -> None:
    """Names of settings and happenings are in the same form, and exist as well."""
    section, _, setting = name.partition(".")
    assert f'"{name}"' in SOURCES or f"    {setting}: " in SOURCES, section
