"""The inspector: a live timeline that can be filtered, searched, held, read and saved, and never lags."""

import json

import pytest
from playwright.async_api import Locator, expect

from agent.emulator.participants import Role
from tests.browser.visit import Visit, Visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")


def rows(customer: Visit, text: str = "") -> Locator:
    """The timeline's drawn rows with `text`."""
    return customer.inspector.get_by_role("option").filter(has_text=text)


async def test_calls_frames_and_events_appear_as_they_happen(visit: Visiting) -> None:
    """Each with its outcome and duration; a click shows the payload."""
    async with visit() as customer:
        await customer.says("look at me")
        await customer.sees("You said: look at me")
        call = rows(customer, "SendMessage").filter(has_text="You said: look at me")
        await expect(call).to_contain_text("200")
        await expect(call).to_contain_text("ms")
        await expect(rows(customer, "aws/chat").first).to_be_visible()
        await call.click()
        await expect(customer.inspector.get_by_label("Payload")).to_contain_text('"ContentType": "text/plain"')
        await customer.inspector.get_by_role("button", name="Close the entry").click()
        await expect(customer.inspector.get_by_label("Payload")).to_be_hidden()


async def test_a_refused_call_stands_out_with_its_reason(visit: Visiting) -> None:
    """Errors are what one looks for."""
    async with visit(allow="403") as customer:
        await customer.meets_the_bot()
        customer.connect.expire_tokens(await customer.contact_id(), Role.CUSTOMER)
        await customer.says("hello")
        await expect(rows(customer, "AccessDeniedException").first).to_have_class("row group-calls bad")


async def test_filter_search_and_this_chat_narrow_the_timeline(visit: Visiting) -> None:
    """Groups by button, words by search, one contact by another button."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await customer.says("needle in the hay")
        await customer.sees("You said: needle")
        await customer.inspector.get_by_role("button", name="Frames").click()
        await expect(rows(customer, "frame")).to_have_count(0)
        await customer.inspector.get_by_label("Search the timeline").fill("sendmessage needle")
        await expect(rows(customer)).to_have_count(2)
        await customer.inspector.get_by_label("Search the timeline").fill("")
        customer.connect.start_chat(name="Somebody else", flow_id="no-bot", connected=True)
        await expect(rows(customer, "Somebody else").first).to_be_visible()
        await customer.inspector.get_by_role("button", name="This chat").click()
        await expect(rows(customer, "Somebody else")).to_have_count(0)
        await expect(rows(customer, "needle").first).to_be_visible()


async def test_heartbeats_are_out_of_sight_until_asked_for(visit: Visiting) -> None:
    """They are most of the frames and the least of the interest."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await expect(rows(customer, "aws/subscribe").first).to_be_visible()
        await expect(rows(customer, "aws/heartbeat")).to_have_count(0)
        await customer.inspector.get_by_role("button", name="Heartbeats").click()
        await expect(rows(customer, "aws/heartbeat").first).to_be_visible()


async def test_pause_holds_back_and_clear_empties(visit: Visiting) -> None:
    """While one reads, nothing moves; nothing is lost either."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await customer.inspector.get_by_role("button", name="Pause").click()
        await customer.says("meanwhile")
        await customer.sees("You said: meanwhile")
        await expect(customer.inspector.get_by_text("held back")).to_be_visible()
        await expect(rows(customer, "meanwhile")).to_have_count(0)
        await customer.inspector.get_by_role("button", name="Pause").click()
        await expect(rows(customer, "meanwhile").first).to_be_visible()
        await customer.inspector.get_by_role("button", name="Clear").click()
        await expect(rows(customer, "meanwhile")).to_have_count(0)


async def test_what_is_shown_is_saved_as_a_file(visit: Visiting) -> None:
    """JSON, with the entries that passed the filter."""
    async with visit() as customer:
        await customer.says("keep this")
        await customer.sees("You said: keep this")
        await customer.inspector.get_by_label("Search the timeline").fill("keep this sendmessage")
        await expect(rows(customer)).to_have_count(2)
        async with customer.page.expect_download() as download:
            await customer.inspector.get_by_role("button", name="Save as a JSON file").click()
        entries = json.loads((await (await download.value).path()).read_text())["entries"]
        assert [entry["name"] for entry in entries] == ["SendMessage", "SendMessage"]


async def test_thousands_of_entries_draw_only_what_is_in_sight(visit: Visiting) -> None:
    """Ten thousand entries cost some dozens of elements, and the newest is shown."""
    async with visit() as customer:
        await customer.meets_the_bot()
        for number in range(10_000):
            customer.connect.timeline.note("call", f"Flood{number}", status=200, duration=0.001, payload={"n": number})
        await expect(rows(customer, "Flood9999")).to_be_visible()
        assert await rows(customer).count() < 100
        await customer.inspector.get_by_label("Search the timeline").fill("flood1234")
        await expect(rows(customer, "Flood1234").first).to_be_visible()


async def test_the_timeline_is_walked_by_keyboard(visit: Visiting) -> None:
    """Slash finds the search, arrows choose an entry, Escape lets go."""
    async with visit() as customer:
        await customer.meets_the_bot()
        await customer.chat.get_by_role("button", name="End chat").focus()
        await customer.page.keyboard.press("/")
        search = customer.inspector.get_by_label("Search the timeline")
        await expect(search).to_be_focused()
        await search.press("ArrowDown")
        await expect(customer.inspector.get_by_role("listbox")).to_be_focused()
        await customer.page.keyboard.press("Home")
        await expect(customer.inspector.locator('[aria-selected="true"]')).to_have_attribute("aria-posinset", "1")
        await customer.page.keyboard.press("ArrowDown")
        await expect(customer.inspector.locator('[aria-selected="true"]')).to_have_attribute("aria-posinset", "2")
        await customer.page.keyboard.press("Escape")
        await expect(customer.inspector.locator('[aria-selected="true"]')).to_have_count(0)
