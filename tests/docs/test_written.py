"""What is written from the code is as the code is, and leaves nothing out."""

import re
from pathlib import Path

import pytest
import yaml

import agent
from agent import testing
from tests.docs.snippets import ROOT, pages
from tests.docs.written.commands import commands
from tests.docs.written.errors import advice, meaning, tree
from tests.docs.written.pages import DOCS, WRITTEN

RULES = ROOT / "deploy" / "prometheus" / "chat-agent.rules.yml"


def _headings(page: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", (DOCS / page).read_text(encoding="utf-8"), re.M)


def _directives(page: str) -> list[str]:
    return re.findall(r"^::: ([\w.]+)$", (DOCS / page).read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_a_written_page_is_up_to_date(path: Path) -> None:
    """After a change of the code: ``make pages``."""
    assert path.read_text(encoding="utf-8") == WRITTEN[path](), "say make pages"


@pytest.mark.parametrize("error", list(tree()), ids=lambda error: error.__name__)
def test_every_error_says_what_it_means_and_what_to_do(error: type[agent.ChatAgentError]) -> None:
    """In its own docstring; the page has an entry for it."""
    assert meaning(error).endswith(".")
    assert advice(error).endswith(".")
    assert error.__name__ in _headings("errors.md")


def test_every_command_is_in_the_reference_with_its_options() -> None:
    """And has a help worth the name."""
    page = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    for name, command in commands():
        assert name in _headings("reference/commands.md")
        assert len(command.help or "") > 20, name
        for option in (option for one in command.params for option in one.opts if option.startswith("--")):
            assert option in page.partition(f"## {name}\n")[2].partition("\n## ")[0], (name, option)


def test_every_public_name_is_in_the_reference() -> None:
    """Of `agent` and of the kit, each once."""
    assert sorted(_directives("reference/api.md")) == sorted(f"agent.{name}" for name in agent.__all__)
    assert sorted(_directives("reference/kit.md")) == sorted(f"agent.testing.{name}" for name in testing.__all__)


@pytest.mark.parametrize("name", [*agent.__all__, *(f"testing.{name}" for name in testing.__all__)])
def test_every_public_name_has_a_docstring(name: str) -> None:
    """The reference is made of them."""
    home, _, last = name.rpartition(".")
    assert getattr(testing if home else agent, last).__doc__


def test_every_alert_has_its_paragraph() -> None:
    """In the order of the rules."""
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    assert _headings("handbook/alerts.md")[1:] == [rule["alert"] for rule in rules]


def test_llms_txt_leads_to_every_page() -> None:
    """And to nothing else."""
    listed = re.findall(r"\]\(([^)]+)\)", (DOCS / "llms.txt").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(path.relative_to(DOCS).as_posix() for path in pages() if DOCS in path.parents)
