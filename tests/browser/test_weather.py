"""The weather's switches: each has its effect at once, and the chat lives through it."""

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from agent.emulator.weather_rules import Fault, Rule
from tests.browser.scripted import BotChat
from tests.browser.visit import Visit, Visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def quiet(chat: BotChat, item: dict[str, Any]) -> None:
    """A bot that only listens."""


async def weather(customer: Visit) -> Locator:
    """The weather's panel, opened and told the emulator's state."""
    await customer.desk.get_by_role("tab", name="Weather").click()
    panel = customer.desk.get_by_role("tabpanel", name="Weather")
    await expect(panel.get_by_role("status")).not_to_be_empty()
    return panel


async def test_a_500_after_the_effect_leaves_one_message(visit: Visiting) -> None:
    """The message took effect though each answer was a 500: it is shown once, and not as failed."""
    async with visit(quiet, allow="500") as customer:
        await customer.meets_the_bot()
        panel = await weather(customer)
        await panel.get_by_label("Which calls").select_option("SendMessage")
        await panel.get_by_label("500 after effect: percent").fill("100")
        await panel.get_by_role("switch", name="500 after effect").check()
        await expect(panel.get_by_text("1 thing goes wrong.")).to_be_visible()
        await expect(customer.desk.get_by_role("tab", name="Weather")).to_have_class("rough")
        await customer.says("only once")
        await expect(panel.get_by_text("Struck 4 times.")).to_be_visible()
        await expect(customer.message("only once").get_by_text("Sent", exact=True)).to_be_visible()
        await expect(customer.message("only once")).to_have_count(1)
        assert await customer.said() == ["only once"]


async def test_doubled_frames_are_shown_once(visit: Visiting) -> None:
    """A frame that comes twice is one message."""
    async with visit() as customer:
        await customer.meets_the_bot()
        panel = await weather(customer)
        await panel.get_by_label("Whose sockets").select_option("CUSTOMER")
        await panel.get_by_label("Send twice: percent").fill("100")
        await panel.get_by_role("switch", name="Send twice").check()
        await expect(panel.get_by_text("1 thing goes wrong.")).to_be_visible()
        await customer.says("echo me")
        await customer.sees("You said: echo me")
        await customer.says("and me")
        await customer.sees("You said: and me")
        await expect(panel.get_by_text("Struck")).to_be_visible()
        await expect(customer.message("You said: echo me")).to_have_count(1)


async def test_calm_weather_takes_everything_back(visit: Visiting) -> None:
    """Also what somebody else had set, which is shown and kept until then."""
    async with visit() as customer:
        await customer.meets_the_bot()
        customer.connect.weather.set(
            [Rule(fault=Fault.DELAY, seconds=0.0), Rule(fault=Fault.TIMEOUT, operation="None")]
        )
        await customer.page.reload()
        await customer.sees("Connected")
        panel = await weather(customer)
        await expect(panel.get_by_role("switch", name="Send late")).to_be_checked()
        await expect(panel.get_by_text("Rules set elsewhere")).to_be_visible()
        await panel.get_by_label("Which calls").select_option("StartChatContact")
        await panel.get_by_role("switch", name="Throttle").check()
        await expect(panel.get_by_text("3 things go wrong.")).to_be_visible()
        async with customer.page.expect_response("**/_emulator/clock"):
            await panel.get_by_role("button", name="Calm weather").click()
        await expect(panel.get_by_text("All calm.")).to_be_visible()
        assert customer.connect.weather.record()["rules"] == []


async def test_the_clock_runs_faster_and_leaps(visit: Visiting) -> None:
    """Pace and leap are set from the page."""
    async with visit() as customer:
        await customer.meets_the_bot()
        panel = await weather(customer)
        async with customer.page.expect_response("**/_emulator/clock"):
            await panel.get_by_label("The clock runs").select_option("10")
        assert customer.connect.region.clock.pace == 10
        before = customer.connect.region.clock.time()
        async with customer.page.expect_response("**/_emulator/clock"):
            await panel.get_by_role("button", name="+ 1 minute").click()
        assert customer.connect.region.clock.time() >= before + 60
