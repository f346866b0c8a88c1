"""The list of stories is whole: every story is in it, every row is told, and the page shows it as it is."""

import inspect
from pathlib import Path

from tests.scenarios import page
from tests.scenarios.stories import MODULES


def test_every_story_is_told_in_some_row() -> None:
    """A story that no row names would be missing on the page."""
    assert page.existing() == page.told()


def test_every_file_of_stories_is_known() -> None:
    """A new file has to be entered in the list."""
    files = {path.stem for path in Path(__file__).parent.glob("test_*.py")} - {Path(__file__).stem}
    assert files == {module.__name__.rpartition(".")[2] for module in MODULES}


def test_every_story_states_its_rule_in_one_line() -> None:
    """The page shows it in a table."""
    for story in page.existing():
        rule = inspect.getdoc(story) or ""
        assert rule.endswith("."), story.__name__
        assert not {"\n", "|"} & set(rule), story.__name__


def test_the_page_shows_the_stories_as_they_are() -> None:
    """Otherwise run ``python -m tests.scenarios.page``."""
    assert page.written(page.PAGE.read_text(encoding="utf-8")) == page.section()


def test_the_rest_of_the_page_is_left_alone() -> None:
    """Writing the section changes nothing before or after it."""
    before = "# Reliability\n\n## Before\n\nold\n\n## Stories\n\nstale\n\n## After\n\nnew\n"
    after = page.replaced(before)
    assert after == before.replace("## Stories\n\nstale", page.section())
    assert page.replaced(after) == after
