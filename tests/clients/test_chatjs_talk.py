"""The official ChatJS in real Chromium, on a page of another origin: everything that is said in a chat."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Browser

from agent.emulator import emulate
from tests.clients.amazon import INTERACTIVE
from tests.clients.examples import example
from tests.clients.node import INSTALLING
from tests.clients.scene import FIRST, GREETING, scene
from tests.clients.visitor import web_site

pytestmark = [pytest.mark.chatjs, pytest.mark.timeout(INSTALLING), pytest.mark.asyncio(loop_scope="session")]


async def test_a_conversation_from_hello_to_goodbye(browser: Browser, site: str) -> None:
    """Text both ways, typing, and the end: exactly these events in this order, and ChatJS closes the socket itself."""
    async with scene(browser, site) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        async with bot.listening() as ear:
            sent = await visitor.says("hello 👋")
            echo = await visitor.sees("onMessage", "hello 👋")
            assert (echo["Id"], echo["ParticipantRole"], echo["DisplayName"]) == (sent["Id"], "CUSTOMER", "Ana")
            assert (await ear.item())["Id"] == sent["Id"]
            await bot.signals("typing")
            typing = await visitor.sees("onTyping")
            assert (typing["ParticipantRole"], typing["DisplayName"]) == ("CUSTOM_BOT", "Helper")
            await bot.says("hi!")
            await visitor.sees("onMessage", "hi!")
            await visitor.signals("typing")
            assert await ear.until("hi!") == ["typing", "hi!"]
            assert await ear.until("typing") == ["typing"]
            await visitor.calls("disconnectParticipant")
            await visitor.sees("onEnded")
            assert await ear.until("chat.ended") == ["participant.left", "chat.ended"]
        assert await visitor.told() == [
            *FIRST,
            "onMessage participant.joined",
            "onMessage hello 👋",
            "onTyping",
            "onMessage hi!",
            "onTyping",
            "onMessage participant.left",
            "onMessage chat.ended",
            "onEnded",
        ]
        await stage.until(lambda: stage.sockets() == 0)
        assert sum(url.endswith("/participant/connection") for url in visitor.asked) == 1


async def test_every_kind_of_message(browser: Browser, site: str) -> None:
    """Markdown, JSON, an interactive message and its response pass with their content types, unchanged."""
    async with scene(browser, site) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        await bot.says("**bold** and [a link](https://example.com)", "text/markdown")
        assert (await visitor.sees("onMessage", "text/markdown"))["Content"].startswith("**bold**")
        await bot.says('{"order": 7}', "application/json")
        assert (await visitor.sees("onMessage", "application/json"))["Content"] == '{"order": 7}'
        menu = {"title": "Which size?", "elements": [{"title": "small"}, {"title": "large"}]}
        await bot.shows("ListPicker", menu)
        shown = await visitor.sees("onMessage", INTERACTIVE)
        assert json.loads(shown["Content"]) == {
            "templateType": "ListPicker",
            "version": "1.0",
            "data": {"content": menu},
        }
        more = {"action": "SHOW_MORE", "data": {"actionName": "SHOW_MORE", "listId": "l1"}, "version": "1.0"}
        await visitor.says(json.dumps(more), f"{INTERACTIVE}.response")
        answered = (await bot.reads(MaxResults=1))[0]
        assert answered["ContentType"] == f"{INTERACTIVE}.response"
        assert json.loads(answered["Content"]) == more


async def test_receipts_both_ways(browser: Browser, site: str) -> None:
    """The bot's receipts reach the page as its own events; the page's own come back to the bot, not to the page."""
    async with scene(browser, site) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        async with bot.listening() as ear:
            mine = await visitor.says("Did you get this?")
            for kind, event in (("message.delivered", "onDeliveredReceipt"), ("message.read", "onReadReceipt")):
                await bot.signals(kind, mine["Id"])
                assert (await visitor.sees(event))["MessageMetadata"]["MessageId"] == mine["Id"]
            theirs = await bot.says("Yes. And you?")
            await visitor.sees("onMessage", "Yes. And you?")
            await visitor.signals("message.read", theirs["Id"])
            await ear.until("Yes. And you?")
            receipt = (await ear.item())["MessageMetadata"]
            assert receipt["MessageId"] == theirs["Id"]
            (one,) = receipt["Receipts"]
            assert one["RecipientParticipantId"] == stage.chat["ParticipantId"]
            assert "ReadTimestamp" in one
        receipts = [word for word in await visitor.told() if word.endswith("Receipt")]
        assert receipts == ["onDeliveredReceipt", "onReadReceipt"]


async def test_receipts_that_chatjs_holds_back(browser: Browser, site: str) -> None:
    """Without disableThrottle ChatJS sends a receipt a while later; it then arrives like any other."""
    async with scene(browser, site) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        async with bot.listening() as ear:
            theirs = await bot.says("Read this")
            await visitor.sees("onMessage", "Read this")
            sending = visitor.page.evaluate(
                "argument => { call('sendEvent', argument); }",
                {
                    "contentType": "application/vnd.amazonaws.connect.event.message.read",
                    "content": json.dumps({"messageId": theirs["Id"]}),
                },
            )
            await sending
            await visitor.waits(1)
            await visitor.waits(6)
            assert await ear.until("message.metadata") == ["Read this", "message.metadata"]


async def test_the_transcript(browser: Browser, site: str) -> None:
    """getTranscript as ChatJS asks by default, page by page: the empty StartPosition, fifteen items, oldest first."""
    async with scene(browser, site) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        for number in range(20):
            await bot.says(str(number))
        page = (await visitor.calls("getTranscript", {}))["data"]
        assert [item["Content"] for item in page["Transcript"]] == [str(n) for n in range(5, 20)]
        older = (await visitor.calls("getTranscript", {"nextToken": page["NextToken"]}))["data"]
        words = [item.get("Content") for item in older["Transcript"]]
        assert words == [None, GREETING, None, "0", "1", "2", "3", "4"]
        assert "NextToken" not in older
        assert older["InitialContactId"] == stage.contact_id


async def test_a_file_goes_up_and_comes_down(browser: Browser, site: str) -> None:
    """sendAttachment and downloadAttachment, both across origins, and the item in between."""
    async with scene(browser, site) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        assert "error" not in await visitor.sends_file("Grüße.txt", "text/plain", "Grüße aus der Datei")
        told = await visitor.sees_file()
        (attachment,) = told["Attachments"]
        assert (told["Type"], attachment["AttachmentName"], attachment["Status"]) == (
            "ATTACHMENT",
            "Grüße.txt",
            "APPROVED",
        )
        got = await visitor.calls("downloadAttachment", {"attachmentId": attachment["AttachmentId"]})
        assert got == {"data": "Grüße aus der Datei"}
        assert (await bot.reads(MaxResults=1))[0]["Attachments"] == told["Attachments"]


async def test_a_file_that_is_scanned(browser: Browser, site: str) -> None:
    """With scanning on, the same item comes twice: first in progress, then with the verdict."""
    async with scene(browser, site, attachment_scan="reject") as stage:
        visitor = stage.visitor
        await visitor.sends_file("virus.txt", "text/plain", "evil")
        first = await visitor.sees_file()
        stage.emulator.region.leap(5)
        second = await visitor.sees_file()
        assert [one["Attachments"][0]["Status"] for one in (first, second)] == ["IN_PROGRESS", "REJECTED"]
        assert first["Id"] == second["Id"]


async def test_errors_have_their_types_on_the_page(browser: Browser, site: str) -> None:
    """A page of another origin can read which error it was; the browser itself only notes the status."""
    async with scene(browser, site) as stage:
        visitor = stage.visitor
        too_long = await visitor.calls("sendMessage", {"contentType": "text/plain", "message": "x" * 16_385})
        no_view = await visitor.calls("describeView", {"viewToken": "nothing"})
        nothing = await visitor.calls("downloadAttachment", {"attachmentId": "nothing"})
        types = [answer["error"]["type"] for answer in (too_long, no_view, nothing)]
        assert types == ["ValidationException", "ResourceNotFoundException", "AccessDeniedException"]
        assert "16384" in too_long["error"]["message"]
        assert await visitor.refusals() == [400, 404, 403]


async def test_the_page_of_the_documentation(browser: Browser, node_packages: Path) -> None:
    """The whole page of the documentation, from StartChatContact to the end of the chat."""
    async with emulate() as emulator, web_site(node_packages, example("ChatJS", "html", emulator.url)) as site:
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(site)
        await page.get_by_text("ended", exact=True).wait_for()
        lines = await page.locator("li").all_text_contents()
        await context.close()
    event = "application/vnd.amazonaws.connect.event."
    assert lines == [
        f"Ana: {event}participant.joined",
        f"SYSTEM_MESSAGE: {GREETING}",
        "Ana: hello",
        f"Ana: {event}participant.left",
        f"Connect: {event}chat.ended",
        "ended",
    ]
