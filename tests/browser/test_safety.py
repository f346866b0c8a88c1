"""Whatever comes from a chat can only ever become text; whatever is secret stays out of sight."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.scripted import BotChat
from tests.browser.visit import Visit, Visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

ATTACKS = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "[click](javascript:window.hacked=1)",
    "[click](data:text/html,<script>parent.hacked=1</script>)",
    "![x](http://attacker.example/pixel.png)",
    "`<b onmouseover=window.hacked=1>`",
    "**<svg/onload=window.hacked=1>**",
]


async def is_whole(customer: Visit) -> bool:
    """No attack left a trace: no script ran, no element came from text."""
    foreign = "script, img, iframe, svg[onload], [onerror], [onmouseover], a[href^='javascript' i], a[href^='data' i]"
    check = "(foreign) => window.hacked === undefined && !document.querySelector('#customer').querySelector(foreign)"
    return bool(await customer.page.evaluate(check, foreign))


async def test_markup_in_a_message_stays_text(visit: Visiting) -> None:
    """Plain text and markdown alike."""
    async with visit() as customer:
        bot = await customer.meets_the_bot()
        for attack in ATTACKS:
            await bot.say(attack, "text/plain")
            await bot.say(attack, "text/markdown")
        await bot.say("the end")
        await customer.sees("the end")
        await customer.sees("<script>window.hacked = 1</script>")
        assert await is_whole(customer)


async def test_markup_in_names_and_menus_stays_text(visit: Visiting) -> None:
    """Display names, titles and links of interactive messages are untrusted, too."""
    async with visit(path="/?name=%3Cimg%20src=x%20onerror=window.hacked=1%3E") as customer:
        bot = await customer.meets_the_bot()
        link = {"type": "hyperlink", "title": "there", "url": "javascript:window.hacked=1"}
        await bot.show(
            "ListPicker", {"title": ATTACKS[0], "subtitle": ATTACKS[1], "elements": [{"title": ATTACKS[6]}, link]}
        )
        await customer.sees("there (javascript:window.hacked=1)")
        assert await is_whole(customer)


async def test_a_broken_menu_breaks_nothing(visit: Visiting) -> None:
    """The next message is shown as ever."""
    broken = ['{"templateType": 5}', "null", "[]", "{", '{"templateType":"Panel","data":{"content":7}}']
    async with visit() as customer:
        await customer.meets_the_bot()
        contact_id = await customer.contact_id()
        for content in broken:
            customer.connect.lex_says(contact_id, content, "application/vnd.amazonaws.connect.message.interactive")
        customer.connect.lex_says(contact_id, "still well")
        await customer.sees("still well")


async def test_markdown_is_shown_as_markdown(visit: Visiting) -> None:
    """Emphasis, lists, code, quotes and links."""
    text = "# Title\n**bold** and _slanted_\n\n- one\n- `two`\n\n> said\n\n[there](https://example.com/a)\n\n```\ncode\n```"
    async with visit() as customer:
        bot = await customer.meets_the_bot()
        await bot.say(text, "text/markdown")
        shown = customer.chat.locator(".markdown")
        await expect(shown.get_by_role("heading", name="Title")).to_be_visible()
        await expect(shown.locator("strong")).to_have_text("bold")
        await expect(shown.locator("em")).to_have_text("slanted")
        await expect(shown.get_by_role("listitem")).to_have_count(2)
        await expect(shown.locator("blockquote")).to_have_text("said")
        await expect(shown.locator("pre")).to_have_text("code")
        link = shown.get_by_role("link", name="there")
        await expect(link).to_have_attribute("href", "https://example.com/a")
        await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


async def test_hostile_markdown_does_not_stall_the_page(visit: Visiting) -> None:
    """The parser's time grows with the text, not with its square; the next message shows within patience."""
    async with visit() as customer:
        bot = await customer.meets_the_bot()
        for text in ("*" * 16_000, "[" * 16_000, "_a " * 5_000, "> " * 8_000, "`" * 15_999, "**a" * 5_000):
            await bot.say(text, "text/markdown")
        await bot.say("through")
        await customer.sees("through")


async def test_no_token_is_ever_shown_or_saved(visit: Visiting) -> None:
    """Masked in every row and payload of the inspector, and in the file."""

    async def leaks(chat: BotChat, item: dict[str, Any]) -> None:
        await chat.say("the token is QVFJREFIabcdefghijklmnopqrstuvwxyz0123456789==")

    async with visit(leaks) as customer:
        await customer.says("hello")
        await customer.sees("the token is")
        rows = customer.inspector.get_by_role("option")
        await rows.filter(has_text="CreateParticipantConnection").first.click()
        await expect(customer.inspector.get_by_label("Payload")).to_contain_text('"ConnectionToken": "***"')
        assert "QVFJREFI" not in await customer.inspector.inner_text()
        async with customer.page.expect_download() as download:
            await customer.inspector.get_by_role("button", name="Save as a JSON file").click()
        saved = (await (await download.value).path()).read_text()
        assert "CreateParticipantConnection" in saved
        assert "QVFJREFI" not in saved
