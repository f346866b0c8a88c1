"""How it ends: after the end nothing is said, everybody learns it at once, and nothing is left behind."""

import anyio
import pytest

from agent.emulator.faults import CallFault
from agent.errors import (
    ChatEnded,
    ConversationOver,
    CustomerLeft,
    HandedOff,
    HumanTookOver,
    OwnershipLost,
    RemovedFromChat,
)
from agent.record import Phase
from agent.session.conversation import Trigger, Turn
from agent.session.fence import Fence
from agent.session.session import Ending
from agent.wire.content import ContentType, EventType
from tests.scenarios.stage import ScriptedBot
from tests.session.hall import OTHER, WORKER, Hall, hall, virtual

pytestmark = pytest.mark.both_ways

AGENT_JOINED = {
    "Id": "019d671e-5a31-7c02-9b1e-4d1f0a6c2b11",
    "Type": "EVENT",
    "ContentType": EventType.PARTICIPANT_JOINED,
    "AbsoluteTime": "2026-11-05T10:15:05.020Z",
    "ParticipantId": "a3c0d8c1-6f39-4b5e-9c5c-6e5d1f2b7a90",
    "ParticipantRole": "AGENT",
    "DisplayName": "Anna",
}


class Talkative(ScriptedBot):
    """Works for a minute on each message, says something, and keeps what it was told by the verbs."""

    def __init__(self) -> None:
        super().__init__(reply=self._talk)
        self.told: list[type[BaseException]] = []
        self.cleaned_up = False

    async def _talk(self, turn: Turn, text: str) -> None:
        try:
            await anyio.sleep(60)
            await turn.send("too late", content_type=ContentType.PLAIN)
        except BaseException as error:
            self.told.append(type(error))
            raise
        finally:
            await anyio.sleep(0.5)
            self.cleaned_up = True


async def _ends_by(scene: Hall, end: object, bot: Talkative) -> None:
    await scene.joins(bot)
    scene.says("hello")
    await scene.passes(2)
    end()  # type: ignore[operator]
    await scene.passes(120)


@virtual
async def test_an_agent_who_joins_silences_the_bot_at_once() -> None:
    """The running handler is stopped, gets a moment to clean up, and nothing more is said."""
    async with hall() as scene:
        bot = Talkative()
        await _ends_by(scene, lambda: scene.desk.agent_joins(scene.contact_id), bot)
        assert scene.lines() == []
        assert bot.cleaned_up
        assert scene.endings == [Ending.OVER]
        assert (await scene.record()).over == "HumanTookOver"


@virtual
async def test_an_agent_who_joins_silences_the_bot_even_before_it_is_removed() -> None:
    """Whether the bot is told of its own removal is not documented; the agent's arrival is enough."""
    async with hall() as scene:
        bot = Talkative()
        await scene.joins(bot)
        scene.says("hello")
        await scene.passes(2)
        scene.bot_hears({**AGENT_JOINED, "ContactId": scene.contact_id})
        await scene.passes(1)
        assert bot.told
        await scene.passes(120)
        assert scene.lines() == []
        assert (await scene.record()).over == "HumanTookOver"


@virtual
async def test_a_chat_that_is_stopped_ends_the_session_and_closes_its_socket() -> None:
    """chat.ended is enough."""
    async with hall() as scene:
        bot = Talkative()
        await _ends_by(scene, lambda: scene.desk.stop(scene.contact_id), bot)
        assert scene.endings == [Ending.OVER]
        assert (await scene.record()).over == "ChatEnded"
        assert scene.sockets.open == 0
        assert bot.cleaned_up
        assert bot.triggers[-1] is Trigger.LEFT


@pytest.mark.by_websocket
@virtual
async def test_chat_ended_alone_ends_the_session() -> None:
    """It does not take a removal, nor a refused call, to learn that a chat is over."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        scene.weather.lost = lambda text: "participant.left" in text
        calls = len(scene.calls.made)
        scene.customer_leaves()
        await scene.passes(2)
        assert scene.endings == [Ending.OVER]
        assert [name for name, _ in scene.calls.made[calls:]] == []


@virtual
async def test_what_the_customer_said_last_is_handed_to_the_last_turn() -> None:
    """It can no longer be answered, but it is not lost."""
    async with hall() as scene:
        bot = Talkative()
        await scene.joins(bot)
        scene.says("first")
        await scene.passes(1)
        scene.says("bye")
        await scene.passes(1)
        scene.customer_leaves()
        await scene.passes(30)
        assert [item.text for item in bot.left_with if hasattr(item, "text")] == ["bye"]


class Sentimental(ScriptedBot):
    """Works for two seconds on its last turn, and means to be seen typing."""

    finished = False

    async def turn(self, turn: Turn) -> None:
        await super().turn(turn)
        if turn.trigger is Trigger.LEFT:
            await turn.typing()
            await anyio.sleep(2)
            self.finished = True


@virtual
async def test_nobody_is_shown_typing_in_the_last_turn() -> None:
    """There is nobody left to see it; the turn goes on as any other."""
    async with hall() as scene:
        bot = Sentimental()
        await scene.joins(bot, typing_after=0.5)
        scene.desk.stop(scene.contact_id)
        await scene.passes(30)
        assert bot.finished
        assert scene.calls.named("SendEvent") == []


@virtual
async def test_a_bot_that_leaves_can_say_nothing_more() -> None:
    """hand-off: leave, and from then on every send raises."""
    async with hall() as scene:
        told: list[type[BaseException]] = []

        async def hand_off(turn: Turn, text: str) -> None:
            await turn.set_attributes({"topic": "returns"})
            await turn.send("goodbye", content_type=ContentType.PLAIN)
            await turn.leave()
            try:
                await turn.send("one more thing", content_type=ContentType.PLAIN)
            except ConversationOver as over:
                told.append(type(over))

        await scene.joins(ScriptedBot(reply=hand_off))
        scene.says("agent please")
        await scene.passes(10)
        assert told == [HandedOff]
        assert scene.lines() == ["goodbye"]
        assert scene.endings == [Ending.OVER]
        assert (await scene.record()).over == "HandedOff"
        assert len(scene.calls.named("DisconnectParticipant")) == 1
        attributes = scene.operations.call(
            "GetContactAttributes", {"InstanceId": scene.key().instance_id, "InitialContactId": scene.contact_id}
        )
        assert attributes["Attributes"]["topic"] == "returns"


@virtual
async def test_draining_finishes_the_running_turn_and_leaves_the_chat_alone() -> None:
    """Another worker goes on; the customer notices a pause."""
    async with hall() as scene:

        async def slowly(turn: Turn, text: str) -> None:
            await anyio.sleep(5)
            await turn.send(text, content_type=ContentType.PLAIN)

        session = await scene.joins(ScriptedBot(reply=slowly))
        scene.says("one")
        await scene.passes(1)
        session.drain()
        scene.says("two")
        await scene.passes(10)
        assert scene.endings == [Ending.RELEASED]
        assert scene.lines() == ["one"]
        assert (await scene.record()).owner is None
        await scene.session(ScriptedBot(reply=slowly), owner=OTHER)
        await scene.passes(20)
        assert scene.lines() == ["one", "two"]


@virtual
async def test_leaving_finishes_the_running_turn_and_tells_amazon_connect() -> None:
    """The flow's Wait block goes on at once."""
    async with hall() as scene:
        session = await scene.joins(ScriptedBot())
        scene.says("one")
        await scene.passes(1)
        session.leave()
        await scene.passes(5)
        assert scene.endings == [Ending.OVER]
        assert scene.lines() == ["one"]
        assert len(scene.calls.named("DisconnectParticipant")) == 1
        assert (await scene.record()).phase is Phase.OVER


@virtual
async def test_leaving_with_an_expired_token_takes_a_new_one() -> None:
    """Otherwise a silent bot would sit on the chat until the flow's Wait block times out."""
    async with hall() as scene:
        session = await scene.joins(ScriptedBot())
        scene.expire_tokens()
        session.leave()
        await scene.passes(10)
        assert scene.endings == [Ending.OVER]
        bots = [each for each in scene.region.chat(scene.contact_id).participants.values() if each.role == "CUSTOM_BOT"]
        assert all(each.gone for each in bots)


@virtual
async def test_leaving_a_chat_that_has_ended_meanwhile_is_no_error() -> None:
    """The call is harmless; 403 means that we have already left."""
    async with hall() as scene:
        session = await scene.joins(ScriptedBot())
        scene.weather.lost = lambda text: "aws/chat" in text
        scene.desk.stop(scene.contact_id)
        session.leave()
        await scene.passes(10)
        assert scene.endings == [Ending.OVER]


@virtual
async def test_a_goodbye_that_amazon_connect_does_not_take_is_bounded() -> None:
    """A service that never answers does not keep a worker from stopping."""
    async with hall() as scene:
        session = await scene.joins(ScriptedBot())
        scene.weather.faults["DisconnectParticipant"] = [CallFault(when="before", delay=3600.0)]
        session.leave()
        await scene.passes(30)
        assert scene.endings == [Ending.OVER]
        assert len(scene.reported("goodbye.cut_short")) == 1


@pytest.mark.by_websocket
@virtual
async def test_another_workers_claim_silences_this_one_at_its_next_commit() -> None:
    """A stale epoch is refused, and nothing is said from then on."""
    async with hall() as scene:
        await scene.joins(ScriptedBot())
        await scene.store.retire(WORKER)
        await scene.session(ScriptedBot(), owner=OTHER)
        await scene.passes(5)
        scene.says("hello")
        await scene.passes(10)
        assert scene.lines() == ["hello"]
        assert scene.endings == [Ending.LOST]
        assert (await scene.record()).owner == OTHER


@virtual
async def test_a_worker_that_may_have_lost_its_lease_falls_silent_and_writes_nothing() -> None:
    """`lose`: the running handler is stopped, the record stays as it was."""
    async with hall() as scene:
        bot = Talkative()
        session = await scene.joins(bot)
        before = await scene.record()
        scene.says("hello")
        await scene.passes(2)
        session.lose()
        await scene.passes(120)
        assert scene.endings == [Ending.LOST]
        assert scene.lines() == []
        assert await scene.record() == before


@virtual
async def test_a_session_that_is_drained_before_it_has_joined_is_released_all_the_same() -> None:
    """Stopping is possible at every moment."""
    async with hall() as scene:
        scene.weather.faults["CreateParticipant"] = [CallFault(when="before", delay=10.0)]
        session = await scene.session(ScriptedBot())
        await scene.passes(1)
        session.drain()
        await scene.passes(60)
        assert scene.endings == [Ending.RELEASED]


def test_the_fence_closes_once_and_tells_everybody() -> None:
    """The first reason counts, and who listens later is told at once."""
    fence = Fence()
    heard: list[str] = []
    fence.check()
    fence.on_close(lambda: heard.append("early"))
    fence.close(HumanTookOver)
    fence.close(ChatEnded)
    fence.on_close(lambda: heard.append("late"))
    assert fence.reason is HumanTookOver
    assert heard == ["early", "late"]
    for reason in (CustomerLeft, RemovedFromChat, OwnershipLost):
        assert issubclass(reason, ConversationOver)


def test_the_fence_asks_at_every_check_whether_this_worker_may_speak() -> None:
    """A process that was stopped past its lease says nothing more, though nobody could tell it that time went by."""
    held = [True]
    fence = Fence(lambda: held[0])
    fence.check()
    held[0] = False
    with pytest.raises(OwnershipLost):
        fence.check()
    assert fence.reason is OwnershipLost
