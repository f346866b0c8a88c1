"""The suite runs and says what it saw; how fast anything was is asserted nowhere."""

import json
import shutil
from pathlib import Path

import pytest

from tests.benchmarks.goals import GOALS
from tests.benchmarks.race import Peer, Workload
from tests.benchmarks.report import FIGURES, keep, kept_in, markdown, rewrite, table_of
from tests.benchmarks.suite import (
    LIMIT,
    NAIVE,
    PRODUCT,
    SATURATED,
    Contest,
    Result,
    contests,
    half,
    measured,
    with_word,
)

pinned = pytest.mark.skipif(shutil.which("taskset") is None, reason="peers are put on cores by taskset")
PAGE = "# Fast\n\n<!-- measured -->\nwhat was there\n<!-- /measured -->\n\nThe end.\n"


@pinned
def test_a_contest_is_held_kept_and_shown(tmp_path: Path) -> None:
    """A few chats for a moment: each is served, and the figures stand in the JSON and in the table."""
    load = Workload(name="saturation, 3 chats", kind="saturation", chats=3, seconds=1.0, settle=0.2)
    results = measured([Contest(load=load, peers=(PRODUCT,), rounds=1)], lambda line: None)
    keep(results, tmp_path)
    assert [run["failed"] for result in results for run in result.runs] == [""]
    assert results[0].median("served") == 3
    assert load.name in json.dumps(json.loads((tmp_path / "results.json").read_text(encoding="utf-8")))
    assert "| product |" in markdown(results, "this machine")


@pinned
def test_idle_chats_are_watched_before_they_write() -> None:
    """The limit's: memory and CPU of a rest, then replies."""
    load = Workload(name="idle, 3 chats", kind="idle", chats=3, seconds=0.5, settle=0.1, rest=0.3)
    (result,) = measured([Contest(load=load, peers=(LIMIT,), rounds=1)], lambda line: None)
    assert [run["failed"] for run in result.runs] == [""]
    assert result.median("on") == result.median("served") == 3
    assert {"core", "KB per chat", "replies/s"} <= {name for name in FIGURES if result.median(name) is not None}


@pinned
def test_a_peer_that_ends_is_reported_and_nothing_else_said_of_it() -> None:
    """The others go on."""
    load = Workload(name="join storm", kind="join", chats=1)
    broken = Peer(name="broken", module="tests.benchmarks.peers.absent")
    fell, ran = measured([Contest(load=load, peers=(broken, LIMIT), rounds=1)], lambda line: None)
    assert fell.runs == [{"failed": "ended with 1"}]
    assert ran.runs[0]["failed"] == ""
    assert "ended with 1" in markdown([fell, ran], "this machine")


def test_every_goal_is_measured_by_the_whole_suite() -> None:
    """A goal about a workload or a peer that nobody holds would stay empty for ever."""
    table = table_of(_made_up())
    assert [goal.what for goal in GOALS if goal.reached(table) is None] == []
    assert [goal.what for goal in GOALS if goal.reached({}) is not None] == []


def test_what_a_goal_compares_with_another_is_held_as_often_as_asked() -> None:
    """Nothing else need be."""
    rounds = {each.load.name: each.rounds for each in contests(rounds=5, short=False) if NAIVE in each.peers}
    for goal in GOALS:
        if "× naive" in goal.what:
            (measured_by,) = [name for name in rounds if goal.reached(table_of(_made_up(without=name))) is None]
            assert rounds[measured_by] == 5, goal.what


def test_a_chosen_contest_brings_what_it_builds_on() -> None:
    """Half of a saturation that was not measured would be nothing."""
    held = contests(rounds=5, short=False)
    assert [each.load.name for each in with_word("half of sat", held)] == [SATURATED, "half of saturation"]
    assert [each.load.name for each in with_word("400/s", held)] == ["offered, 400/s"]
    assert with_word("", held) == held


def test_without_a_saturation_its_half_is_not_held() -> None:
    """It says so."""
    (result,) = measured([each for each in contests(rounds=1, short=False) if each.half_of], lambda line: None)[:1]
    assert result.runs == [{"failed": "its saturation, 500 chats is not known"}]


def test_half_of_ones_own_saturation() -> None:
    """That of the product for its kin; nothing for one that failed."""
    found = {
        ("s", "product"): Result(workload="s", peer="product", chats=1, runs=[{"replies/s": 100.0}]),
        ("s", "naive"): Result(workload="s", peer="naive", chats=1, runs=[{"replies/s": 30.0}, {"failed": "ended"}]),
        ("s", "limit"): Result(workload="s", peer="limit", chats=1, runs=[{"failed": "ended"}]),
    }
    kin = Peer(name="product, otherwise", module="m")
    assert [half("s", peer, found) for peer in (PRODUCT, NAIVE, LIMIT, kin)] == [50.0, 15.0, 0.0, 50.0]


def test_the_page_is_written_from_what_was_kept(tmp_path: Path) -> None:
    """Tables, machine and pictures, small ones; what is not between the marks stays."""
    page, kept = tmp_path / "page.md", tmp_path / "kept"
    page.write_text(PAGE, encoding="utf-8")
    (tmp_path / "pictures").mkdir()
    keep(_made_up(), kept)
    for _ in range(2):
        rewrite(page, *kept_in(kept))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Fast\n\n<!-- measured -->\nMeasured on ")
    assert text.endswith("<!-- /measured -->\n\nThe end.\n")
    assert "what was there" not in text
    pictures = list((tmp_path / "pictures").iterdir())
    assert len(pictures) == 2
    assert all(f"](pictures/{each.name})" in text and each.stat().st_size < 80_000 for each in pictures)


def _made_up(without: str = "") -> list[Result]:
    """A result of every peer in every contest, and what is measured apart; all but one contest."""
    runs = [dict.fromkeys(FIGURES, number) for number in (1.0, 2.0)]
    names = {
        (each.load.name, peer.name): each.load.chats for each in contests(rounds=5, short=False) for peer in each.peers
    }
    apart = {(name, "product"): 1 for name in ("--help", "first offer")}
    all_of_them = {**names, **apart}.items()
    return [
        Result(workload=name, peer=peer, chats=chats, runs=runs)
        for (name, peer), chats in all_of_them
        if name != without
    ]
