"""ChatJS while people come and go, and at the end of a chat, however it comes."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from playwright.async_api import Browser
from playwright.async_api import Error as PlaywrightError

from agent.emulator import INSTANCE_ID
from agent.emulator.participants import Role
from agent.emulator.weather_rules import Fault, Rule
from tests.clients.node import INSTALLING
from tests.clients.scene import FIRST, scene
from tests.clients.visitor import visiting

pytestmark = [pytest.mark.chatjs, pytest.mark.timeout(INSTALLING), pytest.mark.asyncio(loop_scope="session")]


async def test_a_human_takes_over(browser: Browser, site: str) -> None:
    """An agent joins, the bot goes, the agent speaks and leaves; the customer's session lives through it."""
    async with scene(browser, site) as stage:
        visitor, bot = stage.visitor, await stage.bot()
        stage.emulator.agent_joins(stage.contact_id, "Ada")
        left = await visitor.sees("onMessage", "participant.left")
        assert (left["ParticipantRole"], left["DisplayName"]) == ("CUSTOM_BOT", "Helper")
        joined = await visitor.sees("onMessage", "participant.joined")
        assert (joined["ParticipantRole"], joined["DisplayName"]) == ("AGENT", "Ada")
        stage.emulator.agent_says(stage.contact_id, "Hello, I am human")
        assert (await visitor.sees("onMessage", "Hello, I am human"))["ParticipantRole"] == "AGENT"
        with pytest.raises(ClientError):
            await bot.says("me too")
        assert (await visitor.says("good"))["Id"]


async def test_another_segment_reaches_the_same_session(browser: Browser, site: str) -> None:
    """After a transfer items carry a new ContactId; ChatJS takes them by their InitialContactId."""
    async with scene(browser, site) as stage:
        new = stage.emulator.transfer(stage.contact_id)
        assert new != stage.contact_id
        stage.emulator.agent_joins(new, "Ada")
        stage.emulator.agent_says(new, "from the queue")
        await stage.visitor.sees("onMessage", "from the queue")


async def test_idle_and_gone(browser: Browser, site: str) -> None:
    """Chat timers reach the page: idle, returned, and the auto-disconnection."""
    async with scene(browser, site) as stage:
        visitor = stage.visitor
        entries = [_timer("IDLE", 2), _timer("DISCONNECT_NONCUSTOMER", 3)]
        await stage.people.connect.update_participant_role_config(
            InstanceId=INSTANCE_ID,
            ContactId=stage.contact_id,
            ChannelConfiguration={"Chat": {"ParticipantTimerConfigList": entries}},
        )
        await stage.bot()
        stage.emulator.region.leap(121)
        await visitor.sees("onParticipantIdle")
        await visitor.says("I am back")
        await visitor.sees("onParticipantReturned")
        stage.emulator.region.leap(121)
        await visitor.sees("onParticipantIdle")
        stage.emulator.region.leap(181)
        await visitor.sees("onAutoDisconnection")


def _timer(kind: str, minutes: int) -> dict[str, Any]:
    value = {"ParticipantTimerDurationInMinutes": minutes}
    return {"ParticipantRole": "CUSTOMER", "TimerType": kind, "TimerValue": value}


async def test_the_service_ends_the_chat(browser: Browser, site: str) -> None:
    """StopContact: chat.ended over the websocket, onEnded, and ChatJS closes its socket."""
    async with scene(browser, site) as stage:
        stage.emulator.stop(stage.contact_id)
        await stage.visitor.sees("onEnded")
        assert await stage.visitor.told() == [*FIRST, "onMessage chat.ended", "onEnded"]
        await stage.until(lambda: stage.sockets() == 0)


async def test_a_chat_that_ended_in_the_background(browser: Browser, site: str) -> None:
    """The socket is lost and the chat over: the 403 to the next CreateParticipantConnection becomes onEnded."""
    async with scene(browser, site) as stage:
        stage.emulator.weather.set([Rule(fault=Fault.DROP, role="CUSTOMER")])
        stage.emulator.stop(stage.contact_id)
        stage.emulator.close_sockets(stage.contact_id, 1006, Role.CUSTOMER)
        await stage.visitor.sees("onEnded")
        told = (await stage.visitor.told())[len(FIRST) :]
        assert told[0] == "onConnectionLost"
        assert told[-1] == "onEnded"
        assert await stage.visitor.refusals() == [403]


async def test_a_page_that_comes_too_late(browser: Browser, site: str) -> None:
    """connect() on a chat that is over is rejected, and no socket is opened."""
    async with scene(browser, site) as stage, visiting(browser, stage.emulator.url, site) as late:
        stage.emulator.stop(stage.contact_id)
        with pytest.raises(PlaywrightError):
            await late.comes(stage.chat)
        assert await late.refusals() == [403]


async def test_two_windows_of_one_customer(browser: Browser, site: str) -> None:
    """The same chat in two windows: both are told everything, each message once."""
    async with scene(browser, site) as stage, visiting(browser, stage.emulator.url, site) as second:
        await second.comes(stage.chat)
        await second.sees("onConnectionEstablished")
        await second.sees("onConnectionEstablished")
        await stage.visitor.says("from the first")
        await second.sees("onMessage", "from the first")
        await second.says("from the second")
        await stage.visitor.sees("onMessage", "from the second")
        assert stage.sockets() == 2
