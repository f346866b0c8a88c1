"""The code on the pages about bots: each Python block stands alone and runs."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("bots.md", "dialogs.md", "testing.md")
BLOCKS = [
    pytest.param(block, id=f"{page}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.S))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_runs(block: str) -> None:
    """Its bots can be served."""
    names: dict[str, object] = {"__name__": "page"}
    exec(compile(block, "page", "exec"), names)
    bot = names.get("bot")
    if bot is not None:
        bot.freeze()  # type: ignore[attr-defined]
