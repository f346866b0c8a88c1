"""For everybody: by keyboard alone, by ear, in the dark, on a small screen, without motion."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.scripted import BotChat
from tests.browser.visit import Visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONTRAST = """
() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (colour, under) => {
    canvas.fillStyle = under; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.unshift(getComputedStyle(e).backgroundColor);
    return layers.reduce((under, layer) => `rgb(${rgba(layer, under).slice(0, 3)})`, 'rgb(255,255,255)');
  };
  const poor = [];
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest('.sr, :disabled, svg, option')) continue;
    const behind = ground(element);
    const [a, b] = [light(rgba(getComputedStyle(element).color, behind)), light(rgba(behind, behind))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push([element.className, element.textContent.slice(0, 30), ratio.toFixed(2)].join(': '));
  }
  return poor;
}
"""
NAMELESS = """
() => [...document.querySelectorAll('button, input, textarea, select, [role=listbox], [role=log]')]
  .filter((e) => e.checkVisibility() && !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length))
  .map((e) => e.outerHTML.slice(0, 120))
"""


async def everything(chat: BotChat, item: dict[str, Any]) -> None:
    """An answer of every kind."""
    await chat.say("# Heading\n**bold** [link](https://example.com) `code`\n> quote", "text/markdown")
    await chat.show("ListPicker", {"title": "Pick", "subtitle": "one", "elements": [{"title": "A", "subtitle": "b"}]})
    await chat.show("QuickReply", {"title": "Well?", "elements": [{"title": "Yes"}, {"title": "No"}]})
    await chat.say("the end")


async def ground(page: Page) -> str:
    """The page's background colour."""
    return str(await page.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_word_stands_out_from_its_ground(visit: Visiting, scheme: str) -> None:
    """Contrast of at least 4.5 to 1 for all text, in both colour schemes, with everything on show."""
    async with visit(everything, color_scheme=scheme) as customer:
        await customer.says("hello")
        await customer.sees("the end")
        await customer.chat.get_by_role("button", name="Yes").click()
        await customer.sees("the end")
        await customer.inspector.get_by_role("option").filter(has_text="SendMessage").first.click()
        await customer.desk.locator(".pick").click()
        await expect(customer.desk.get_by_role("log").get_by_text("hello")).to_be_visible()
        assert await customer.page.evaluate(CONTRAST) == []
        await customer.desk.get_by_role("tab", name="Weather").click()
        assert await customer.page.evaluate(CONTRAST) == []
        assert await customer.page.evaluate(NAMELESS) == []


async def test_dark_and_light_follow_the_system_until_chosen(visit: Visiting) -> None:
    """The toggle goes system, light, dark; the choice is remembered."""
    async with visit(color_scheme="dark") as customer:
        await customer.meets_the_bot()
        dark = await ground(customer.page)
        await customer.page.emulate_media(color_scheme="light")
        light = await ground(customer.page)
        assert light != dark
        toggle = customer.page.get_by_role("button", name="Colours")
        await toggle.click()
        await toggle.click()
        await expect(toggle).to_have_accessible_name("Colours: dark")
        assert await ground(customer.page) == dark
        await customer.page.reload()
        await expect(toggle).to_have_accessible_name("Colours: dark")
        assert await ground(customer.page) == dark


async def test_a_whole_chat_by_keyboard_alone(visit: Visiting) -> None:
    """Write, break a line, pick from a menu, open the list of keys, end the chat: no mouse."""

    async def menu(chat: BotChat, item: dict[str, Any]) -> None:
        if item["Content"] == "two\nlines":
            await chat.show("QuickReply", {"title": "Well?", "elements": [{"title": "Yes"}, {"title": "No"}]})
        else:
            await chat.say(f"You said: {item['Content']}")

    async with visit(menu) as customer:
        await customer.meets_the_bot()
        keys = customer.page.keyboard
        await keys.type("two")
        await keys.press("Shift+Enter")
        await keys.type("lines")
        await keys.press("Enter")
        await customer.sees("Well?")
        no = customer.chat.get_by_role("button", name="No", exact=True)
        for _ in range(20):
            await keys.press("Shift+Tab")
            if await no.evaluate("(button) => button === document.activeElement"):
                break
        await keys.press("Enter")
        await customer.sees("You said: No")
        await expect(customer.box).to_be_focused()
        assert await customer.said() == ["two\nlines", "No"]
        await customer.chat.get_by_role("button", name="End chat").focus()
        await keys.press("?")
        dialog = customer.page.get_by_role("dialog", name="Keyboard")
        await expect(dialog).to_be_visible()
        await keys.press("Escape")
        await expect(dialog).to_be_hidden()
        await keys.press("Enter")
        await customer.sees("This chat has ended.")
        await expect(customer.chat.get_by_role("button", name="Start another chat")).to_be_focused()


async def test_a_question_mark_in_a_message_is_a_question_mark(visit: Visiting) -> None:
    """Shortcuts stay out of what is being written."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await customer.page.keyboard.type("why? and/or")
        await expect(customer.page.get_by_role("dialog")).to_be_hidden()
        await expect(customer.box).to_have_value("why? and/or")


async def test_a_narrow_page_shows_one_pane_at_a_time(visit: Visiting) -> None:
    """On a telephone the panes become tabs, and nothing sticks out sideways."""
    async with visit(viewport={"width": 390, "height": 760}) as customer:
        await customer.says("hello")
        await customer.sees("You said: hello")
        await expect(customer.inspector).to_be_hidden()
        for name, pane in (
            ("Inspector", customer.inspector),
            ("Agent desk", customer.desk),
            ("Customer", customer.customer),
        ):
            await customer.page.get_by_role("button", name=name, exact=True).click()
            await expect(pane).to_be_visible()
            assert await customer.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert (
                await customer.page.evaluate(
                    "[...document.querySelectorAll('.pane')].filter((p) => p.checkVisibility()).length"
                )
                == 1
            )


async def test_panes_can_be_put_away_but_never_all(visit: Visiting) -> None:
    """On a wide page each pane has its switch; the choice is remembered."""
    async with visit() as customer:
        await customer.meets_the_bot()
        for name in ("Inspector", "Agent desk", "Customer"):
            await customer.page.get_by_role("button", name=name, exact=True).click()
        await expect(customer.inspector).to_be_hidden()
        await expect(customer.customer).to_be_visible()
        await customer.page.reload()
        await customer.meets_the_bot()
        await expect(customer.inspector).to_be_hidden()
        await customer.page.keyboard.press("Alt+2")
        await expect(customer.inspector).to_be_visible()


async def test_a_screen_reader_is_told_what_comes(visit: Visiting) -> None:
    """Messages are a polite log, typing and connection are statuses, panes and messages have names."""
    async with visit() as customer:
        await customer.says("hello")
        await customer.sees("You said: hello")
        log = customer.chat.get_by_role("log", name="Messages")
        await expect(log).to_have_attribute("aria-live", "polite")
        await expect(log.get_by_role("article")).to_have_count(3)
        await expect(customer.chat.get_by_role("status").filter(has_text="Connected")).to_be_visible()
        assert await customer.page.evaluate("document.documentElement.lang") == "en"


async def test_motion_is_left_out_when_it_is_not_wanted(visit: Visiting) -> None:
    """prefers-reduced-motion stills the typing dots."""
    async with visit(reduced_motion="reduce") as customer:
        bot = await customer.meets_the_bot()
        await bot.types()
        dot = customer.chat.locator(".dots i").first
        await expect(dot).to_be_attached()
        await expect(dot).to_have_css("animation-name", "none")
