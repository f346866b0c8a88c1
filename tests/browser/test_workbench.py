"""The page beside a bot that is being written: builds, what is wrong with them, and earlier turns. Real files."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.developing import SHOP, developing
from tests.browser.visit import Visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASK = '"Which size?", int'


async def test_a_line_changed_while_chatting_and_the_chat_goes_on(browser: Browser, tmp_path: Path) -> None:
    """The question was asked by the old code, the answer is dealt with by the new one; nobody left or joined."""
    async with developing(browser, tmp_path) as author:
        await author.says("order")
        await expect(author.message("Which size?")).to_be_visible()
        author.saves("Done!", "Well done!")
        await expect(author.build).to_have_text("shop:bot · build 2")
        await author.says("42")
        await expect(author.message("Size 42. Well done!")).to_be_visible()
        await expect(author.chat.get_by_text("shop joined")).to_have_count(1)
        await expect(author.chat.get_by_text("shop left")).to_have_count(0)


async def test_code_that_cannot_be_loaded_is_shown_while_the_old_one_serves(browser: Browser, tmp_path: Path) -> None:
    """The author's own line first; the words go when it is mended."""
    async with developing(browser, tmp_path) as author:
        author.saves(ASK, '"Which size?" int')
        await expect(author.trouble.locator(".place")).to_have_text("shop.py:8")
        await expect(author.trouble).to_contain_text('size = await chat.ask("Which size?" int)')
        await expect(author.trouble).to_contain_text("Build 1 goes on serving")
        await author.says("hello")
        await expect(author.message("You said: hello")).to_be_visible()
        await author.page.reload()
        await expect(author.trouble).to_be_visible()
        author.saves('"Which size?" int', ASK)
        await expect(author.trouble).to_be_hidden()
        await expect(author.build).to_contain_text("build 2")


async def test_a_failing_turn_is_shown_until_it_is_dismissed(browser: Browser, tmp_path: Path) -> None:
    """With its traceback; it stands in the inspector as well."""
    source = SHOP.replace('f"You said: {message.text}"', "str(1 / 0)")
    async with developing(browser, tmp_path, source) as author:
        await author.says("hello")
        await expect(author.trouble.locator(".place")).to_have_text("shop.py:14")
        await author.trouble.get_by_text("Traceback").first.click()
        await expect(author.trouble.get_by_label("Traceback", exact=True)).to_contain_text("ZeroDivisionError")
        await author.trouble.get_by_role("button", name="Dismiss").click()
        await expect(author.trouble).to_be_hidden()
        await expect(author.page.get_by_role("option").filter(has_text="ZeroDivisionError").first).to_be_visible()


async def test_a_chat_is_taken_up_at_an_earlier_turn_with_the_new_code(browser: Browser, tmp_path: Path) -> None:
    """Another chat with what was said until then; the dialog stands where it stood. The first one is as it was."""
    async with developing(browser, tmp_path) as author:
        await author.says("order")
        await expect(author.message("Which size?")).to_be_visible()
        await author.says("42")
        await expect(author.message("Size 42. Done!")).to_be_visible()
        author.saves("Done!", "Well done!")
        await expect(author.build).to_contain_text("build 2")
        answer = author.chat.locator(".mine").filter(has=author.page.get_by_text("42", exact=True))  # no hh:42 counts
        await answer.hover()
        await answer.get_by_role("button", name="Go back to before this message").click()
        await expect(author.page.get_by_role("tab", name="↩ Customer")).to_have_attribute("aria-selected", "true")
        await expect(author.box).to_have_value("42")
        await author.says("43")
        await expect(author.message("Size 43. Well done!")).to_be_visible()
        await expect(author.message("Size 42")).to_have_count(0)
        await expect(author.message("Which size?")).to_have_count(1)


async def test_a_dialog_that_no_longer_matches_is_told_before_the_customer_writes(
    browser: Browser, tmp_path: Path
) -> None:
    """File, line, what was expected and what came; then the bot's own policy decides."""
    async with developing(browser, tmp_path) as author:
        await author.says("order")
        await expect(author.message("Which size?")).to_be_visible()
        author.saves(ASK, '"What size?", int')
        await expect(author.trouble).to_contain_text(
            "expected ask 'Which size?' (was at shop.py:8), came ask 'What size?' at shop.py:8"
        )
        await author.says("42")
        await expect(author.message("What size?")).to_be_visible()


async def test_without_a_workbench_nothing_of_it_is_shown(visit: Visiting) -> None:
    """The page of a plain emulator is for any SDK and any bot."""
    async with visit() as customer:
        await customer.says("hello")
        await customer.sees("You said: hello")
        own = customer.chat.locator(".mine").filter(has_text="hello")
        await own.hover()
        await expect(own.get_by_role("button")).to_have_count(0)
        await expect(customer.page.locator("#build")).to_be_hidden()
