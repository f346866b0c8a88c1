"""On a telephone: nothing sticks out sideways, whatever is on show, and every button of the top line is in sight."""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.developing import developing
from tests.browser.scripted import BotChat
from tests.browser.visit import Visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

Scheme = Literal["light", "dark"]

PHONES = (320, 375, 414)
BETWEEN = (350, 351, 430, 431, 600, 601, 700, 701, 900, 901, 1000)  # beside each width at which the page changes
TELEPHONE = {"width": 414, "height": 700}
LONG = "Donaudampfschifffahrtsgesellschaft" * 6
STICKS_OUT = """
async () => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const { scrollWidth } = document.documentElement;
  const found = [...document.querySelectorAll('.top button')]
    .filter((button) => button.getBoundingClientRect().left < 0 || button.getBoundingClientRect().right > innerWidth)
    .map((button) => `${innerWidth}: ${button.getAttribute('aria-label') ?? button.textContent}`);
  return scrollWidth > innerWidth ? [`${innerWidth}: the document is ${scrollWidth} wide`, ...found] : found;
}
"""


async def sticking_out(page: Page, widths: tuple[int, ...] = PHONES) -> list[str]:
    """What is out of sight at which width, as the page stands now."""
    found: list[str] = []
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 700})
        found += await page.evaluate(STICKS_OUT)
    return found


async def long_words(chat: BotChat, item: dict[str, Any]) -> None:
    """Words that no line is long enough for, wherever a bot can put them."""
    await chat.say(f"# {LONG}\n`{LONG}`\n```\n{LONG}\n```\nhttps://example.com/{LONG}", "text/markdown")
    await chat.show("ListPicker", {"title": LONG, "subtitle": LONG, "elements": [{"title": LONG, "subtitle": LONG}]})
    await chat.show("QuickReply", {"title": LONG, "elements": [{"title": LONG}, {"title": "No"}]})
    await chat.say("the end")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_emulators_page_fits_a_telephone(visit: Visiting, scheme: Scheme) -> None:
    """Long words and names, several chats, side by side, each pane, an open entry, the weather."""
    async with visit(long_words, path=f"/?name={LONG}", color_scheme=scheme, viewport=TELEPHONE) as v:
        await v.says(LONG)
        await v.sees("the end")
        assert await sticking_out(v.page) == []
        await v.page.keyboard.press("Alt+n")
        await expect(v.customer.get_by_role("tab")).to_have_count(2)
        await v.meets_the_bot()
        await v.customer.get_by_role("button", name="New chat").click()
        assert await sticking_out(v.page) == []
        await v.customer.get_by_role("button", name="Chats side by side").click()
        await expect(v.chat).to_have_count(2)
        assert await sticking_out(v.page) == []
        await v.page.get_by_role("button", name="Inspector", exact=True).click()
        await v.inspector.get_by_role("option").last.click()
        await expect(v.inspector.get_by_role("region", name="Selected entry")).to_be_visible()
        assert await sticking_out(v.page) == []
        await v.page.get_by_role("button", name="Agent desk", exact=True).click()
        await v.desk.get_by_role("button", name="Accept").first.click()
        await v.desk.get_by_text("Do to this chat").click()
        assert await sticking_out(v.page) == []
        await v.desk.get_by_role("tab", name="Weather").click()
        assert await sticking_out(v.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_dev_page_fits_a_telephone(browser: Browser, tmp_path: Path, scheme: Scheme) -> None:
    """With the mark of the build, which stays in sight, and with what is wrong with the newest one; in each pane."""
    async with developing(browser, tmp_path, color_scheme=scheme, viewport=TELEPHONE) as author:
        await expect(author.build).to_contain_text("build 1")
        await author.says(LONG)
        await expect(author.message("You said")).to_be_visible()
        assert await sticking_out(author.page) == []
        await expect(author.build).to_be_in_viewport(ratio=1)
        author.saves("Which size?", LONG + '"')
        await expect(author.trouble).to_be_visible()
        for pane in ("Customer", "Inspector", "Agent desk"):
            await author.page.get_by_role("button", name=pane, exact=True).click()
            assert await sticking_out(author.page) == []


async def test_between_a_telephone_and_a_wide_page_nothing_sticks_out_either(browser: Browser, tmp_path: Path) -> None:
    """Three panes beside each other are the widest where they begin; so is the top line with a bot's long name."""
    async with developing(browser, tmp_path) as author:
        await expect(author.build).to_contain_text("build 1")
        assert await sticking_out(author.page, BETWEEN) == []
        await author.build.locator(".target").evaluate(f"(target) => (target.textContent = '{LONG}:bot · ')")
        assert await sticking_out(author.page, BETWEEN) == []
        await author.page.get_by_role("button", name="Chats side by side").click()
        assert await sticking_out(author.page, BETWEEN) == []
