"""What the customer says is heard: all of it, once, in order, whatever happens to sockets and frames."""

import asyncio

import pytest

from agent.emulator import Fault, Rule
from agent.emulator.connection import SUBSCRIBED
from agent.session.conversation import Trigger
from agent.wire.timings import LinkTimings
from tests.scenarios.stage import HASTY, Customer, ScriptedBot, Stage, stage

pytestmark = pytest.mark.both_ways

BOTS = "CUSTOM_BOT"

AFTER_AGENT = """
name = "after-agent"
start = "wait"
after_agent = "wait"
[blocks.wait]
type = "wait"
timeout = 3600
"""


async def test_what_was_said_while_the_socket_was_down_is_read_from_the_transcript() -> None:
    """The service never replays what it pushed while nobody listened; the transcript has it."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot)
        for words in ("into the gap", "into the next gap"):
            scene.loses_socket(customer)
            customer.says(words)
            await scene.until(lambda words=words: words in bot.heard)  # type: ignore[misc]
        customer.says("on the socket")
        await customer.sees("into the gap", "into the next gap", "on the socket")


async def test_a_message_that_comes_twice_is_answered_once() -> None:
    """Frames may be repeated: an item's Id counts once."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        scene.weather(Rule(fault=Fault.DUPLICATE, role=BOTS))
        await scene.joins(customer, bot)
        for words in ("one", "two", "three"):
            customer.says(words)
        await customer.sees("one", "two", "three")
        assert bot.heard == ["one", "two", "three"]


async def test_messages_that_overtake_each_other_are_put_in_order() -> None:
    """Order of arrival is not guaranteed: an item waits a moment for one that was sent before it."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot, reorder_window=0.5)
        scene.weather(Rule(fault=Fault.REORDER, role=BOTS, times=1))
        customer.says("first")
        customer.says("second")
        await customer.sees("first", "second")


@pytest.mark.by_websocket
async def test_while_a_socket_is_replaced_both_deliver_and_each_message_counts_once() -> None:
    """Make before break: two sockets for a moment, never none; what both deliver is one message."""
    async with stage(socket_lifetime=60.0) as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot, link=HASTY)
        open_sockets = _speaks_at_each_subscription(scene, customer)
        await scene.until(lambda: len(bot.heard) >= 4)
        heard = list(bot.heard)
        assert heard == [str(number) for number in range(len(heard))]
        assert min(open_sockets) >= 2
        assert scene.reports("link.lost") == []


def _speaks_at_each_subscription(scene: Stage, customer: Customer) -> list[int]:
    """The customer counts, one word whenever a second socket has just subscribed; how many were open each time."""
    open_sockets: list[int] = []

    def speak() -> None:
        customer.says(str(len(open_sockets)))
        open_sockets.append(scene.sockets(customer))

    def follow(entry: object) -> None:
        if getattr(entry, "payload", None) == SUBSCRIBED:
            asyncio.get_running_loop().call_soon(speak)

    scene.connect.timeline.followers.append(follow)
    return open_sockets


@pytest.mark.by_websocket
async def test_being_connected_twice_greets_once() -> None:
    """Acknowledgements may be repeated, and every socket has its own: the start is made once all the same."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot(greeting="Hello!")
        scene.weather(Rule(fault=Fault.DUPLICATE, role=BOTS, items_only=False))
        await scene.joins(customer, bot)
        await customer.sees("Hello!")
        scene.loses_socket(customer)
        await scene.until(lambda: len(scene.reports("link.subscribed")) == 2)
        customer.says("hi")
        await customer.sees("Hello!", "hi")
        assert bot.triggers == [Trigger.JOINED, Trigger.ITEMS]


@pytest.mark.by_websocket
async def test_a_socket_that_falls_silent_is_dead_although_nobody_closed_it() -> None:
    """A sleeping laptop or a NAT closes nothing: a heartbeat without answer is the only sign."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot, link=LinkTimings(heartbeat_interval=0.5))
        scene.weather(Rule(fault=Fault.STALL, role=BOTS, times=1))
        customer.says("into the silence")
        await customer.sees("into the silence")
        assert scene.reports("link.lost")[0].fields["why"] == "dead"


@pytest.mark.by_websocket
async def test_the_bots_own_words_come_back_and_are_not_answered() -> None:
    """Senders receive their own items; an echo bot that answered them would never stop."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot(greeting="Hello!")
        await scene.joins(customer, bot)
        await scene.until(lambda: _pushed(scene, "Hello!"))
        customer.says("one")
        await scene.until(lambda: _pushed(scene, "one", times=2))
        customer.says("two")
        await customer.sees("Hello!", "one", "two")
        assert bot.heard == ["one", "two"]


def _pushed(scene: Stage, words: str, times: int = 1) -> bool:
    frames = [entry for entry in scene.connect.timeline.entries() if entry.kind == "frame" and entry.name == "sent"]
    return sum(f'\\"Content\\":\\"{words}\\"' in str(frame.payload) for frame in frames) >= times


async def test_what_was_said_before_the_bot_joined_is_answered() -> None:
    """It is never pushed: the transcript is read once after joining."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        customer.says("anybody there?")
        scene.when("call", "CreateParticipant", lambda: customer.says("hello?"))
        await scene.joins(customer, bot)
        customer.says("at last")
        await customer.sees("anybody there?", "hello?", "at last")


async def test_an_agent_who_has_come_and_gone_does_not_silence_the_bot() -> None:
    """No operation lists who is there: only all joined and left items together tell."""
    async with stage(flows={"after-agent": AFTER_AGENT}) as scene:
        customer, bot = scene.customer(flow_id="after-agent"), ScriptedBot()
        scene.connect.agent_joins(customer.contact_id)
        scene.connect.agent_leaves(customer.contact_id)
        customer = scene.in_newest_segment(customer)
        await scene.joins(customer, bot)
        customer.says("still me")
        await customer.sees("still me")


async def test_an_agent_who_came_while_the_socket_was_down_silences_the_bot() -> None:
    """What happened in the gap counts as if it had been seen: not a word to a customer who talks to a human."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot)
        scene.loses_socket(customer)
        scene.connect.agent_joins(customer.contact_id)
        customer.says("hello, human")
        await scene.ended()
        assert customer.bot_lines() == []
