"""The suite runs and says what it saw; how fast anything was is asserted nowhere."""

import json
import shutil
from pathlib import Path

import pytest

from tests.benchmarks.race import Workload
from tests.benchmarks.report import keep, markdown
from tests.benchmarks.sending import sendings
from tests.benchmarks.suite import PRODUCT, Contest, measured


@pytest.mark.skipif(shutil.which("taskset") is None, reason="peers are put on cores by taskset")
def test_a_contest_is_held_kept_and_shown(tmp_path: Path) -> None:
    """A few chats for a moment: each is served, and the figures stand in the JSON and in the table."""
    load = Workload(name="saturation, 3 chats", kind="saturation", chats=3, seconds=1.0, settle=0.2)
    results = list(measured([Contest(load=load, peers=(PRODUCT,), rounds=1)], lambda line: None))
    keep(results, tmp_path)
    assert [run["failed"] for result in results for run in result.runs] == [""]
    assert results[0].median("served") == 3
    assert load.name in json.dumps(json.loads((tmp_path / "results.json").read_text(encoding="utf-8")))
    assert "| product |" in markdown(results)


@pytest.mark.skipif(shutil.which("taskset") is None, reason="peers are put on cores by taskset")
def test_what_a_call_costs_is_measured() -> None:
    """Each way in a process of its own."""
    (result,) = sendings(1, ("product",))
    assert result.median("µs") > 0
