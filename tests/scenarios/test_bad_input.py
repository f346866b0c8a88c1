"""What nobody should send, and bots that nobody should have written: one chat has its trouble, all others go on."""

import json
from io import StringIO
from typing import Any

import anyio
import pytest
import websockets

from agent.clock import SystemClock
from agent.emulator import Fault, Rule, operations
from agent.errors import (
    ContactEnded,
    HumanPresent,
    JoinRefused,
    NotAChat,
    TurnTimeout,
    UnknownContact,
)
from agent.record import Phase
from agent.session.conversation import Turn
from agent.telemetry.logging import LogSettings, LogWriter
from agent.wire.content import ContentType
from tests.scenarios.relay import relay
from tests.scenarios.stage import Customer, ScriptedBot, Stage, stage

MEGABYTE = 1024 * 1024
APOLOGY = "Sorry, that went wrong."
RUBBISH: list[str | bytes] = [
    "",
    "no JSON at all",
    '{"topic":',
    "[]",
    "null",
    '{"topic":"aws/chat","content":"{not json"}',
    '{"topic":"aws/chat","content":7}',
    '{"topic":"aws/chat","content":"{\\"Type\\":\\"MESSAGE\\"}"}',
    '{"topic":"aws/nonsense","content":{}}',
    '{"topic":{"a":1}}',
    "[" * 100_000,
    "\x00\ufeff",
    b"\x00\xff\xfe binary",
    b"",
    "x" * MEGABYTE,
    b"\x00" * MEGABYTE,
]


# ------------------------------------------------------------------------------------- on the websocket


async def test_rubbish_on_the_bots_websocket_changes_nothing() -> None:
    """Garbage, binary and megabytes are passed over: the same socket goes on, and nothing is lost behind them."""
    async with relay() as middle, stage(public_host=f"127.0.0.1:{middle.port}") as scene:
        middle.upstream = scene.connect.port
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot)
        for number, frame in enumerate(RUBBISH):
            await middle.puts_in(frame)
            customer.says(str(number))
        await customer.sees(*map(str, range(len(RUBBISH))))
        assert scene.reports("link.lost") == []


async def test_a_frame_beyond_all_bounds_costs_the_socket_and_not_the_chat() -> None:
    """Memory is bounded: the socket is closed with 1009 and replaced, and the transcript closes the gap."""
    async with relay() as middle, stage(public_host=f"127.0.0.1:{middle.port}") as scene:
        middle.upstream = scene.connect.port
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot)
        await middle.puts_in("x" * (3 * MEGABYTE))
        await scene.until(lambda: bool(scene.reports("link.lost")))
        customer.says("still here?")
        await customer.sees("still here?")


@pytest.mark.parametrize(
    ("frame", "answers"),
    [("no JSON", {"Forbidden"}), (b"\x00\xff", {1003}), ("x" * MEGABYTE, {1009, 1006})],
    ids=["garbage", "binary", "a megabyte"],
)
async def test_rubbish_on_the_customers_websocket_is_the_customers_affair(
    frame: str | bytes, answers: set[str | int]
) -> None:
    """The service forbids it or closes that socket; the bot's own is untouched and its chat goes on."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot)
        wanted = {"Type": ["WEBSOCKET"]}
        issued = scene.connect.call("CreateParticipantConnection", wanted, bearer=customer.participant_token)
        assert await _answer(issued["Websocket"]["Url"], frame) in answers
        customer.says("hello")
        await customer.sees("hello")
        assert scene.reports("link.lost") == []


async def _answer(url: str, frame: str | bytes) -> str | int:
    """What the service says to `frame`: its message, or the code it closes the socket with."""
    async with websockets.connect(url) as socket:
        try:
            await socket.send(frame)
            return str(json.loads(await socket.recv())["message"])
        except websockets.ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 1006


async def test_a_forbidden_frame_does_not_end_the_chat() -> None:
    """API Gateway's error frame has no topic; what follows it counts."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot)
        scene.weather(Rule(fault=Fault.FORBIDDEN, role="CUSTOM_BOT"))
        for words in ("one", "two"):
            customer.says(words)
        await customer.sees("one", "two")


# ------------------------------------------------------------------------------------- bots that fail


async def test_a_bot_that_raises_apologises_once_and_other_chats_go_on() -> None:
    """The customer gets one sentence, the log gets the error with the contact id and without the customer's words."""
    log = StringIO()

    async def reply(turn: Turn, text: str) -> None:
        if text == "my secret 4711":
            raise ValueError(f"cannot digest {text}")
        await turn.send(text, content_type=ContentType.PLAIN)

    async with stage() as scene:
        scene.report = LogWriter(LogSettings(), clock=SystemClock(), stream=log)
        unlucky, lucky = scene.customer(), scene.customer()
        bot = ScriptedBot(reply=reply)
        await scene.joins(unlucky, bot)
        await scene.joins(lucky, ScriptedBot(reply=reply))
        unlucky.says("my secret 4711")
        await unlucky.sees(APOLOGY)
        lucky.says("all is well")
        await lucky.sees("all is well")
        unlucky.says("and now?")
        await unlucky.sees(APOLOGY, "and now?")
        assert [str(failure) for failure in bot.failures] == ["cannot digest my secret 4711"]
    _assert_logged(log.getvalue(), unlucky)


def _assert_logged(log: str, customer: Customer) -> None:
    errors = [line for line in map(json.loads, log.splitlines()) if line["level"] == "error"]
    assert [(line["event"], line["contact_id"]) for line in errors] == [("turn.failed", customer.contact_id)]
    assert errors[0]["error"]["type"] == "ValueError"
    assert "4711" not in log


async def test_a_bot_that_never_finishes_is_stopped_and_apologises() -> None:
    """A turn is bounded in time; the next message is heard."""

    async def reply(turn: Turn, text: str) -> None:
        if text == "hang":
            await anyio.sleep_forever()
        await turn.send(text, content_type=ContentType.PLAIN)

    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot(reply=reply)
        await scene.joins(customer, bot, turn_timeout=3.0)
        customer.says("hang")
        await customer.sees(APOLOGY)
        customer.says("go on")
        await customer.sees(APOLOGY, "go on")
        assert [type(failure) for failure in bot.failures] == [TurnTimeout]


async def test_a_message_that_no_contact_takes_is_the_turns_failure() -> None:
    """An empty reply is a bug of the bot: the customer gets the apology, and the chat goes on."""

    async def reply(turn: Turn, text: str) -> None:
        await turn.send("" if text == "empty" else text, content_type=ContentType.PLAIN)

    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot(reply=reply)
        await scene.joins(customer, bot)
        customer.says("empty")
        customer.says("full")
        await customer.sees(APOLOGY, "full")


# ------------------------------------------------------------------------------------- contacts to be refused


async def test_a_contact_that_the_instance_does_not_know_is_refused_once() -> None:
    """The sentence says what to check; nobody tries again."""
    async with stage() as scene:
        stranger = Customer(scene.connect, scene.pulse, "00000000-0000-4000-8000-000000000000", "", "")
        await _assert_refused(scene, stranger, UnknownContact)


async def test_a_contact_that_has_ended_is_refused_once() -> None:
    """It will not come back."""
    async with stage() as scene:
        customer = scene.customer()
        scene.connect.stop(customer.contact_id)
        await _assert_refused(scene, customer, ContactEnded)


async def test_a_contact_that_an_agent_has_taken_is_refused_once() -> None:
    """A custom participant cannot be added while a human is there."""
    async with stage() as scene:
        customer = scene.customer()
        scene.connect.agent_joins(customer.contact_id)
        await _assert_refused(scene, customer, HumanPresent)


async def test_a_contact_that_is_not_a_chat_is_refused_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot of words cannot join a call; DescribeContact tells why the join was refused."""

    def describe(region: object, params: dict[str, Any]) -> dict[str, Any]:
        return {"Contact": {"Id": params["ContactId"], "Channel": "VOICE"}}

    monkeypatch.setitem(operations.CONNECT, "DescribeContact", describe)
    async with stage() as scene:
        scene.weather(Rule(fault=Fault.ERROR, operation="CreateParticipant", error="InvalidRequestException"))
        await _assert_refused(scene, scene.customer(), NotAChat)


async def _assert_refused(scene: Stage, customer: Customer, refusal: type[JoinRefused]) -> None:
    await scene.joins(customer, ScriptedBot())
    ending = await scene.ended()
    assert type(ending) is refusal
    assert customer.contact_id in str(ending)
    assert len(scene.calls("CreateParticipant")) == 1
    assert (await scene.record(customer)).phase is Phase.OVER
