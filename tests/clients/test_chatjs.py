"""The official ChatJS in real Chromium as the customer, on a page of another origin: every event as at the service.

The bot is played through aiobotocore; the desk of the emulator does what the service and the network would do.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
import pytest_asyncio
from botocore.exceptions import ClientError
from playwright.async_api import Browser, async_playwright
from playwright.async_api import Error as PlaywrightError

from agent.emulator import INSTANCE_ID, Emulator, Settings, emulate
from agent.emulator.connection import Connection
from agent.emulator.participants import Role
from agent.emulator.timeline import Entry
from agent.emulator.weather_rules import Fault, Rule
from tests.clients.amazon import INTERACTIVE
from tests.clients.browser import FLAGS
from tests.clients.examples import example
from tests.clients.node import INSTALLING
from tests.clients.party import Parties, Party, parties
from tests.clients.visitor import Visitor, visiting, web_site

pytestmark = [pytest.mark.chatjs, pytest.mark.timeout(INSTALLING), pytest.mark.asyncio(loop_scope="module")]
RICH = ["text/plain", "text/markdown", "application/json", INTERACTIVE, f"{INTERACTIVE}.response"]
GREETING = "Welcome to Amazon Connect on localhost."
ESTABLISHED = ["onConnectionEstablished"] * 2  # ChatJS says it when the socket opens, and when it is subscribed
FIRST = [*ESTABLISHED, "onMessage participant.joined", f"onMessage {GREETING}"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    """One Chromium for all pages."""
    async with async_playwright() as playwright:
        one = await playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield one
        await one.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(node_packages: Path) -> AsyncIterator[str]:
    """The company's web site."""
    async with web_site(node_packages) as address:
        yield address


@dataclass(kw_only=True)
class Scene:
    """A chat with a visitor on it, the emulator behind, and whoever else comes."""

    visitor: Visitor
    emulator: Emulator
    people: Parties
    chat: dict[str, Any]

    @property
    def contact_id(self) -> str:
        return str(self.chat["ContactId"])

    def sockets(self) -> int:
        """How many websockets the customer has open."""
        return len(self.emulator.region.chat(self.contact_id).customer.connections)

    def listening(self) -> int:
        """How many of them are subscribed."""
        connections = self.emulator.region.chat(self.contact_id).customer.connections
        return sum(1 for connection in connections if connection.subscribed)

    def line(self) -> Connection:
        """The customer's one websocket, as the emulator holds it."""
        (connection,) = self.emulator.region.chat(self.contact_id).customer.connections
        return connection

    def replaced(self, old: Connection) -> bool:
        """Whether another socket has taken the place of `old`, which is closed."""
        return old.closed and self.sockets() == self.listening() == 1

    def at_once(self, party: Party, text: str) -> None:
        """A message without any detour over HTTP: before the page can do anything about what just happened."""
        self.emulator.call("SendMessage", {"ContentType": "text/plain", "Content": text}, bearer=party.token)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so for the emulator: looked at whenever something happens there."""
        happened = anyio.Event()

        def look(entry: Entry) -> None:
            if condition():
                happened.set()

        self.emulator.timeline.followers.append(look)
        try:
            with anyio.fail_after(20):
                while not condition():
                    await happened.wait()
        finally:
            self.emulator.timeline.followers.remove(look)

    async def bot(self) -> Party:
        """A bot joins, and the visitor sees it."""
        bot = await self.people.bot(self.contact_id)
        await self.visitor.sees("onMessage", "participant.joined")
        return bot


@asynccontextmanager
async def _scene(browser: Browser, site: str, *, transcript: bool = False, **settings: Any) -> AsyncIterator[Scene]:
    chosen = Settings(**{"validate_answers": True, **settings})
    async with (
        emulate(settings=chosen) as emulator,
        parties(emulator.url, certificate=emulator.certificate) as people,
    ):
        chat = await people.starts(SupportedMessagingContentTypes=RICH)
        async with visiting(browser, emulator.url, site) as visitor:
            await visitor.comes(chat, transcript=transcript)
            await visitor.sees("onMessage", GREETING)
            yield Scene(visitor=visitor, emulator=emulator, people=people, chat=chat)


# --- talking -------------------------------------------------------------------------------------------
async def test_a_conversation_from_hello_to_goodbye(browser: Browser, site: str) -> None:
    """Text both ways, typing, and the end: exactly these events in this order, and ChatJS closes the socket itself."""
    async with _scene(browser, site) as scene:
        visitor, bot = scene.visitor, await scene.bot()
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
        await scene.until(lambda: scene.sockets() == 0)
        assert sum(url.endswith("/participant/connection") for url in visitor.asked) == 1


async def test_every_kind_of_message(browser: Browser, site: str) -> None:
    """Markdown, JSON, an interactive message and its response pass with their content types, unchanged."""
    async with _scene(browser, site) as scene:
        visitor, bot = scene.visitor, await scene.bot()
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
    async with _scene(browser, site) as scene:
        visitor, bot = scene.visitor, await scene.bot()
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
            assert one["RecipientParticipantId"] == scene.chat["ParticipantId"]
            assert "ReadTimestamp" in one
        receipts = [word for word in await visitor.told() if word.endswith("Receipt")]
        assert receipts == ["onDeliveredReceipt", "onReadReceipt"]


async def test_receipts_that_chatjs_holds_back(browser: Browser, site: str) -> None:
    """Without disableThrottle ChatJS sends a receipt a while later; it then arrives like any other."""
    async with _scene(browser, site) as scene:
        visitor, bot = scene.visitor, await scene.bot()
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
    async with _scene(browser, site) as scene:
        visitor, bot = scene.visitor, await scene.bot()
        for number in range(20):
            await bot.says(str(number))
        page = (await visitor.calls("getTranscript", {}))["data"]
        assert [item["Content"] for item in page["Transcript"]] == [str(n) for n in range(5, 20)]
        older = (await visitor.calls("getTranscript", {"nextToken": page["NextToken"]}))["data"]
        words = [item.get("Content") for item in older["Transcript"]]
        assert words == [None, GREETING, None, "0", "1", "2", "3", "4"]
        assert "NextToken" not in older
        assert older["InitialContactId"] == scene.contact_id


async def test_a_file_goes_up_and_comes_down(browser: Browser, site: str) -> None:
    """sendAttachment and downloadAttachment, both across origins, and the item in between."""
    async with _scene(browser, site) as scene:
        visitor, bot = scene.visitor, await scene.bot()
        assert "error" not in await visitor.sends_file("Grüße.txt", "text/plain", "Grüße aus der Datei")
        told = await visitor.sees("onMessage")
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
    async with _scene(browser, site, attachment_scan="reject") as scene:
        visitor = scene.visitor
        await visitor.sends_file("virus.txt", "text/plain", "evil")
        first = await visitor.sees("onMessage")
        scene.emulator.region.leap(5)
        second = await visitor.sees("onMessage")
        assert [one["Attachments"][0]["Status"] for one in (first, second)] == ["IN_PROGRESS", "REJECTED"]
        assert first["Id"] == second["Id"]


async def test_errors_have_their_types_on_the_page(browser: Browser, site: str) -> None:
    """A page of another origin can read which error it was; the browser itself only notes the status."""
    async with _scene(browser, site) as scene:
        visitor = scene.visitor
        too_long = await visitor.calls("sendMessage", {"contentType": "text/plain", "message": "x" * 16_385})
        no_view = await visitor.calls("describeView", {"viewToken": "nothing"})
        nothing = await visitor.calls("downloadAttachment", {"attachmentId": "nothing"})
        types = [answer["error"]["type"] for answer in (too_long, no_view, nothing)]
        assert types == ["ValidationException", "ResourceNotFoundException", "AccessDeniedException"]
        assert "16384" in too_long["error"]["message"]
        assert await visitor.refusals() == [400, 404, 403]


# --- sockets that come and go --------------------------------------------------------------------------
async def test_a_lost_socket_is_replaced(browser: Browser, site: str) -> None:
    """Closed by the server with whatever code: lost, established, and the chat goes on; nothing is replayed."""
    async with _scene(browser, site) as scene:
        visitor, bot = scene.visitor, await scene.bot()
        for code in (1001, 1006, 1011, 4000):
            told = len(await visitor.told())
            scene.emulator.close_sockets(scene.contact_id, code, Role.CUSTOMER)
            scene.at_once(bot, f"while you were away: {code}")
            await visitor.sees("onConnectionLost")
            await visitor.sees("onConnectionEstablished")
            await scene.until(lambda: scene.listening() == 1)
            await bot.says(f"there you are: {code}")
            await visitor.sees("onMessage", f"there you are: {code}")
            back = ["onConnectionLost", "onConnectionEstablished", f"onMessage there you are: {code}"]
            assert (await visitor.told())[told:] == back
            page = (await visitor.calls("getTranscript", {"maxResults": 2}))["data"]
            assert page["Transcript"][0]["Content"] == f"while you were away: {code}"
        assert scene.sockets() == 1


async def test_the_transcript_heals_itself(browser: Browser, site: str) -> None:
    """With onTranscriptUpdated ChatJS reads what it missed by itself after a lost socket."""
    async with _scene(browser, site, transcript=True) as scene:
        visitor, bot = scene.visitor, await scene.bot()
        scene.emulator.close_sockets(scene.contact_id, 1006, Role.CUSTOMER)
        scene.at_once(bot, "missed")
        condition = "told.some((one) => one.event === 'onTranscriptUpdated' && one.Content.includes('missed'))"
        await visitor.page.wait_for_function(condition, timeout=20_000)
        updates = await visitor.page.evaluate(
            "told.filter((one) => one.event === 'onTranscriptUpdated').at(-1).Content"
        )
        assert updates == ["participant.joined", GREETING, "participant.joined", "missed"]


async def test_a_socket_that_went_silent_is_replaced(browser: Browser, site: str) -> None:
    """A stall without any close: the heartbeat is missed, and ChatJS makes another before it breaks this."""
    async with _scene(browser, site) as scene:
        visitor, bot = scene.visitor, await scene.bot()
        old = scene.line()
        scene.emulator.weather.set([Rule(fault=Fault.STALL, role="CUSTOMER", items_only=False, times=1)])
        await bot.says("into the void")
        await visitor.waits(11)
        await visitor.waits(11)
        await scene.until(lambda: scene.replaced(old))
        await bot.says("out of the void")
        await visitor.sees("onMessage", "out of the void")
        told = await visitor.told()
        assert "onMessage into the void" not in told
        assert "onConnectionLost" not in told


async def test_a_deep_heartbeat_that_fails(browser: Browser, site: str) -> None:
    """A ping answered with 500 is onDeepHeartbeatFailure; the connection lives on."""
    async with _scene(browser, site) as scene:
        await scene.visitor.sees("onDeepHeartbeatSuccess")
        scene.emulator.weather.set([Rule(fault=Fault.FAIL_PING)])
        await scene.visitor.waits(11)
        await scene.visitor.sees("onDeepHeartbeatFailure")
        assert "onConnectionLost" not in await scene.visitor.told()


async def test_the_hourly_refresh_loses_and_doubles_nothing(browser: Browser, site: str) -> None:
    """After 59 minutes ChatJS opens a second socket beside the first, and closes that one once subscribed."""
    async with _scene(browser, site) as scene:
        visitor, bot = scene.visitor, await scene.bot()
        old = scene.line()
        await visitor.waits(3541)
        with anyio.fail_after(20):
            while not scene.replaced(old):
                await bot.says("meanwhile")
        await bot.says("after")
        await visitor.sees("onMessage", "after")
        kept = [item["Id"] for item in scene.emulator.transcript(scene.contact_id)]
        said = await visitor.page.evaluate("told.filter((one) => one.event === 'onMessage').map((one) => one.Id)")
        assert said == kept
        assert "onConnectionLost" not in await visitor.told()


async def test_a_socket_ends_with_its_lifetime(browser: Browser, site: str) -> None:
    """A server that closes at ConnectionExpiry, sooner than ChatJS refreshes: lost, established, and on."""
    async with _scene(browser, site, socket_lifetime=600.0) as scene:
        visitor, bot = scene.visitor, await scene.bot()
        scene.emulator.region.leap(601)
        await visitor.sees("onConnectionLost")
        await visitor.sees("onConnectionEstablished")
        await scene.until(lambda: scene.listening() == 1)
        await bot.says("still here?")
        await visitor.sees("onMessage", "still here?")


async def test_a_token_is_renewed_before_it_expires(browser: Browser, site: str) -> None:
    """A minute before Expiry ChatJS fetches a new connection token; after it, the chat goes on with that one."""
    async with _scene(browser, site, connection_token_lifetime=1200.0) as scene:
        visitor = scene.visitor
        scene.emulator.region.leap(1150)
        async with visitor.page.expect_response("**/participant/connection") as answered:
            await visitor.waits(1150)
        await (await answered.value).finished()
        await visitor.page.evaluate("new Promise((done) => setTimeout(done))")
        scene.emulator.region.leap(100)
        assert (await visitor.says("with a new token"))["Id"]


async def test_a_secure_socket(browser: Browser, site: str) -> None:
    """https and wss, for pages and clients that insist on them: the same chat, with files both ways."""
    async with _scene(browser, site, secure=True) as scene:
        assert scene.emulator.url.startswith("https://")
        await scene.visitor.says("safe and sound")
        await scene.visitor.sees("onMessage", "safe and sound")
        await scene.visitor.sends_file("a.txt", "text/plain", "sealed")
        (attachment,) = (await scene.visitor.sees("onMessage"))["Attachments"]
        got = await scene.visitor.calls("downloadAttachment", {"attachmentId": attachment["AttachmentId"]})
        assert got == {"data": "sealed"}


# --- comings, goings, endings --------------------------------------------------------------------------
async def test_a_human_takes_over(browser: Browser, site: str) -> None:
    """An agent joins, the bot goes, the agent speaks and leaves; the customer's session lives through it."""
    async with _scene(browser, site) as scene:
        visitor, bot = scene.visitor, await scene.bot()
        scene.emulator.agent_joins(scene.contact_id, "Ada")
        left = await visitor.sees("onMessage", "participant.left")
        assert (left["ParticipantRole"], left["DisplayName"]) == ("CUSTOM_BOT", "Helper")
        joined = await visitor.sees("onMessage", "participant.joined")
        assert (joined["ParticipantRole"], joined["DisplayName"]) == ("AGENT", "Ada")
        scene.emulator.agent_says(scene.contact_id, "Hello, I am human")
        assert (await visitor.sees("onMessage", "Hello, I am human"))["ParticipantRole"] == "AGENT"
        with pytest.raises(ClientError):
            await bot.says("me too")
        assert (await visitor.says("good"))["Id"]


async def test_another_segment_reaches_the_same_session(browser: Browser, site: str) -> None:
    """After a transfer items carry a new ContactId; ChatJS takes them by their InitialContactId."""
    async with _scene(browser, site) as scene:
        new = scene.emulator.transfer(scene.contact_id)
        assert new != scene.contact_id
        scene.emulator.agent_joins(new, "Ada")
        scene.emulator.agent_says(new, "from the queue")
        await scene.visitor.sees("onMessage", "from the queue")


async def test_idle_and_gone(browser: Browser, site: str) -> None:
    """Chat timers reach the page: idle, returned, and the auto-disconnection."""
    async with _scene(browser, site) as scene:
        visitor = scene.visitor
        entries = [_timer("IDLE", 2), _timer("DISCONNECT_NONCUSTOMER", 3)]
        await scene.people.connect.update_participant_role_config(
            InstanceId=INSTANCE_ID,
            ContactId=scene.contact_id,
            ChannelConfiguration={"Chat": {"ParticipantTimerConfigList": entries}},
        )
        await scene.bot()
        scene.emulator.region.leap(121)
        await visitor.sees("onParticipantIdle")
        await visitor.says("I am back")
        await visitor.sees("onParticipantReturned")
        scene.emulator.region.leap(121)
        await visitor.sees("onParticipantIdle")
        scene.emulator.region.leap(181)
        await visitor.sees("onAutoDisconnection")


def _timer(kind: str, minutes: int) -> dict[str, Any]:
    value = {"ParticipantTimerDurationInMinutes": minutes}
    return {"ParticipantRole": "CUSTOMER", "TimerType": kind, "TimerValue": value}


async def test_the_service_ends_the_chat(browser: Browser, site: str) -> None:
    """StopContact: chat.ended over the websocket, onEnded, and ChatJS closes its socket."""
    async with _scene(browser, site) as scene:
        scene.emulator.stop(scene.contact_id)
        await scene.visitor.sees("onEnded")
        assert await scene.visitor.told() == [*FIRST, "onMessage chat.ended", "onEnded"]
        await scene.until(lambda: scene.sockets() == 0)


async def test_a_chat_that_ended_in_the_background(browser: Browser, site: str) -> None:
    """The socket is lost and the chat over: the 403 to the next CreateParticipantConnection becomes onEnded."""
    async with _scene(browser, site) as scene:
        scene.emulator.weather.set([Rule(fault=Fault.DROP, role="CUSTOMER")])
        scene.emulator.stop(scene.contact_id)
        scene.emulator.close_sockets(scene.contact_id, 1006, Role.CUSTOMER)
        await scene.visitor.sees("onEnded")
        told = (await scene.visitor.told())[len(FIRST) :]
        assert told[0] == "onConnectionLost"
        assert told[-1] == "onEnded"
        assert await scene.visitor.refusals() == [403]


async def test_a_page_that_comes_too_late(browser: Browser, site: str) -> None:
    """connect() on a chat that is over is rejected, and no socket is opened."""
    async with _scene(browser, site) as scene, visiting(browser, scene.emulator.url, site) as late:
        scene.emulator.stop(scene.contact_id)
        with pytest.raises(PlaywrightError):
            await late.comes(scene.chat)
        assert await late.refusals() == [403]


async def test_two_windows_of_one_customer(browser: Browser, site: str) -> None:
    """The same chat in two windows: both are told everything, each message once."""
    async with _scene(browser, site) as scene, visiting(browser, scene.emulator.url, site) as second:
        await second.comes(scene.chat)
        await second.sees("onConnectionEstablished")
        await second.sees("onConnectionEstablished")
        await scene.visitor.says("from the first")
        await second.sees("onMessage", "from the first")
        await second.says("from the second")
        await scene.visitor.sees("onMessage", "from the second")
        assert scene.sockets() == 2


# --- what the documentation says -----------------------------------------------------------------------
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
