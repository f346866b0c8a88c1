"""The page about the emulator says everything that can be set, and nothing that cannot."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from agent.emulator import Fault, Settings, parse_weather, read_flow
from agent.emulator.operations import OFFERED
from agent.emulator.verbs import VERBS

PAGE = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")


def test_every_setting_is_on_the_page_with_its_default() -> None:
    """A field that is not explained cannot be found."""
    rows = dict(re.findall(r"^\| `(\w+)` \| `(.*?)` \|", PAGE, re.MULTILINE))
    assert rows == {field.name: repr(field.default) for field in fields(Settings)}


def test_every_operation_verb_and_fault_is_on_the_page() -> None:
    """By its exact name."""
    for name in [*OFFERED, *VERBS, *Fault]:
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", PAGE), name


def test_the_examples_in_toml_are_good() -> None:
    """The flow and the weather of the page can be read."""
    flow, weather = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert read_flow(flow).after_agent == "survey"
    assert len(parse_weather(weather)[0]) == 3


def test_the_examples_in_python_are_python() -> None:
    """They compile."""
    for example in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        compile(example, "docs/emulator.md", "exec", flags=0x2000)  # top-level await
