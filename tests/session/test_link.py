"""Never deaf: whatever happens to a socket, the chat is heard, once and in order."""

from agent.emulator.faults import CallFault, SocketFault
from agent.session.session import Ending
from tests.scenarios.stage import ScriptedBot
from tests.session.hall import hall, virtual

HOUR = 3600.0


@virtual
async def test_a_lost_socket_is_replaced_and_the_gap_is_closed() -> None:
    """What was said while no socket was open is never replayed by the service; the transcript has it."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        scene.close_sockets()
        scene.says("said into the gap")
        await scene.passes(30)
        scene.says("said after it")
        await scene.passes(1)
        assert bot.heard == ["said into the gap", "said after it"]
        assert scene.connections() == 1


@virtual
async def test_every_reconnect_closes_its_gap() -> None:
    """Not only the first."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        for number in range(4):
            scene.close_sockets()
            scene.says(str(number))
            await scene.passes(60)
        assert bot.heard == ["0", "1", "2", "3"]


@virtual
async def test_a_socket_that_falls_silent_is_dead_whatever_tcp_says() -> None:
    """Missed heartbeats are the only sign of a half-open connection."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        scene.weather.deaf = True
        scene.says("nobody hears this on the socket")
        await scene.passes(15)
        assert bot.heard == []
        scene.weather.deaf = False
        await scene.passes(60)
        assert bot.heard == ["nobody hears this on the socket"]
        assert [lost.fields["why"] for lost in scene.reported("link.lost")] == ["dead"]


@virtual
async def test_a_day_passes_with_hourly_refreshes_and_the_chat_is_heard_throughout() -> None:
    """Make before break: two sockets for a moment, never none, nothing twice."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        for hour in range(23):
            await scene.passes(HOUR)
            scene.says(str(hour))
            assert scene.connections() >= 1
        await scene.passes(1)
        assert bot.heard == [str(hour) for hour in range(23)]
        assert len(scene.reported("link.refreshing")) >= 22
        assert scene.reported("link.lost") == []


@virtual
async def test_the_old_socket_goes_only_when_the_new_one_is_subscribed() -> None:
    """A refresh that fails for a while leaves the old socket in use."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        scene.weather.upgrades = [SocketFault(fail=True)] * 3
        await scene.passes(3541)
        scene.says("heard on the old socket")
        await scene.passes(0.5)
        assert bot.heard == ["heard on the old socket"]
        await scene.passes(300)
        assert scene.connections() == 1
        assert scene.reported("link.lost") == []


@virtual
async def test_a_refused_subscription_leads_to_another_socket() -> None:
    """Failures and silence are outlasted."""
    async with hall() as scene:
        bot = ScriptedBot()
        scene.weather.subscriptions = [SocketFault(fail=True)] * 5 + [SocketFault(ignore=True)] * 4
        await scene.session(bot)
        await scene.passes(60)
        scene.says("hello")
        await scene.passes(1)
        assert bot.heard == ["hello"]


@virtual
async def test_reconnecting_outlasts_a_throttled_service() -> None:
    """Throttling while reconnecting delays, nothing more."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        throttled = CallFault(when="before", error="ThrottlingException", status=429)
        scene.weather.faults["CreateParticipantConnection"] = [throttled] * 5
        scene.close_sockets()
        scene.says("patience")
        await scene.passes(300)
        assert bot.heard == ["patience"]


@virtual
async def test_an_address_that_nobody_answered_is_dialled_again_while_it_is_young() -> None:
    """A dial without an answer leaves the address good, and quota is precious."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        dialled = len(scene.calls.named("CreateParticipantConnection"))
        scene.sockets.unreachable = 3
        scene.close_sockets()
        scene.says("hello")
        await scene.passes(60)
        assert bot.heard == ["hello"]
        assert len(scene.calls.named("CreateParticipantConnection")) == dialled + 1


@virtual
async def test_a_participant_that_was_removed_while_the_socket_was_down_is_over() -> None:
    """403 with a fresh token means that the chat is over for us."""
    async with hall() as scene:
        await scene.joins(ScriptedBot())
        scene.close_sockets()
        scene.desk.stop(scene.contact_id)
        await scene.passes(60)
        assert scene.endings == [Ending.OVER]


@virtual
async def test_an_expired_token_is_replaced_and_the_reply_is_sent() -> None:
    """403 with an old token asks for one new connection."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        scene.expire_tokens()
        scene.customer_renews()
        scene.says("hello")
        await scene.passes(5)
        assert scene.lines() == ["hello"]


@virtual
async def test_the_transcript_is_read_again_when_a_reading_failed() -> None:
    """A 500 in the middle of catching up only delays."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        fault = CallFault(when="before", error="InternalServerException", status=500)
        scene.weather.faults["GetTranscript"] = [fault, fault]
        scene.close_sockets()
        scene.says("hello")
        await scene.passes(60)
        assert bot.heard == ["hello"]


@virtual
async def test_live_items_wait_until_the_gap_is_closed() -> None:
    """What was said into the gap comes before what is said while it is being closed."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        scene.weather.faults["GetTranscript"] = [CallFault(when="after", delay=10.0)]
        scene.close_sockets()
        scene.says("into the gap")
        await scene.passes(8)
        assert scene.connections() == 1
        scene.says("live")
        await scene.passes(1)
        assert bot.heard == []
        await scene.passes(30)
        assert bot.heard == ["into the gap", "live"]


@virtual
async def test_a_transcript_that_cannot_be_read_is_asked_for_again() -> None:
    """Until the gap is closed nothing is handled, so it is never given up."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        strange = CallFault(when="before", error="TeapotException", status=418)
        scene.weather.faults["GetTranscript"] = [strange] * 3
        scene.close_sockets()
        scene.says("hello")
        await scene.passes(120)
        assert bot.heard == ["hello"]
        assert len(scene.reported("transcript.failed")) == 3


@virtual
async def test_a_participant_that_turns_out_to_be_removed_while_reading_ends_the_session() -> None:
    """403, a new connection, 403 again: over, in order, without a crash."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot, max_waiting=1)
        denied = CallFault(when="before", error="AccessDeniedException", status=403)
        scene.weather.faults["GetTranscript"] = [denied] * 9
        for number in range(4):
            scene.says(str(number))
        await scene.passes(120)
        assert scene.endings == [Ending.OVER]


@virtual
async def test_the_old_socket_goes_before_the_gap_is_closed() -> None:
    """However long the transcript cannot be read, a second one brings everything twice."""
    async with hall() as scene:
        await scene.joins(ScriptedBot())
        scene.weather.faults["GetTranscript"] = [CallFault(when="before", delay=29.0)]
        while not scene.reported("link.refreshing"):
            await scene.passes(1)
        await scene.passes(10)
        assert len(scene.reported("link.subscribed")) == 2
        assert scene.weather.faults["GetTranscript"] == []
        assert scene.connections() == 1
