"""When Amazon Connect answers badly for a while: afterwards the chat is heard, and answered, as before."""

import anyio
import pytest

from agent.daemon.pacing import FreePacer
from agent.emulator.faults import CallFault
from agent.ids import InstanceId
from agent.ports import Operation
from tests.scenarios.stage import ScriptedBot
from tests.session.hall import hall, virtual

HANG_UP = CallFault(when="before", hang_up=True)
HANG_UP_AFTER = CallFault(when="after", hang_up=True)
REFUSED = CallFault(when="before", error="ConflictException", status=409)
FAILED = CallFault(when="before", error="InternalServerException", status=500)
FAILED_LATE = CallFault(when="before", delay=29.0, error="InternalServerException", status=500)


@pytest.mark.parametrize("failures", [[REFUSED], [FAILED_LATE] * 4])
def test_a_reading_that_failed_makes_no_chat_deaf(failures: list[CallFault]) -> None:
    """Whether it was refused or cut off by its turn's end: who asks whether a message was said holds nobody up."""

    @virtual
    async def story() -> None:
        async with hall() as scene:
            bot = ScriptedBot()
            await scene.joins(bot)
            scene.weather.faults["SendMessage"] = [FAILED]
            scene.weather.faults["GetTranscript"] = list(failures)
            scene.says("one")
            await scene.passes(200)
            scene.says("two")
            await scene.passes(10)
            assert bot.heard == ["one", "two"]
            assert scene.lines()[-1] == "two"

    story()


@virtual
async def test_an_audit_that_failed_makes_no_chat_deaf() -> None:
    """It knew of no gap; what comes live is handled at once, and what was missing at the next audit."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot, audit_interval=300.0)
        scene.weather.faults["GetTranscript"] = [REFUSED]
        await scene.passes(300)
        assert len(scene.reported("audit.failed")) == 1
        scene.says("one")
        await scene.passes(10)
        assert scene.lines() == ["one"]


@virtual
async def test_what_was_said_before_a_message_is_no_reply_to_it() -> None:
    """A turn ended without knowing whether its reply was sent; it was. The next message is answered all the same."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot, turn_timeout=5)
        scene.weather.lost = lambda text: "CUSTOM_BOT" in text
        scene.weather.faults["SendMessage"] = [HANG_UP_AFTER, *[HANG_UP] * 8]
        scene.weather.faults["GetTranscript"] = [HANG_UP] * 12
        scene.says("one")
        await scene.passes(60)
        scene.weather.faults.clear()
        scene.close_sockets()
        await scene.passes(60)
        scene.says("two")
        await scene.passes(60)
        assert scene.lines() == ["one", "two"]


class Queueing(FreePacer):
    """A budget in which each message waits two seconds for its place."""

    async def admit(self, operation: Operation, instance_id: InstanceId, *, urgent: bool = False) -> None:
        if operation is Operation.SEND_MESSAGE:
            await anyio.sleep(2.0)


@pytest.mark.parametrize("slowness", [1.0, 2.5, 4.0])
@pytest.mark.parametrize("before", range(6))
def test_two_who_need_a_new_token_at_once_agree_on_the_newest(before: int, slowness: float) -> None:
    """The hourly refresh is answered slowly, and meanwhile a call is refused: neither takes the other's for old."""

    @virtual
    async def story() -> None:
        async with hall(connection_token_reuse=False, revoke_older_tokens=True) as scene:
            scene.pacer = Queueing()
            bot = ScriptedBot()
            await scene.joins(bot)
            scene.weather.faults["CreateParticipantConnection"] = [CallFault(when="after", delay=slowness)]
            await scene.passes(3534 + before)
            scene.says("hello")
            await scene.passes(60)
            assert (scene.lines(), scene.endings) == (["hello"], [])

    story()
