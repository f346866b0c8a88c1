"""A chat's guard rails: one sentence, a hand-off, nothing after it; and a customer who waits is told so, once."""

from dataclasses import replace
from typing import Any

import anyio
import pytest

from agent.errors import BotError, CircuitOpen, StepFailed
from agent.session.conversation import Overlap, Turn
from agent.session.rails import Alarm, GuardSettings
from agent.session.session import Ending
from agent.wire.content import ContentType
from tests.scenarios.stage import ScriptedBot
from tests.session.hall import OTHER, Hall, hall, virtual

BYE = "A colleague takes over."
WAIT = "Still working on it."


def _rails(**settings: Any) -> GuardSettings:
    return GuardSettings(**{"hand_off_line": BYE, "waiting_line": WAIT, **settings})


def _alarms(scene: Hall) -> list[object]:
    return [happening.fields["alarm"] for happening in scene.reported("guard.raised")]


async def _talk(scene: Hall, *lines: str, pause: float = 1.0) -> None:
    for line in lines:
        scene.says(line)
        await scene.passes(pause)


@virtual
async def test_a_chat_whose_turns_are_spent_is_handed_off() -> None:
    """The bot answers the last one, says one sentence, and is gone."""
    async with hall() as scene:
        await scene.joins(ScriptedBot(), guards=_rails(max_turns=3, hand_off_attribute="guard"))
        await _talk(scene, "one", "two", "three")
        assert scene.lines() == ["one", "two", BYE]
        assert scene.endings == [Ending.OVER]
        assert _alarms(scene) == [Alarm.TURNS]
        assert scene.calls.named("UpdateContactAttributes")[-1]["Attributes"] == {"guard": "turns_spent"}


@virtual
async def test_what_waits_when_a_guard_raises_its_alarm_is_not_answered_any_more() -> None:
    """The hand-off comes first."""
    async with hall() as scene:
        for text in ("one", "two", "three"):
            scene.says(text)
        await scene.joins(ScriptedBot(), guards=_rails(max_turns=2))
        assert scene.lines() == ["one", BYE]


@virtual
async def test_turns_are_counted_through_restarts() -> None:
    """A budget is the chat's, not a worker's."""
    async with hall() as scene:
        session = await scene.joins(ScriptedBot(), guards=_rails(max_messages=2))
        await _talk(scene, "one", "two")
        session.drain()
        await scene.passes(5)
        assert (await scene.record()).said_messages == 2
        assert (await scene.record()).said_bytes == 6
        await scene.joins(ScriptedBot(), owner=OTHER, guards=_rails(max_messages=2))
        await _talk(scene, "three")
        assert scene.lines() == ["one", "two", BYE]


@virtual
async def test_a_bot_that_talks_without_end_is_stopped_within_its_turn() -> None:
    """Also one that swallows the error; it need not excuse itself."""
    async with hall() as scene:

        async def endless(turn: Turn, text: str) -> None:
            for _ in range(100):
                try:
                    await turn.send("x" * 10, content_type=ContentType.PLAIN)
                except BotError:
                    continue

        await scene.joins(ScriptedBot(reply=endless), guards=_rails(max_bytes=35))
        await _talk(scene, "go", "more")
        assert scene.lines() == ["x" * 10] * 3 + [BYE]
        assert _alarms(scene) == [Alarm.SAID]


@virtual
async def test_a_bot_that_lets_the_budget_error_pass_says_no_apology() -> None:
    """There is one sentence only."""
    async with hall() as scene:

        async def two(turn: Turn, text: str) -> None:
            for line in ("a", "b"):
                await turn.send(line, content_type=ContentType.PLAIN)

        await scene.joins(ScriptedBot(reply=two), guards=_rails(max_messages=1))
        await _talk(scene, "go")
        assert scene.lines() == ["a", BYE]
        assert [letter.error for letter in (await scene.record()).dead_letters] == ["BudgetSpent"]


@virtual
async def test_a_machine_that_answers_at_once_again_and_again_is_noticed() -> None:
    """So many times in a row sooner than a human can."""
    async with hall() as scene:
        await scene.joins(ScriptedBot(), guards=_rails(ping_pong_turns=5, ping_pong_pause=2.0))
        await _talk(scene, *"abcdefgh", pause=0.5)
        assert scene.lines() == ["a", "b", "c", "d", "e", "f", BYE]
        assert _alarms(scene) == [Alarm.PING_PONG]


@virtual
async def test_a_human_who_pauses_once_is_none() -> None:
    """The count begins anew."""
    async with hall() as scene:
        await scene.joins(ScriptedBot(), guards=_rails(ping_pong_turns=5))
        for _ in range(4):
            await _talk(scene, *"abcd", pause=0.5)
            await scene.passes(10)
        assert _alarms(scene) == []
        assert len(scene.lines()) == 16


@virtual
async def test_a_human_who_writes_a_burst_is_none() -> None:
    """What was written before the bot's last answer tells nothing."""
    async with hall() as scene:
        await scene.joins(ScriptedBot(), guards=_rails(ping_pong_turns=3))
        for number in range(20):
            scene.says(str(number))
        await scene.passes(10)
        assert _alarms(scene) == []
        assert len(scene.lines()) == 20


@virtual
async def test_a_customer_who_waits_hears_a_line_and_then_the_answer() -> None:
    """Once in each turn, and only when nothing was said yet."""
    async with hall() as scene:

        async def slowly(turn: Turn, text: str) -> None:
            if text == "talk":
                await turn.send("Let me see", content_type=ContentType.PLAIN)
            await anyio.sleep(20 if text != "quick" else 1)
            await turn.send(text, content_type=ContentType.PLAIN)

        await scene.joins(ScriptedBot(reply=slowly), guards=_rails(line_after=5.0))
        await _talk(scene, "slow", "talk", "quick", pause=60)
        assert scene.lines() == [WAIT, "slow", "Let me see", "talk", "quick"]


@virtual
async def test_a_customer_who_waits_too_long_is_handed_off() -> None:
    """The turn ends without an apology; what it was about is a dead letter."""
    async with hall() as scene:

        async def never(turn: Turn, text: str) -> None:
            await anyio.sleep_forever()

        await scene.joins(ScriptedBot(reply=never), guards=_rails(line_after=5.0, hand_off_after=15.0))
        item = scene.says("hello")
        await scene.passes(60)
        assert scene.lines() == [WAIT, BYE]
        assert scene.endings == [Ending.OVER]
        assert _alarms(scene) == [Alarm.REPLY_LATE]
        assert [(letter.item_id, letter.error) for letter in (await scene.record()).dead_letters] == [
            (item, "TurnTimeout")
        ]


@pytest.mark.parametrize("overlap", list(Overlap))
def test_the_line_is_neither_repeated_nor_taken_for_an_answer_after_a_crash(overlap: Overlap) -> None:
    """The crash comes after the line; the next worker's turn is slow again, or is quick."""

    @virtual
    async def story() -> None:
        for second_pause, lines in ((60, [WAIT, "one", "two"]), (0, [WAIT, "one", "two"])):
            async with hall() as scene:
                pauses = [3600, second_pause, 0]

                async def slowly(turn: Turn, text: str, pauses: list[int] = pauses) -> None:
                    await anyio.sleep(pauses.pop(0))
                    await turn.send(text, content_type=ContentType.PLAIN)

                bot = ScriptedBot(reply=slowly, overlap=overlap)
                session = await scene.joins(bot, guards=_rails(line_after=5.0))
                scene.says("one")
                await scene.passes(30)
                assert scene.lines() == [WAIT]
                await scene.store.retire(scene.store_owner)
                session.lose()
                await scene.passes(1)
                await scene.joins(bot, owner=OTHER, guards=_rails(line_after=5.0))
                await scene.passes(120)
                await _talk(scene, "two", pause=30)
                assert scene.lines() == lines

    story()


class _Broken(ScriptedBot):
    error: Exception = CircuitOpen("The circuit of 'orders' is open.")

    async def turn(self, turn: Turn) -> None:
        if turn.items:
            raise self.error
        await super().turn(turn)


@virtual
async def test_an_open_circuit_hands_the_chat_off() -> None:
    """Whether the bot met it in a step or not; with the guard off it is a failure like any other."""
    for error in (CircuitOpen("open"), StepFailed("order", "CircuitOpen")):
        async with hall() as scene:
            bot = _Broken()
            bot.error = error
            await scene.joins(bot, guards=_rails())
            await _talk(scene, "hello", "more")
            assert scene.lines() == [BYE]
            assert _alarms(scene) == [Alarm.CIRCUIT]
    async with hall() as scene:
        await scene.joins(_Broken(), guards=_rails(circuit_hand_off=False))
        await _talk(scene, "hello")
        assert scene.lines() == ["Sorry, that went wrong."]


@virtual
async def test_a_turn_that_fails_while_the_bot_fails_everywhere_hands_off() -> None:
    """A turn that goes well does not."""
    async with hall() as scene:
        ports = scene.ports
        scene.ports = lambda *given: replace(ports(*given), failing=lambda bot: bot == "scripted")
        bot = _Broken()
        bot.error = ValueError()
        await scene.joins(bot, guards=_rails())
        await _talk(scene, "hello")
        assert scene.lines() == [BYE]
        assert _alarms(scene) == [Alarm.BOT_FAILING]


@virtual
async def test_the_hand_off_of_a_guard_survives_a_crash() -> None:
    """It is kept in the write that ends the turn."""
    async with hall() as scene:
        rails = _rails(max_turns=2)
        session = await scene.joins(ScriptedBot(), guards=rails)

        async def die(record: Any, save: Any = scene.store.save) -> None:
            await save(record)
            if record.timers:
                session.lose()

        scene.store.save = die
        await _talk(scene, "one")
        assert scene.lines() == ["one"]
        del scene.store.save
        await scene.store.retire(scene.store_owner)
        await scene.joins(ScriptedBot(), owner=OTHER, guards=rails)
        await scene.passes(5)
        assert scene.lines() == ["one", BYE]
