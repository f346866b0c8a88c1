"""What a session tells about itself: turns from their beginning to their end, sends, saves and arrivals."""

from typing import Any

import anyio
import pytest

from agent.emulator.faults import CallFault
from agent.session.conversation import Overlap, Turn
from agent.telemetry.turns import running_turn
from agent.wire.content import ContentType
from tests.scenarios.stage import ScriptedBot
from tests.session.hall import Hall, hall, virtual


def _told(scene: Hall, name: str) -> list[dict[str, Any]]:
    return [dict(happening.fields) for happening in scene.reported(name)]


async def _say(turn: Turn, text: str) -> None:
    await turn.send(text, content_type=ContentType.PLAIN)


@virtual
async def test_a_turn_is_told_from_its_beginning_to_its_commit() -> None:
    """One id, what began it, how it ended, how long it took."""

    async def slowly(turn: Turn, text: str) -> None:
        await anyio.sleep(2)
        await _say(turn, text)

    async with hall() as scene:
        await scene.joins(ScriptedBot(reply=slowly))
        item = scene.says("a")
        await scene.passes(5)
        began, committed = _told(scene, "turn.began")[-1], _told(scene, "turn.committed")[-1]
        assert began == {"turn": item, "trigger": "items", "items": 1, "repeated": 0}
        assert (committed["turn"], committed["outcome"], committed["sends"]) == (item, "done", 1)
        assert 2 <= float(committed["seconds"]) < 3


@pytest.mark.parametrize(("limit", "outcome"), [(60, "failed"), (3, "timeout")])
def test_a_turn_that_fails_says_how(limit: float, outcome: str) -> None:
    """By an error, or because it took too long."""

    @virtual
    async def story() -> None:
        async def badly(turn: Turn, text: str) -> None:
            await anyio.sleep(5)
            raise ValueError(text)

        async with hall() as scene:
            await scene.joins(ScriptedBot(reply=badly), turn_timeout=limit)
            scene.says("a")
            await scene.passes(10)
            assert _told(scene, "turn.committed")[-1]["outcome"] == outcome

    story()


@virtual
async def test_an_interrupted_turn_and_one_that_nobody_may_end() -> None:
    """The first is committed as it stands; the second one is over with the chat."""

    async def forever(turn: Turn, text: str) -> None:
        await anyio.sleep(100)

    async with hall() as scene:
        await scene.joins(ScriptedBot(reply=forever, overlap=Overlap.INTERRUPT))
        scene.says("a")
        await scene.passes(5)
        scene.says("b")
        await scene.passes(5)
        assert _told(scene, "turn.committed")[-1]["outcome"] == "interrupted"


@virtual
async def test_a_turn_that_is_lost_to_another_worker_is_abandoned() -> None:
    """It is not committed here, and told once."""

    async def slowly(turn: Turn, text: str) -> None:
        await anyio.sleep(5)

    async with hall() as scene:
        session = await scene.joins(ScriptedBot(reply=slowly))
        item = scene.says("a")
        await scene.passes(2)
        session.lose()
        await scene.passes(10)
        assert _told(scene, "turn.abandoned") == [
            {"turn": item, "trigger": "items", "items": 1, "error": "OwnershipLost"}
        ]
        assert item not in [told["turn"] for told in _told(scene, "turn.committed")]


@virtual
async def test_only_the_first_reply_to_a_message_says_how_long_the_customer_waited() -> None:
    """By Amazon Connect's own times; a greeting answers nobody."""

    async def twice(turn: Turn, text: str) -> None:
        await anyio.sleep(3)
        await _say(turn, text)
        await _say(turn, text)

    async with hall() as scene:
        await scene.joins(ScriptedBot(greeting="Hello!", reply=twice))
        scene.says("a")
        await scene.passes(10)
        greeting, first, second = _told(scene, "send.accepted")
        assert "reply_seconds" not in greeting
        assert 3 <= first["reply_seconds"] < 4
        assert "reply_seconds" not in second
        assert all(told["content_type"] == "text/plain" and told["seconds"] >= 0 for told in (greeting, first, second))


@virtual
async def test_a_send_that_fails_for_good_is_told() -> None:
    """With its error, which says which kind it is."""
    async with hall() as scene:
        await scene.joins(ScriptedBot())
        scene.weather.faults["SendMessage"] = [
            CallFault(when="before", status=402, error="ServiceQuotaExceededException")
        ]
        scene.says("a")
        await scene.passes(10)
        [failed] = scene.reported("send.failed")
        assert type(failed.error).__name__ == "ServiceQuotaExceeded"


@virtual
async def test_each_message_arrives_once_by_one_way() -> None:
    """Written before the bot came, it is in the transcript; later it is live, however often it comes again."""
    async with hall() as scene:
        early = scene.says("early")
        await scene.joins(ScriptedBot())
        late = scene.says("late")
        await scene.passes(1)
        scene.bot_hears(
            next(item for item in scene.region.chat(scene.contact_id).transcript.items if item["Id"] == late)
        )
        await scene.passes(1)
        scene.close_sockets()
        await scene.passes(30)
        told = _told(scene, "item.heard")
        assert [(one["item"], one["way"]) for one in told] == [(early, "transcript"), (late, "live")]
        assert ["lag" in one for one in told] == [False, True]


@virtual
async def test_every_save_says_how_long_it_took() -> None:
    """Each turn has at least one."""
    async with hall() as scene:
        await scene.joins(ScriptedBot())
        before = len(scene.reported("store.saved"))
        scene.says("a")
        await scene.passes(1)
        saved = _told(scene, "store.saved")[before:]
        assert saved
        assert all(one["seconds"] >= 0 for one in saved)


@virtual
async def test_a_join_says_how_long_it_took_and_whether_it_was_one() -> None:
    """A stored participant comes back as itself."""
    async with hall() as scene:
        session = await scene.joins(ScriptedBot())
        session.drain()
        await scene.passes(5)
        await scene.joins(ScriptedBot())
        joined = _told(scene, "contact.joined")
        assert [one["resumed"] for one in joined] == [0, 1]
        assert all(one["seconds"] >= 0 for one in joined)


@virtual
async def test_the_bot_s_code_runs_within_its_turn() -> None:
    """So its log lines have the turn's id; between turns there is none."""
    seen: list[str] = []

    async def note(turn: Turn, text: str) -> None:
        running = running_turn()
        seen.append(running.id if running else "")

    async with hall() as scene:
        await scene.joins(ScriptedBot(reply=note))
        first = scene.says("a")
        await scene.passes(1)
        second = scene.says("b")
        await scene.passes(1)
        assert seen == [first, second]
        assert running_turn() is None
