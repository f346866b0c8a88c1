"""ChatJS and its websocket: lost, silent, refreshed, at its lifetime's end; nothing is lost and nothing comes twice."""

import anyio
import pytest
from playwright.async_api import Browser

from agent.emulator.participants import Role
from agent.emulator.weather_rules import Fault, Rule
from tests.clients.node import INSTALLING
from tests.clients.scene import FIRST, GREETING, scene
from tests.clients.visitor import PATIENCE

pytestmark = [pytest.mark.chatjs, pytest.mark.timeout(INSTALLING), pytest.mark.asyncio(loop_scope="session")]


async def test_a_lost_socket_is_replaced(browser: Browser, site: str) -> None:
    """Closed by the server with whatever code: lost, established, and the chat goes on; nothing is replayed."""
    async with scene(browser, site) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        for code in (1001, 1006, 1011, 4000):
            told = len(await visitor.told())
            stage.emulator.close_sockets(stage.contact_id, code, Role.CUSTOMER)
            stage.at_once(bot, f"while you were away: {code}")
            await visitor.sees("onConnectionLost")
            await visitor.sees("onConnectionEstablished")
            await stage.until(lambda: stage.listening() == 1)
            await bot.says(f"there you are: {code}")
            await visitor.sees("onMessage", f"there you are: {code}")
            back = ["onConnectionLost", "onConnectionEstablished", f"onMessage there you are: {code}"]
            assert (await visitor.told())[told:] == back
            page = (await visitor.calls("getTranscript", {"maxResults": 2}))["data"]
            assert page["Transcript"][0]["Content"] == f"while you were away: {code}"
        assert stage.sockets() == 1


async def test_the_transcript_heals_itself(browser: Browser, site: str) -> None:
    """With onTranscriptUpdated ChatJS reads what it missed by itself after a lost socket."""
    async with scene(browser, site, transcript=True) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        stage.emulator.close_sockets(stage.contact_id, 1006, Role.CUSTOMER)
        stage.at_once(bot, "missed")
        condition = "told.some((one) => one.event === 'onTranscriptUpdated' && one.Content.includes('missed'))"
        await visitor.page.wait_for_function(condition, timeout=PATIENCE)
        updates = await visitor.page.evaluate(
            "told.filter((one) => one.event === 'onTranscriptUpdated').at(-1).Content"
        )
        assert updates == ["participant.joined", GREETING, "participant.joined", "missed"]


async def test_a_socket_that_went_silent_is_replaced(browser: Browser, site: str) -> None:
    """A stall without any close: the heartbeat is missed, and ChatJS makes another before it breaks this."""
    async with scene(browser, site) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        old = stage.line()
        stage.emulator.weather.set([Rule(fault=Fault.STALL, role="CUSTOMER", items_only=False, times=1)])
        await bot.says("into the void")
        await visitor.waits(11)
        await visitor.waits(11)
        await stage.until(lambda: stage.replaced(old))
        await bot.says("out of the void")
        await visitor.sees("onMessage", "out of the void")
        told = await visitor.told()
        assert "onMessage into the void" not in told
        assert "onConnectionLost" not in told


async def test_a_deep_heartbeat_that_fails(browser: Browser, site: str) -> None:
    """A ping answered with 500 is onDeepHeartbeatFailure; the connection lives on."""
    async with scene(browser, site) as stage:
        await stage.visitor.sees("onDeepHeartbeatSuccess")
        stage.emulator.weather.set([Rule(fault=Fault.FAIL_PING)])
        await stage.visitor.waits(11)
        await stage.visitor.sees("onDeepHeartbeatFailure")
        assert "onConnectionLost" not in await stage.visitor.told()


async def test_the_hourly_refresh_loses_and_doubles_nothing(browser: Browser, site: str) -> None:
    """After 59 minutes ChatJS opens a second socket beside the first, and closes that one once subscribed."""
    async with scene(browser, site) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        old = stage.line()
        await visitor.waits(3541)
        await stage.until(lambda: stage.replaced(old))
        await bot.says("after")
        await visitor.sees("onMessage", "after")
        assert await visitor.told() == [*FIRST, "onMessage participant.joined", "onMessage after"]


async def test_messages_during_the_hourly_refresh(browser: Browser, site: str) -> None:
    """While there are two sockets both are served. ChatJS may take an item from both or, having turned to the new one
    before it read the old one's last words, from neither: two streams have no common order, here as at AWS, nor has
    what it tells of them. It makes nothing up, and hears what comes afterwards once; the transcript has everything."""
    async with scene(browser, site) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        old = stage.line()
        await visitor.waits(3541)
        with anyio.fail_after(20):
            while not stage.replaced(old):
                await bot.says("meanwhile")
        last = await bot.says("after")
        await visitor.sees("onMessage", "after")
        kept = [item["Id"] for item in stage.emulator.transcript(stage.contact_id)]
        said = await visitor.page.evaluate("told.filter((one) => one.event === 'onMessage').map((one) => one.Id)")
        assert set(said) <= set(kept)
        assert said.count(last["Id"]) == 1
        assert "onConnectionLost" not in await visitor.told()


async def test_a_socket_ends_with_its_lifetime(browser: Browser, site: str) -> None:
    """A server that closes at ConnectionExpiry, sooner than ChatJS refreshes: lost, established, and on."""
    async with scene(browser, site, socket_lifetime=600.0) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        stage.emulator.region.leap(601)
        await visitor.sees("onConnectionLost")
        await visitor.sees("onConnectionEstablished")
        await stage.until(lambda: stage.listening() == 1)
        await bot.says("still here?")
        await visitor.sees("onMessage", "still here?")


async def test_a_token_is_renewed_before_it_expires(browser: Browser, site: str) -> None:
    """A minute before Expiry ChatJS fetches a new connection token; after it, the chat goes on with that one."""
    async with scene(browser, site, connection_token_lifetime=1200.0) as stage:
        visitor = stage.visitor
        stage.emulator.region.leap(1150)
        async with visitor.page.expect_response("**/participant/connection") as answered:
            await visitor.waits(1150)
        await (await answered.value).finished()
        await visitor.page.evaluate("new Promise((done) => setTimeout(done))")
        stage.emulator.region.leap(60)  # past the old token's end, and not past that of the new websocket's address
        assert (await visitor.says("with a new token"))["Id"]


async def test_a_secure_socket(browser: Browser, site: str) -> None:
    """https and wss, for pages and clients that insist on them: the same chat, with files both ways."""
    async with scene(browser, site, secure=True) as stage:
        assert stage.emulator.url.startswith("https://")
        await stage.visitor.says("safe and sound")
        await stage.visitor.sees("onMessage", "safe and sound")
        await stage.visitor.sends_file("a.txt", "text/plain", "sealed")
        (attachment,) = (await stage.visitor.sees("onMessage"))["Attachments"]
        got = await stage.visitor.calls("downloadAttachment", {"attachmentId": attachment["AttachmentId"]})
        assert got == {"data": "sealed"}
