"""Interactive messages can be seen and clicked, and the picks go out as the widget sends them."""

import json
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.scripted import BotChat
from tests.browser.visit import Visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

CARDS = [
    {
        "templateIdentifier": f"h{number}",
        "templateType": "Panel",
        "version": "1.0",
        "data": {"content": {"title": name, "elements": [{"title": "Book room"}]}},
    }
    for number, name in enumerate(("Bel Air", "Hyatt"), 1)
]
SLOTS = [{"date": "2026-11-10T17:00+00:00", "duration": 30}, {"date": "2026-11-11T09:00+00:00", "duration": 60}]
BOOKED = json.dumps(
    {"templateIdentifier": "h2", "listTitle": "Hyatt", "selectionText": "Book room"}, separators=(",", ":")
)


@pytest.mark.parametrize(
    ("template", "content", "button", "nth", "sent"),
    [
        ("QuickReply", {"title": "Did that help?", "elements": [{"title": "Yes"}, {"title": "No"}]}, "No", 0, "No"),
        (
            "ListPicker",
            {"title": "About?", "elements": [{"title": "Returns", "subtitle": "x"}]},
            "Returns",
            0,
            "Returns",
        ),
        ("Panel", {"title": "Help?", "subtitle": "Tap", "elements": [{"title": "Talk"}]}, "Talk", 0, "Talk"),
        (
            "TimePicker",
            {"title": "When?", "timeZoneOffset": 60, "timeslots": SLOTS},
            "6:00",
            0,
            "2026-11-10T17:00+00:00",
        ),
        ("Carousel", {"title": "Hotels", "elements": CARDS}, "Book room", 1, BOOKED),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isalpha() else "",
)
async def test_a_pick_is_sent_as_text_and_closes_the_menu(
    visit: Visiting, template: str, content: dict[str, Any], button: str, nth: int, sent: str
) -> None:
    """Titles, a slot's date, or a carousel's JSON, as text/plain; afterwards nothing more can be picked."""
    async with visit() as customer:
        bot = await customer.meets_the_bot()
        await bot.show(template, content)
        menu = customer.chat.locator(".menu")
        await expect(menu).to_contain_text(content["title"])
        await menu.get_by_role("button", name=button).nth(nth).click()
        await expect(menu.get_by_role("button", name="your choice").or_(menu.locator(".picked")).first).to_be_visible()
        await expect(menu.locator("button:enabled")).to_have_count(0)
        await expect(customer.box).to_be_focused()
        await expect(customer.chat.get_by_text("You said")).to_be_visible()
        assert await customer.said() == [sent]


async def test_slots_are_shown_in_the_time_zone_of_the_template(visit: Visiting) -> None:
    """timeZoneOffset decides, wherever the reader sits."""
    async with visit(timezone_id="America/Los_Angeles", locale="en-GB") as customer:
        bot = await customer.meets_the_bot()
        await bot.show("TimePicker", {"title": "When?", "timeZoneOffset": 60, "timeslots": SLOTS})
        menu = customer.chat.locator(".menu")
        await expect(menu.get_by_text("10 November")).to_be_visible()
        await expect(menu.get_by_role("button", name="18:00 – 18:30")).to_be_visible()


async def test_show_more_pages_in_place(visit: Visiting) -> None:
    """SHOW_MORE answers with an interactive.response that nobody sees; the next page replaces the menu."""
    given: list[dict[str, Any]] = []

    async def pages(chat: BotChat, item: dict[str, Any]) -> None:
        given.append(item)
        await chat.show("ListPicker", {"title": "Page two", "referenceId": "r1", "elements": [{"title": "Last"}]})

    async with visit(pages) as customer:
        bot = await customer.meets_the_bot()
        more = {"title": "More", "actionDetail": "SHOW_MORE"}
        paging = {"listId": "l1", "referenceId": "r1", "preIndex": 0, "nextIndex": 6}
        await bot.show("ListPicker", {"title": "Page one", "elements": [{"title": "First"}, more], **paging})
        await customer.chat.get_by_role("button", name="More").click()
        await customer.sees("Page two")
        await expect(customer.chat.get_by_text("Page one")).to_be_hidden()
        await expect(customer.chat.locator(".mine")).to_have_count(0)
        assert given[0]["ContentType"].endswith("interactive.response")
        data = {"actionName": "SHOW_MORE", **paging, "templateType": "ListPicker"}
        assert json.loads(given[0]["Content"]) == {"version": "1.0", "data": data, "action": "SHOW_MORE"}


async def test_an_unknown_template_is_shown_as_what_it_is(visit: Visiting) -> None:
    """Nothing is swallowed, and nothing breaks."""
    async with visit() as customer:
        bot = await customer.meets_the_bot()
        await bot.show("Hologram", {"title": "?"})
        await customer.sees("Hologram cannot be shown here")
        await customer.says("fine")
        await customer.sees("You said: fine")
