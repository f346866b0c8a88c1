"""The benchmarks of waiting run and say what they saw; only in virtual time is asserted how long anything took."""

from pathlib import Path

import pytest

from agent.emulator import emulate
from agent.testing.virtual import run_virtually
from tests.benchmarks import joining, taken_over
from tests.benchmarks.pages import rewrite


async def test_each_stage_of_a_join_is_seen_and_what_it_asks_of_the_store_is_counted() -> None:
    """Of every chat, in its order; a plain turn is one write."""
    async with emulate() as connect:
        site = joining.Site(connect=connect.url, moto="", queue="")
        found = await joining.measured("local", "memory", site, chats=3, rate=50)
    assert [found["seconds"][stage]["count"] for stage in joining.STAGES] == [3] * len(joining.STAGES)
    waits = [found["seconds"][stage]["p50"] for stage in joining.STAGES]
    assert waits == sorted(waits)
    assert (found["a join"]["writes"], found["a plain turn"]) == (3, {"writes": 1, "reads": 0})
    assert "| local, memory | " in joining.table([found])


def test_a_dead_workers_chats_are_heard_again_within_the_lease_and_ten_seconds() -> None:
    """By real sessions, in virtual time."""

    async def told() -> dict[str, object]:
        wishes = taken_over.Wishes(chats=12, takers=2, lease=15.0, network=0.02, store=0.005)
        return await taken_over.Scene(wishes).run()

    found = run_virtually(told())
    assert sum(found["shares"]) == 12  # type: ignore[call-overload]
    assert 12.0 < found["heard"]["max"] < 25.0  # type: ignore[index]
    assert "| 12 | " in taken_over.table([found])


def test_a_page_gets_its_figures_where_its_marks_are(tmp_path: Path) -> None:
    """And keeps everything else; without marks nothing is written."""
    page = tmp_path / "page.md"
    page.write_text("before <!-- figures -->old<!-- /figures --> after", encoding="utf-8")
    rewrite(page, "figures", "new")
    assert page.read_text(encoding="utf-8") == "before <!-- figures -->\nnew\n<!-- /figures --> after"
    with pytest.raises(SystemExit, match="no place"):
        rewrite(page, "others", "new")
