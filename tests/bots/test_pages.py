"""The pages about ready-made bots: their files are read, their Python runs, and they name every setting."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bots.declared import Declaration
from bots.faq import Faq
from bots.intake import Intake
from bots.llm_settings import Llm
from bots.menu import Menu
from bots.relay import Relay
from bots.triage_rules import Triage

DOCS = Path(__file__).parents[2] / "docs" / "bots"
FILES: dict[str, type[Declaration]] = {
    "menu": Menu,
    "faq": Faq,
    "intake": Intake,
    "triage": Triage,
    "relay": Relay,
    "llm": Llm,
}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("name", FILES)
def test_every_file_on_a_page_is_right(name: str) -> None:
    """As it stands there."""
    assert blocks(f"{name}.md", "toml")
    for block in blocks(f"{name}.md", "toml"):
        FILES[name].model_validate(tomllib.loads(block))


@pytest.mark.parametrize("name", FILES)
def test_a_page_names_every_setting(name: str) -> None:
    """A setting that nobody can find is none."""
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    own = FILES[name].model_fields.keys() - Declaration.model_fields.keys()
    assert not {setting for setting in own if not re.search(rf"\b{setting}\b", page)}


def test_what_every_file_may_hold_is_right() -> None:
    """The name, the texts, a hand-off."""
    first, second = blocks("README.md", "toml")
    Declaration.model_validate(tomllib.loads(first))
    Menu.model_validate(
        {"pages": {"a": {"ask": "?", "entries": [{"title": "x", "say": "y"}]}}, "start": "a"} | tomllib.loads(second)
    )


@pytest.mark.parametrize(
    "block", [*blocks("README.md", "python"), *blocks("relay.md", "python"), *blocks("llm.md", "python")]
)
def test_every_snippet_runs(block: str) -> None:
    """And its bot can be served."""
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(block, "page", "exec"), names)
    if "bot" in names:
        names["bot"].freeze()


async def test_the_test_on_the_page_of_llm_passes() -> None:
    """With pydantic-ai's own test model, which asks nobody."""
    (block,) = blocks("llm.md", "python")
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(block, "page", "exec"), names)
    await names["test_it_answers"]()
