"""How it ends: each cause once, what the bot sees of it, and that not a word is said afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from agent.aws.pulling import pulled
from agent.emulator import Fault, Rule
from agent.emulator.participants import Role
from agent.errors import AccessDenied
from agent.ids import Secret, client_token
from agent.session.conversation import Turn
from agent.session.session import Ending
from agent.wire.content import ContentType
from tests.scenarios.endings import BY_HUMAN, busy, connection_token, is_over, waiting
from tests.scenarios.stage import PATIENT_SOCKETS, ScriptedBot, stage

pytestmark = pytest.mark.both_ways

JOIN, CONNECT, LEAVE = "CreateParticipant", "CreateParticipantConnection", "DisconnectParticipant"
SUBSCRIBE = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'


async def leaves_on_bye(turn: Turn, text: str) -> None:
    await turn.send("Goodbye!", content_type=ContentType.PLAIN)
    await turn.leave()


# -------------------------------------------------------------------------------------- the bot leaves


async def test_the_bot_leaves_and_the_chat_goes_on_without_it() -> None:
    """The flow's Wait block takes its branch, the bot's tokens stop working, the customer stays."""
    async with stage(flows=waiting()) as scene:
        customer, bot = scene.customer(flow_id="waiting"), ScriptedBot(reply=leaves_on_bye)
        await scene.joins(customer, bot)
        token = connection_token(scene)
        customer.says("bye")
        await is_over(scene, customer, bot, {"HandedOff"})
        assert customer.events()[-1] == ("participant.left", "CUSTOM_BOT")
        assert scene.connect.contact(customer.contact_id)["segments"][-1]["queue"] == "BasicQueue"
        with pytest.raises(AccessDenied):
            await scene.aws.participant.get_transcript(token)


async def test_the_bot_leaves_and_the_flow_ends_the_chat() -> None:
    """DisconnectParticipant brings only participant.left, or chat.ended too: that is the flow's affair."""
    async with stage(flows=waiting(disconnected="end")) as scene:
        customer, bot = scene.customer(flow_id="waiting"), ScriptedBot(reply=leaves_on_bye)
        await scene.joins(customer, bot)
        customer.says("bye")
        await is_over(scene, customer, bot, {"HandedOff"})
        assert customer.events()[-2:] == [("participant.left", "CUSTOM_BOT"), ("chat.ended", None)]
        assert customer.bot_lines() == ["Goodbye!"]


async def test_a_worker_that_stops_for_good_leaves_politely() -> None:
    """The running turn ends, then DisconnectParticipant: the customer is not left with a bot that never answers."""

    async def reply(turn: Turn, text: str) -> None:
        run.session.leave()
        await turn.send(text, content_type=ContentType.PLAIN)

    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot(reply=reply)
        run = await scene.joins(customer, bot)
        customer.says("the last question")
        await is_over(scene, customer, bot, {"HandedOff"})
        assert customer.bot_lines() == ["the last question"]
        assert customer.events()[-1] == ("participant.left", "CUSTOM_BOT")


async def test_a_goodbye_that_hangs_is_cut_short() -> None:
    """Politeness is bounded: a service that does not answer cannot keep a worker from stopping."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot(greeting="Hello!")
        run = await scene.joins(customer, bot, goodbye_timeout=0.5)
        await customer.sees("Hello!")
        scene.weather(Rule(fault=Fault.TIMEOUT, operation=LEAVE, seconds=600.0))
        run.session.leave()
        await is_over(scene, customer, bot, {"HandedOff"})
        assert len(scene.reports("goodbye.cut_short")) == 1


async def test_a_worker_that_is_drained_stays_on_the_chat_and_another_goes_on() -> None:
    """A rolling deployment takes seconds, and the customer does not notice: nobody leaves, nobody joins."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        run = await scene.joins(customer, bot)
        customer.says("before")
        await customer.sees("before")
        run.session.drain()
        assert await scene.ended() is Ending.RELEASED
        customer.says("meanwhile")
        await scene.joins(customer, bot)
        customer.says("after")
        await customer.sees("before", "meanwhile", "after")
        assert customer.events().count(("participant.joined", "CUSTOM_BOT")) == 1
        assert ("participant.left", "CUSTOM_BOT") not in customer.events()


# -------------------------------------------------------------------------------------- somebody comes


async def test_an_agent_joins_and_the_bot_falls_silent_in_the_middle_of_a_turn() -> None:
    """The service removes the bot; its running handler is stopped, and its last word is refused."""
    async with stage() as scene:
        customer = scene.customer()
        bot = await busy(scene, customer)
        scene.connect.agent_joins(customer.contact_id)
        await is_over(scene, customer, bot, BY_HUMAN)
        assert len(bot.refused) == 1
        assert scene.calls(LEAVE) == []


async def test_a_lex_bot_joins_and_the_bot_falls_silent() -> None:
    """One automaton at a time: whoever comes second by way of the flow takes over."""
    async with stage() as scene:
        customer = scene.customer()
        bot = await busy(scene, customer)
        scene.connect.lex_joins(customer.contact_id)
        await is_over(scene, customer, bot, {"RemovedFromChat"})


@pytest.mark.parametrize(
    ("service", "session"),
    [({"removed_close_code": 1008}, {}), ({}, {"audit_interval": 0.2})],
    ids=["its socket is closed", "the transcript is audited"],
)
async def test_a_bot_that_is_not_told_of_its_removal_finds_out(
    service: dict[str, Any], session: dict[str, Any]
) -> None:
    """Whether a removed bot gets its own participant.left is not documented: a refused call tells as well."""
    async with stage(left_reaches_leaver=False, **service) as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot, **session)
        scene.connect.agent_joins(customer.contact_id)
        await is_over(scene, customer, bot, {"ChatEnded", *BY_HUMAN})


async def test_the_chats_end_long_after_the_agent_left_is_not_waited_for() -> None:
    """A disconnect flow may hold chat.ended back for a quarter of an hour; the bot has gone when it was removed."""
    async with stage(flows=waiting(), **PATIENT_SOCKETS) as scene:
        customer, bot = scene.customer(flow_id="waiting"), ScriptedBot()
        await scene.joins(customer, bot)
        scene.connect.agent_joins(customer.contact_id)
        await is_over(scene, customer, bot, BY_HUMAN)
        scene.connect.agent_leaves(customer.contact_id)
        assert ("chat.ended", None) not in customer.events()
        scene.passes(901)
        await scene.until(lambda: ("chat.ended", None) in customer.events())
        assert scene.endings == [Ending.OVER]


# ----------------------------------------------------------------------------------- the customer goes


@pytest.mark.parametrize("chat", [{}, {"DisconnectOnCustomerExit": ["AGENT"]}], ids=["plain", "agent goes too"])
async def test_the_customer_leaves(chat: dict[str, Any]) -> None:
    """participant.left and then chat.ended: nobody is left to talk to, whatever the contact says of agents."""
    async with stage() as scene:
        customer = scene.customer(**chat)
        bot = await busy(scene, customer)
        customer.leaves()
        await is_over(scene, customer, bot, {"CustomerLeft", "ChatEnded"})
        assert customer.reason() == "CUSTOMER_DISCONNECT"


async def test_the_customer_leaves_and_the_chat_goes_on_for_a_while() -> None:
    """chat.ended may come much later: the bot stops talking when the customer goes, and leaves politely."""
    async with stage(chat_ended_delay=900.0) as scene:
        customer = scene.customer()
        bot = await busy(scene, customer)
        customer.leaves()
        await is_over(scene, customer, bot, {"CustomerLeft"})
        assert customer.events()[-2:] == [("participant.left", "CUSTOMER"), ("participant.left", "CUSTOM_BOT")]


async def test_the_customers_socket_drops_and_nothing_happens() -> None:
    """Browsers sleep and trains pass tunnels: the chat lives on, and what comes later is answered."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot)
        wanted = {"Type": ["WEBSOCKET"]}
        answer = scene.connect.call(CONNECT, wanted, bearer=customer.participant_token)
        async with pulled(scene.aws.sockets, Secret(answer["Websocket"]["Url"])) as socket:
            socket.send(SUBSCRIBE)
            assert "success" in str(await socket.receive())
            assert scene.connect.close_sockets(customer.contact_id, 1006, role=Role.CUSTOMER) == 1
        customer.says("out of the tunnel")
        await customer.sees("out of the tunnel")
        assert ("participant.left", "CUSTOMER") not in customer.events()


# ------------------------------------------------------------------------------------ somebody ends it


async def test_the_flow_disconnects() -> None:
    """Its Disconnect block ends the chat under a bot that is still talking."""
    async with stage(flows=waiting(expired="end"), **PATIENT_SOCKETS) as scene:
        customer = scene.customer(flow_id="waiting")
        bot = await busy(scene, customer)
        scene.passes(601)
        await is_over(scene, customer, bot, {"ChatEnded"})
        assert customer.reason() == "CONTACT_FLOW_DISCONNECT"


async def test_stop_contact_ends_the_chat_and_every_later_call_is_refused() -> None:
    """After the end all participant operations answer 403, so the bot makes none."""
    async with stage() as scene:
        customer = scene.customer()
        bot = await busy(scene, customer)
        token, service = connection_token(scene), scene.aws.participant
        await scene.aws.connect.stop_contact((await scene.record(customer)).key)
        await is_over(scene, customer, bot, {"ChatEnded"})
        assert customer.reason() == "API"
        assert {call.status for call in scene.connect.timeline.entries() if call.kind == "call"} == {200}
        once = client_token("story")
        with pytest.raises(AccessDenied):
            await service.send_message(token, content="x", content_type=ContentType.PLAIN, client_token=once)
        with pytest.raises(AccessDenied):
            await service.get_transcript(token)
        with pytest.raises(AccessDenied):
            await service.disconnect_participant(token, client_token=once)


# ------------------------------------------------------------------------------------------ a transfer


async def test_a_transfer_removes_the_bot_and_the_new_segment_gets_one_of_its_own() -> None:
    """A transfer opens a new ContactId, for which the whole recipe is followed again; old words stay answered."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot)
        customer.says("before")
        await customer.sees("before")
        scene.connect.transfer(customer.contact_id)
        await is_over(scene, customer, bot, {"RemovedFromChat", "ChatEnded"})
        customer, second = scene.in_newest_segment(customer), ScriptedBot()
        await scene.joins(customer, second)
        customer.says("after")
        await customer.sees("before", "after")
        assert second.heard == ["after"]
        assert len(scene.calls(JOIN)) == 2


async def test_a_bot_that_survives_a_transfer_goes_on_under_the_new_contact_id() -> None:
    """Whether it is removed before an agent accepts is not documented; if not, it hears the new segment's items."""
    async with stage(removed_on_transfer=False) as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot)
        scene.connect.transfer(customer.contact_id)
        customer.says("after")
        await customer.sees("after")
        scene.loses_socket(customer)
        customer.says("in a gap after")
        await customer.sees("after", "in a gap after")
