"""Heard by message streaming: never deaf without a heartbeat, streams moved by a takeover, none left behind."""

import pytest
from msgspec.structs import replace

from agent.emulator import INSTANCE_ID
from agent.emulator.faults import CallFault
from agent.errors import AlreadyOwned
from agent.ids import WorkerId
from agent.session.conversation import Turn
from agent.session.session import Ending
from agent.session.ways import Way
from agent.wire.content import ContentType
from tests.scenarios.stage import ScriptedBot
from tests.session.hall import OTHER, WORKER, Hall, hall, virtual

MINE, THEIRS = "chat-agent-worker", "chat-agent-other-worker"
THROTTLED = CallFault(when="before", error="LimitExceededException", status=429)
BROKEN = CallFault(when="before", hang_up=True)
PASSES = CallFault(when="after")
DENIED = CallFault(when="before", error="AccessDeniedException", status=403)


def names(scene: Hall) -> list[str]:
    """The calls that the session made, in order, without repeating."""
    return list(dict.fromkeys(name for name, _ in scene.calls.made))


async def dies_and_is_taken_over(scene: Hall, bot: ScriptedBot) -> None:
    """The worker falls silent without a word, and another one claims the contact."""
    for running in scene.sessions:
        running.lose()
    await scene.store.retire(WORKER)
    await scene.session(bot, owner=OTHER)
    await scene.passes(10)


@virtual
async def test_the_recipe_is_followed_in_the_documented_order() -> None:
    """Streaming first, then the participant, then credentials alone; never a websocket."""
    async with hall(way=Way.STREAMING) as scene:
        bot = ScriptedBot(greeting="Hello!")
        await scene.joins(bot)
        scene.says("one")
        await scene.passes(1)
        assert scene.lines() == ["Hello!", "one"]
        assert names(scene)[:3] == ["StartContactStreaming", "CreateParticipant", "CreateParticipantConnection"]
        (connected,) = scene.calls.named("CreateParticipantConnection")
        assert connected["Type"] == ["CONNECTION_CREDENTIALS"]
        assert connected["ConnectParticipant"] is True
        assert scene.connections() == 0
        assert scene.streams() == [MINE]


@virtual
async def test_repeated_and_overtaken_notifications_are_handled_once_and_in_order() -> None:
    """SNS delivers at least once and in any order [documented]."""
    async with hall(way=Way.STREAMING) as scene:
        delays = iter([(0.15, 0.9), (0.01, 0.01)])
        bot = ScriptedBot()
        await scene.joins(bot)
        scene.topics.copies = lambda: next(delays, (0.01, 0.3))
        scene.says("first")
        scene.says("second")
        await scene.passes(5)
        assert bot.heard == ["first", "second"]


@virtual
async def test_a_stream_is_written_down_before_it_is_started() -> None:
    """Whoever comes after a crash can stop what they find there."""
    async with hall(way=Way.STREAMING) as scene:
        scene.weather.faults["StartContactStreaming"] = [CallFault(when="before", delay=100.0)]
        await scene.session(ScriptedBot())
        await scene.passes(50)
        (stream,) = (await scene.record()).streams
        assert (stream.topic.endswith(MINE), stream.id) == (True, None)
        await scene.passes(100)
        (stream,) = (await scene.record()).streams
        assert stream.id in scene.region.chat(scene.contact_id).streams


@virtual
async def test_a_takeover_moves_the_stream_and_reads_what_was_said_meanwhile() -> None:
    """Ours is started, the dead worker's stopped, and the transcript closes the gap as after a reconnect."""
    async with hall(way=Way.STREAMING) as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        scene.deafen()
        scene.says("into the gap")
        await dies_and_is_taken_over(scene, bot)
        assert scene.streams() == [THEIRS]
        scene.says("after it")
        await scene.passes(1)
        assert bot.heard == ["into the gap", "after it"]
        assert len((await scene.record()).streams) == 1


@virtual
async def test_a_stream_whose_id_was_lost_in_a_crash_is_stopped_all_the_same() -> None:
    """The same ClientToken tells the id again."""
    async with hall(way=Way.STREAMING) as scene:
        scene.weather.faults["StartContactStreaming"] = [CallFault(when="after", delay=1e6)]
        await scene.session(ScriptedBot())
        await scene.passes(1)
        assert scene.streams() == [MINE]
        assert [stream.id for stream in (await scene.record()).streams] == [None]
        await dies_and_is_taken_over(scene, ScriptedBot())
        assert scene.streams() == [THEIRS]


@virtual
async def test_a_stream_whose_id_cannot_be_learnt_at_once_is_stopped_later() -> None:
    """Nobody else would stop it before the chat's end: its worker is dead, and the next one may never come."""
    async with hall(way=Way.STREAMING) as scene:
        scene.weather.faults["StartContactStreaming"] = [CallFault(when="after", delay=1e6)]
        await scene.session(ScriptedBot())
        await scene.passes(1)
        scene.weather.faults["StartContactStreaming"] = [PASSES, BROKEN, BROKEN]
        await dies_and_is_taken_over(scene, ScriptedBot())
        assert scene.streams() == [THEIRS]
        assert scene.reported("stream.not_stopped") == []


@virtual
async def test_a_stream_that_never_ran_does_not_keep_back_one_that_runs() -> None:
    """It is refused while the contact has two, of which the other is one."""
    async with hall(way=Way.STREAMING) as scene:
        scene.weather.faults["StartContactStreaming"] = [CallFault(when="before", delay=1e6)]
        await scene.session(ScriptedBot())
        await scene.passes(1)
        scene.weather.faults["StartContactStreaming"] = [CallFault(when="after", delay=1e6)]
        await dies_and_is_taken_over(scene, ScriptedBot())
        for running in scene.sessions:
            running.lose()
        await scene.store.retire(OTHER)
        await scene.session(ScriptedBot(), owner=WorkerId("third"))
        await scene.passes(30)
        assert scene.streams() == ["chat-agent-third"]


@virtual
async def test_a_dead_workers_stream_makes_room_where_no_third_is_allowed() -> None:
    """Two topics are all that a contact may have [documented]; somebody else's own may be one of them."""
    async with hall(way=Way.STREAMING) as scene:
        config = {"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:archive"}
        about = {"InstanceId": INSTANCE_ID, "ContactId": scene.contact_id, "ClientToken": "theirs"}
        scene.operations.call("StartContactStreaming", {**about, "ChatStreamingConfiguration": config})
        bot = ScriptedBot()
        await scene.joins(bot)
        await dies_and_is_taken_over(scene, bot)
        assert scene.streams() == ["archive", THEIRS]


@virtual
async def test_a_worker_that_gets_a_chat_back_starts_its_stream_anew() -> None:
    """What it started under an earlier claim was stopped by whoever had the chat in between."""
    async with hall(way=Way.STREAMING) as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        await dies_and_is_taken_over(scene, bot)
        for running in scene.sessions:
            running.lose()
        await scene.store.retire(OTHER)
        await scene.session(bot)
        await scene.passes(10)
        assert scene.streams() == [MINE]
        scene.says("hello")
        await scene.passes(1)
        assert bot.heard == ["hello"]


@virtual
async def test_a_restart_under_the_same_name_keeps_the_stream_that_runs() -> None:
    """The service knows the topic already and gives the same stream [inferred]; it must not be stopped as another's."""
    async with hall(way=Way.STREAMING) as scene:
        bot = ScriptedBot()
        session = await scene.joins(bot)
        session.lose()
        await scene.session(bot)
        await scene.passes(10)
        assert scene.streams() == [MINE]
        scene.says("hello")
        await scene.passes(1)
        assert bot.heard == ["hello"]
        assert len((await scene.record()).streams) == 1


@pytest.mark.parametrize("fault", [THROTTLED, DENIED])
def test_a_chat_whose_stream_cannot_be_started_is_heard_late_rather_than_never(fault: CallFault) -> None:
    """The transcript alone is read until the stream is there."""

    @virtual
    async def story() -> None:
        async with hall(way=Way.STREAMING) as scene:
            bot = ScriptedBot(greeting="Hello!")
            scene.weather.faults["StartContactStreaming"] = [fault] * 6
            await scene.joins(bot)
            assert scene.lines() == ["Hello!"]
            scene.says("one")
            await scene.passes(60)
            assert bot.heard == ["one"]
            await scene.passes(120)
            assert scene.streams() == [MINE]
            assert len(scene.reported("stream.not_started")) == 6

    story()


@virtual
async def test_a_topic_that_cannot_be_made_yet_is_waited_for() -> None:
    """As a stream that cannot be started."""
    async with hall(way=Way.STREAMING) as scene:
        bot = ScriptedBot()
        scene.failing_topics = 3
        await scene.joins(bot)
        scene.says("one")
        await scene.passes(60)
        assert bot.heard == ["one"]
        assert scene.streams() == [MINE]


@virtual
async def test_after_trouble_with_the_queue_the_transcript_is_read() -> None:
    """Nobody knows what was lost meanwhile."""
    async with hall(way=Way.STREAMING) as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        scene.deafen()
        scene.says("lost")
        await scene.passes(10)
        assert bot.heard == []
        read = len(scene.calls.named("GetTranscript"))
        scene.doubt()
        await scene.passes(1)
        assert bot.heard == ["lost"]
        await scene.passes(60)
        assert len(scene.calls.named("GetTranscript")) == read + 1


@virtual
async def test_a_stream_that_fell_silent_is_found_out_by_the_audit() -> None:
    """It has no heartbeat: silence proves nothing, so the transcript is read every now and then."""
    async with hall(way=Way.STREAMING) as scene:
        bot = ScriptedBot()
        await scene.joins(bot, stream_audit_interval=60.0)
        scene.deafen()
        scene.says("lost")
        await scene.passes(70)
        assert bot.heard == ["lost"]
        assert len(scene.reported("audit.repaired")) == 1


@virtual
async def test_a_transcript_that_cannot_be_read_is_asked_for_again() -> None:
    """Until the gap is closed nothing is handled, so it is never given up."""
    async with hall(way=Way.STREAMING) as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        strange = CallFault(when="before", error="TeapotException", status=418)
        scene.weather.faults["GetTranscript"] = [strange] * 3
        scene.doubt()
        await scene.passes(0.1)
        scene.says("hello")
        await scene.passes(120)
        assert bot.heard == ["hello"]
        assert len(scene.reported("transcript.failed")) == 3


@virtual
async def test_a_day_and_more_passes_and_the_token_is_renewed_in_time() -> None:
    """A stream needs no refresh, the token does; a renewal that fails is tried again."""
    async with hall(way=Way.STREAMING) as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        await scene.passes(12 * 3600)
        scene.weather.faults["CreateParticipantConnection"] = [
            CallFault(when="before", error="TeapotException", status=418)
        ]
        await scene.passes(11.99 * 3600)
        scene.customer_renews()
        scene.says("still there?")
        await scene.passes(1)
        assert bot.heard == ["still there?"]
        assert len(scene.reported("connection.not_renewed")) == 1
        assert len(scene.reported("connection.renewed")) >= 1


@virtual
async def test_what_goes_on_without_us_is_streamed_to_us_no_more() -> None:
    """After a hand-off the topic must not hear what customer and human agent say."""
    async with hall(way=Way.STREAMING) as scene:

        async def hand_off(turn: Turn, text: str) -> None:
            await turn.send("goodbye", content_type=ContentType.PLAIN)
            await turn.leave()

        await scene.joins(ScriptedBot(reply=hand_off))
        scene.says("a human, please")
        await scene.passes(10)
        assert scene.endings == [Ending.OVER]
        assert scene.streams() == []
        assert (await scene.record()).streams == ()


@virtual
async def test_a_chat_that_has_ended_needs_no_stop() -> None:
    """Stopping is optional then [documented], and its quota is small."""
    async with hall(way=Way.STREAMING) as scene:
        await scene.joins(ScriptedBot())
        scene.desk.stop(scene.contact_id)
        await scene.passes(10)
        assert scene.endings == [Ending.OVER]
        assert scene.calls.named("StopContactStreaming") == []


@virtual
async def test_a_stream_that_cannot_be_stopped_is_told_and_remembered() -> None:
    """Somebody has to allow connect:StopContactStreaming."""
    async with hall(way=Way.STREAMING) as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        scene.weather.faults["StopContactStreaming"] = [DENIED]
        await dies_and_is_taken_over(scene, bot)
        assert scene.streams() == [MINE, THEIRS]
        assert len(scene.reported("stream.not_stopped")) == 1
        scene.says("one")
        await scene.passes(1)
        assert len((await scene.record()).streams) == 2
        assert bot.heard == ["one"]


@virtual
async def test_a_farewell_to_a_stream_is_bounded() -> None:
    """Nobody waits longer for a worker that stops; the record says what runs on."""
    async with hall(way=Way.STREAMING) as scene:
        session = await scene.joins(ScriptedBot())
        scene.weather.faults["StopContactStreaming"] = [CallFault(when="before", delay=1000.0)]
        session.leave()
        await scene.passes(20)
        assert scene.endings == [Ending.OVER]
        assert len(scene.reported("stream.not_stopped")) == 1
        assert len((await scene.record()).streams) == 1


@virtual
async def test_a_drained_chat_keeps_its_stream_until_the_next_worker_has_its_own() -> None:
    """Stopping them all would take longer than a drain may."""
    async with hall(way=Way.STREAMING) as scene:
        session = await scene.joins(ScriptedBot())
        session.drain()
        await scene.passes(5)
        assert scene.endings == [Ending.RELEASED]
        assert scene.streams() == [MINE]
        assert [stream.id for stream in (await scene.record()).streams] == list(
            scene.region.chat(scene.contact_id).streams
        )
        await scene.session(ScriptedBot(), owner=OTHER)
        await scene.passes(10)
        assert scene.streams() == [THEIRS]


@virtual
async def test_a_contact_that_cannot_be_joined_is_streamed_no_more() -> None:
    """The stream came first, so it has to go again."""
    async with hall(way=Way.STREAMING) as scene:
        scene.desk.agent_joins(scene.contact_id)
        await scene.session(ScriptedBot())
        await scene.passes(10)
        assert scene.streams() == []


@virtual
async def test_a_fenced_worker_learns_it_when_it_wants_to_write_a_stream_down() -> None:
    """Another one owns the contact: nothing is started."""
    async with hall(way=Way.STREAMING) as scene:
        scene.failing_topics = 2
        await scene.session(ScriptedBot())
        await scene.passes(0.1)
        await scene.store.retire(WORKER)
        record = await scene.record()
        await scene.store.heartbeat(OTHER, ttl=1e9)
        await scene.store.claim(replace(record), owner=OTHER)
        await scene.passes(60)
        assert scene.endings == [Ending.LOST]
        assert scene.streams() == []
        with pytest.raises(AlreadyOwned):
            await scene.store.claim(record, owner=WORKER)


# ------------------------------------------------------------------------------------------- auto


@pytest.mark.parametrize(
    "refusal",
    [
        {},
        {"bot_websocket_error": "AccessDeniedException"},
        {"bot_websocket_refusal": "omit"},
        {"bot_websocket_refusal": "upgrade"},
    ],
)
def test_auto_falls_back_where_no_websocket_is_given_and_says_so_once(refusal: dict[str, str]) -> None:
    """However the instance says it [inferred]; the next chat does not try again."""

    @virtual
    async def story() -> None:
        async with hall(wanted="auto", bot_may_use_websocket=False, **refusal) as scene:
            bot = ScriptedBot(greeting="Hello!")
            await scene.session(bot)
            await scene.passes(120)
            scene.says("one")
            await scene.passes(1)
            assert scene.lines() == ["Hello!", "one"]
            assert scene.streams() == [MINE]
            asked = len(scene.calls.named("CreateParticipantConnection"))
            scene.chat_begins()
            await scene.session(bot)
            await scene.passes(10)
            assert [each["Type"] for each in scene.calls.named("CreateParticipantConnection")[asked:]] == [
                ["CONNECTION_CREDENTIALS"]
            ]
            assert [each.fields["way"] for each in scene.reported("ingress.chosen")] == ["streaming"]

    story()


@virtual
async def test_auto_stays_with_the_websocket_where_there_is_one() -> None:
    """Also when one is refused later: the instance has shown that it gives them."""
    async with hall(wanted="auto") as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        denied = CallFault(when="before", error="ValidationException", status=400)
        scene.weather.faults["CreateParticipantConnection"] = [denied] * 2
        scene.close_sockets()
        scene.says("hello")
        await scene.passes(60)
        assert bot.heard == ["hello"]
        assert scene.connections() == 1
        assert scene.streams() == []
        assert scene.reported("ingress.chosen") == []


@virtual
async def test_auto_does_not_take_the_end_of_a_chat_for_a_refused_websocket() -> None:
    """What is refused with and without a websocket was not refused for its sake."""
    async with hall(wanted="auto") as scene:
        scene.weather.faults["CreateParticipantConnection"] = [DENIED] * 2
        await scene.session(ScriptedBot())
        await scene.passes(10)
        assert scene.endings == [Ending.OVER]
        assert scene.reported("ingress.chosen") == []


@virtual
async def test_without_a_topic_streaming_reads_the_transcript() -> None:
    """A process that has no topic at all still serves, slowly."""
    async with hall(way=Way.STREAMING) as scene:
        bot = ScriptedBot()
        scene.without_topics = True
        await scene.joins(bot)
        scene.says("one")
        await scene.passes(60)
        assert bot.heard == ["one"]
