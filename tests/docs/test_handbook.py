"""The handbook's numbers are the program's."""

import re

import pytest

from agent import Chat
from agent.config import Configuration
from agent.telemetry.catalogue import METRICS, PROBES
from tests.docs.snippets import ROOT

HANDBOOK = ROOT / "docs" / "handbook"
DEFAULTS = Configuration()
WORDS = "".join(path.read_text(encoding="utf-8") for path in HANDBOOK.glob("*.md"))
SOURCES = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "agent").rglob("*.py")))
ROW = re.compile(r"^\| ([A-Z]\w+(?:, [A-Z]\w+)*) \| (\d+) \| (\d+) \|", re.M)
LINES = re.compile(r"`((?:audit|chat|guard|link|loop|settings|turn)\.\w+)`")


def _setting(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()


def _quotas() -> list[tuple[str, int, int]]:
    rows = ROW.findall((HANDBOOK / "quotas.md").read_text(encoding="utf-8"))
    return [(one, int(rate), int(burst)) for names, rate, burst in rows for one in names.split(", ")]


@pytest.mark.parametrize(("operation", "rate", "burst"), _quotas())
def test_a_quota_is_what_the_settings_begin_with(operation: str, rate: int, burst: int) -> None:
    """Both say what AWS documents."""
    quota = getattr(DEFAULTS.pacing, _setting(operation))
    assert (quota.rate, quota.burst) == (rate, burst)


def test_every_quota_is_in_the_table() -> None:
    """But the role's configuration, which no chat needs."""
    budgets = {name for name in type(DEFAULTS.pacing).model_fields if name not in ("enabled", "share")}
    assert budgets - {_setting(one) for one, _, _ in _quotas()} == {"update_participant_role_config"}


@pytest.mark.parametrize(
    ("page", "sentence", "number"),
    [
        ("upgrade.md", r"`worker\.drain_deadline` \((\d+) s\)", DEFAULTS.worker.drain_deadline),
        ("recovery.md", r"its lease lapses \((\d+) s\)", DEFAULTS.worker.lease),
        ("alerts.md", r"after the lease \((\d+) s\)", DEFAULTS.worker.lease),
        ("cost.md", r"one unit every (\d+) s \(`worker\.lease` / 3\)", DEFAULTS.worker.lease / 3),
        ("cost.md", r"one unit every ([\d.]+) s \(`worker\.lease` / 20\)", DEFAULTS.worker.lease / 20),
        ("cost.md", r"polls \| 1 a worker every (\d+) s at rest", DEFAULTS.source.wait),
    ],
)
def test_a_number_is_the_settings_default(page: str, sentence: str, number: float) -> None:
    """Said where an operator plans with it."""
    found = re.search(sentence, (HANDBOOK / page).read_text(encoding="utf-8"))
    assert found is not None, sentence
    assert float(found[1]) == number


def test_every_metric_that_is_named_exists() -> None:
    """So that it can be looked at."""
    known = {one.full_name for one in (*METRICS, *PROBES)}
    assert set(re.findall(r"chat_agent_\w+", WORDS)) <= known


@pytest.mark.parametrize("name", sorted(set(LINES.findall(WORDS))))
def test_every_line_of_the_log_that_is_named_exists(name: str) -> None:
    """Somebody searches for it at night; a verb of the chat is meant where there is no such line."""
    section, _, word = name.partition(".")
    assert f'"{name}"' in SOURCES or (section == "chat" and hasattr(Chat, word))


@pytest.mark.parametrize("path", sorted(HANDBOOK.glob("*.md")), ids=lambda path: path.name)
def test_the_first_page_leads_to_each(path: object) -> None:
    """And an operator finds it."""
    name = str(path).rpartition("/")[2]
    assert name == "README.md" or f"]({name})" in (HANDBOOK / "README.md").read_text(encoding="utf-8")
