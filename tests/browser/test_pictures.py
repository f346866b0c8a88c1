"""The pictures of the documentation, made by driving the page: `make screenshots` keeps them in ``docs/pictures``."""

import os
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import expect

from tests.browser.scripted import BotChat
from tests.browser.visit import Visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWERS = {"order": "Which size?", "today": "Size 42, today. Done!"}
WHEN = {"title": "When?", "elements": [{"title": "today"}, {"title": "tomorrow"}]}


async def shop(chat: BotChat, item: dict[str, Any]) -> None:
    """The bot of the README, as a script."""
    if item["Content"] == "42":
        await chat.show("QuickReply", WHEN)
    else:
        await chat.say(ANSWERS[item["Content"]])


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_looks_like_this(visit: Visiting, scheme: Literal["light", "dark"], tmp_path: Path) -> None:
    """A shoe is ordered, with the inspector looking on; in both colour schemes."""
    kept = Path(os.environ.get("PICTURES") or tmp_path) / f"page-{scheme}.png"
    small = {"width": 1180, "height": 640}
    async with visit(shop, color_scheme=scheme, viewport=small) as customer:
        await customer.meets_the_bot()
        await customer.says("order")
        await customer.sees("Which size?")
        await customer.says("42")
        await customer.chat.locator(".menu").get_by_role("button", name="today").click()
        await customer.sees("Size 42, today. Done!")
        await expect(customer.chat.get_by_text("is typing")).to_be_hidden()
        await customer.page.screenshot(path=kept, animations="disabled", caret="hide")
    assert kept.read_bytes().startswith(b"\x89PNG")
