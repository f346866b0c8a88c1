"""What the bot says arrives: each message once, in order, in a form that the contact takes, within the quotas."""

import anyio
import pytest

from agent.emulator import Fault, Rule
from agent.session.conversation import Turn
from agent.wire.content import ContentType
from tests.scenarios.stage import ScriptedBot, Stage, stage

pytestmark = pytest.mark.both_ways

SEND, EVENT = "SendMessage", "SendEvent"


def _statuses(scene: Stage, operation: str) -> list[int | None]:
    return [call.status for call in scene.calls(operation)]


async def test_refused_receipts_are_given_up_and_the_chat_goes_on() -> None:
    """With a supervisor or a third party they are answered with 409; nobody misses them."""
    async with stage(receipts_limit=1) as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot, read_receipts=True)
        for words in ("one", "two", "three"):
            customer.says(words)
        await customer.sees("one", "two", "three")
        assert _statuses(scene, EVENT) == [409]


async def test_a_content_type_that_the_contact_does_not_take_is_sent_as_plain_text() -> None:
    """Without text/markdown among its content types a contact refuses it; the words are sent all the same."""

    async def reply(turn: Turn, text: str) -> None:
        await turn.send(f"**{text}**", content_type=ContentType.MARKDOWN)

    async with stage() as scene:
        plain = scene.customer()
        both = scene.customer(SupportedMessagingContentTypes=["text/plain", "text/markdown"])
        for customer in (plain, both):
            await scene.joins(customer, ScriptedBot(reply=reply))
            customer.says("hi")
            await customer.sees("**hi**")
        assert [customer.messages()[-1]["ContentType"] for customer in (plain, both)] == ["text/plain", "text/markdown"]


async def test_a_long_text_is_split_between_words_and_arrives_in_order() -> None:
    """Where 1,024 characters are the limit no part is longer, and nothing is lost."""
    words = [f"word{number}" for number in range(600)]

    async def reply(turn: Turn, text: str) -> None:
        await turn.send(" ".join(words), content_type=ContentType.PLAIN)

    async with stage(strict_text_limit=1024) as scene:
        customer, bot = scene.customer(), ScriptedBot(reply=reply)
        await scene.joins(customer, bot)
        customer.says("tell me everything")
        await scene.until(lambda: len(scene.reports("turn.committed")) == 2)
        parts = customer.bot_lines()
        assert len(parts) > 4
        assert max(map(len, parts)) <= 1024
        assert " ".join(parts).split() == words


async def test_messages_sent_at_the_same_time_arrive_in_the_order_of_sending() -> None:
    """Parallel calls would arrive in any order: there is one at a time, and a slow one holds up the next."""
    lines = [f"line {number}" for number in range(5)]

    async def reply(turn: Turn, text: str) -> None:
        async with anyio.create_task_group() as group:
            for line in lines:
                group.start_soon(lambda line=line: turn.send(line, content_type=ContentType.PLAIN))  # type: ignore[misc]

    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot(reply=reply)
        await scene.joins(customer, bot)
        scene.weather(Rule(fault=Fault.SLOW, operation=SEND, seconds=0.2, times=1))
        customer.says("all at once")
        await customer.sees(*lines)


async def test_a_message_whose_answer_was_lost_is_said_once() -> None:
    """The connection broke after it had arrived: the repetition carries the same ClientToken."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot)
        scene.weather(Rule(fault=Fault.CUT, operation=SEND, when="after", times=1))
        customer.says("once")
        await scene.until(lambda: len(scene.reports("turn.committed")) == 2)
        customer.says("and again")
        await customer.sees("once", "and again")
        tokens = [call.payload["request"]["ClientToken"] for call in scene.calls(SEND)]
        assert len(set(tokens)) == 2


async def test_a_message_whose_answer_was_lost_is_said_once_even_if_its_client_token_is_forgotten() -> None:
    """How long the service remembers a token is not documented: the transcript is asked before repeating."""
    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot()
        await scene.joins(customer, bot)
        scene.weather(Rule(fault=Fault.CUT, operation=SEND, when="after", times=1))
        scene.when("call", SEND, scene.connect.forget_client_tokens)
        customer.says("once")
        await scene.until(lambda: len(scene.reports("turn.committed")) == 2)
        customer.says("and again")
        await customer.sees("once", "and again")


async def test_typing_is_sent_once_however_often_it_is_asked_for() -> None:
    """At most one typing event in ten seconds, also over many turns: they share their quota with the receipts."""

    async def reply(turn: Turn, text: str) -> None:
        for _ in range(3):
            await turn.typing()
            await anyio.lowlevel.checkpoint()
        await scene.until(lambda: len(scene.calls(EVENT)) > 0)
        await turn.send(text, content_type=ContentType.PLAIN)

    async with stage() as scene:
        customer, bot = scene.customer(), ScriptedBot(reply=reply)
        await scene.joins(customer, bot, typing_interval=3600.0)
        for words in ("one", "two", "three"):
            customer.says(words)
        await customer.sees("one", "two", "three")
        assert _statuses(scene, EVENT) == [200]
