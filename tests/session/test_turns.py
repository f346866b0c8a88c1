"""Exactly-once turns: one at a time, committed once, repeated after a crash without saying anything twice."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import anyio
import pytest

from agent.clock import LoopClock
from agent.emulator.faults import CallFault
from agent.errors import HandlerQuit, InvalidMessage, TurnTimeout
from agent.record import Timer
from agent.session.conversation import Overlap, Trigger, Turn
from agent.session.ledger import Ledger
from agent.wire.content import ContentType
from tests.scenarios.stage import ScriptedBot
from tests.session.hall import OTHER, Hall, hall, virtual

pytestmark = pytest.mark.both_ways

HANG_UP_AFTER = CallFault(when="after", hang_up=True)


async def say(turn: Turn, *lines: str) -> None:
    for line in lines:
        await turn.send(line, content_type=ContentType.PLAIN)


@virtual
async def test_messages_from_before_the_bot_joined_are_answered() -> None:
    """They are never pushed; the transcript has them."""
    async with hall() as scene:
        scene.says("early")
        bot = ScriptedBot(greeting="Hello!")
        await scene.joins(bot)
        assert scene.lines() == ["Hello!", "early"]


@virtual
async def test_messages_from_before_can_be_left_to_others() -> None:
    """`see_before_join` off: only what is said to the bot is answered."""
    async with hall() as scene:
        scene.says("early")
        bot = ScriptedBot()
        await scene.joins(bot, see_before_join=False)
        scene.says("late")
        await scene.passes(1)
        assert bot.heard == ["late"]


@virtual
async def test_one_turn_runs_at_a_time_and_in_order() -> None:
    """However fast the customer writes."""
    async with hall() as scene:
        running: list[str] = []

        async def slowly(turn: Turn, text: str) -> None:
            assert running == []
            running.append(text)
            await anyio.sleep(5)
            running.remove(text)
            await say(turn, text)

        bot = ScriptedBot(reply=slowly)
        await scene.joins(bot)
        for number in range(5):
            scene.says(str(number))
        await scene.passes(60)
        assert scene.lines() == ["0", "1", "2", "3", "4"]


@virtual
async def test_a_repeated_item_is_handled_once() -> None:
    """Frames may come twice, and the transcript repeats what the socket brought."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot)
        scene.says("once")
        await scene.passes(1)
        for _ in range(3):
            scene.close_sockets()
            await scene.passes(30)
        assert bot.heard == ["once"]


@pytest.mark.by_websocket
@virtual
async def test_items_that_overtake_each_other_are_handled_in_order() -> None:
    """Within the reorder window AbsoluteTime rules, not arrival."""
    async with hall() as scene:
        held: list[tuple[str, object]] = []
        bot = ScriptedBot()
        await scene.joins(bot, reorder_window=0.05)
        scene.weather.lost = lambda text: '\\"first\\"' in text and not held.append((text, None))
        scene.says("first")
        scene.says("second")
        await scene.passes(0.02)
        scene.weather.lost = lambda text: False
        (participant,) = (
            each
            for each in scene.region.chat(scene.contact_id).participants.values()
            if each.role.value == "CUSTOM_BOT"
        )
        participant.connections[0].send(held[0][0])
        await scene.passes(1)
        assert bot.heard == ["first", "second"]


@virtual
async def test_a_customer_who_writes_more_than_fits_is_answered_in_order_and_in_full() -> None:
    """The inbox is bounded; what does not fit waits in the transcript."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot, max_waiting=3)
        said = [str(number) for number in range(40)]
        for text in said:
            scene.says(text)
        await scene.passes(60)
        assert bot.heard == said


@virtual
async def test_an_old_item_is_not_taken_for_new_after_many_turns() -> None:
    """The ledger forgets ids only below its floor."""
    async with hall() as scene:
        bot = ScriptedBot()
        session = await scene.joins(bot)
        said = [str(number) for number in range(Ledger.REMEMBERED + 30)]
        for text in said:
            scene.says(text)
            await scene.passes(0.5)
        session.drain()
        await scene.passes(5)
        record = await scene.record()
        assert len(record.cursor.handled) == Ledger.REMEMBERED
        assert record.own.handled == ()
        await scene.joins(bot)
        assert bot.heard == said


@virtual
async def test_a_takeover_repeats_the_cut_off_turn_and_says_nothing_twice() -> None:
    """The first worker dies between two sends; the second goes on with the rest."""
    async with hall() as scene:
        stuck = anyio.Event()

        async def dies(turn: Turn, text: str) -> None:
            await say(turn, "one")
            stuck.set()
            await anyio.sleep_forever()

        async def lives(turn: Turn, text: str) -> None:
            assert turn.repeated
            await say(turn, "one", "two")

        await scene.joins(ScriptedBot(reply=dies, greeting="Hello!"))
        scene.says("go")
        await stuck.wait()
        await _take_over(scene, ScriptedBot(reply=lives, greeting="Hello!"))
        assert scene.lines() == ["Hello!", "one", "two"]


@virtual
async def test_what_was_said_is_recognised_even_in_other_words_and_by_a_forgetful_service() -> None:
    """Only the cut-off turn can have said it, so it counts, whatever the repetition would say."""
    async with hall() as scene:
        stuck = anyio.Event()

        async def dies(turn: Turn, text: str) -> None:
            await say(turn, "good morning")
            stuck.set()
            await anyio.sleep_forever()

        async def lives(turn: Turn, text: str) -> None:
            await say(turn, "good evening", "bye")

        await scene.joins(ScriptedBot(reply=dies))
        scene.says("go")
        await stuck.wait()
        scene.desk.forget_client_tokens()
        await _take_over(scene, ScriptedBot(reply=lives))
        assert scene.lines() == ["good morning", "bye"]


@virtual
async def test_a_send_that_took_effect_but_failed_is_not_repeated_by_a_forgetful_service() -> None:
    """The transcript is asked before a send of unknown effect is repeated."""
    async with hall() as scene:
        await scene.joins(ScriptedBot())
        scene.weather.lost = lambda text: "aws/chat" in text and "CUSTOM_BOT" in text
        scene.weather.faults["SendMessage"] = [HANG_UP_AFTER, HANG_UP_AFTER]
        original = scene.calls.__class__.__call__

        async def forgetting(self, operation, **members):  # type: ignore[no-untyped-def]
            scene.desk.forget_client_tokens()
            return await original(self, operation, **members)

        scene.calls.__class__.__call__ = forgetting  # type: ignore[method-assign]
        try:
            scene.says("hello")
            await scene.passes(60)
        finally:
            scene.calls.__class__.__call__ = original  # type: ignore[method-assign]
        assert scene.lines() == ["hello"]


@virtual
async def test_every_repetition_of_a_send_has_the_same_client_token() -> None:
    """The transcript may lag behind the effect; then only the token saves the customer from reading it twice."""
    async with hall() as scene:
        await scene.joins(ScriptedBot())
        fault = CallFault(when="before", error="InternalServerException", status=500)
        scene.weather.faults["SendMessage"] = [fault, fault]
        scene.says("hello")
        await scene.passes(60)
        tokens = [call["ClientToken"] for call in scene.calls.named("SendMessage")]
        assert len(tokens) == 3
        assert len(set(tokens)) == 1


@virtual
async def test_a_takeover_repeats_a_send_with_the_same_client_token() -> None:
    """The first worker's call may still be on its way: only the token keeps it from being a second message."""
    async with hall() as scene:
        await scene.joins(ScriptedBot())
        scene.weather.faults["SendMessage"] = [CallFault(when="before", delay=60.0)]
        scene.says("hello")
        await scene.passes(5)
        await _take_over(scene, ScriptedBot())
        await scene.passes(120)
        first, second = (call["ClientToken"] for call in scene.calls.named("SendMessage"))
        assert first == second
        assert scene.lines() == ["hello"]


@virtual
async def test_two_replies_have_two_client_tokens() -> None:
    """The same words twice are two messages."""
    async with hall() as scene:

        async def twice(turn: Turn, text: str) -> None:
            await say(turn, "ha", "ha")

        await scene.joins(ScriptedBot(reply=twice))
        scene.says("go")
        await scene.passes(5)
        assert scene.lines() == ["ha", "ha"]


@virtual
async def test_a_bot_that_raises_apologises_once_and_goes_on() -> None:
    """The turn is committed with a dead letter that names the error, not the words."""
    async with hall() as scene:

        async def fails(turn: Turn, text: str) -> None:
            if text == "bad":
                raise ValueError("the customer's words")
            await say(turn, text)

        bot = ScriptedBot(reply=fails)
        await scene.joins(bot)
        scene.says("bad")
        scene.says("good")
        await scene.passes(5)
        assert scene.lines() == ["Sorry, that went wrong.", "good"]
        (letter,) = (await scene.record()).dead_letters
        assert letter.error == "ValueError"
        (failed,) = scene.reported("turn.failed")
        assert failed.contact == scene.key()


@virtual
async def test_a_bot_whose_apology_fails_too_is_committed_all_the_same() -> None:
    """A failing turn never wedges a contact."""
    async with hall() as scene:

        class Hopeless(ScriptedBot):
            async def failed(self, turn: Turn, error: Exception) -> None:
                raise RuntimeError

        async def fails(turn: Turn, text: str) -> None:
            if text == "bad":
                raise ValueError
            await say(turn, text)

        await scene.joins(Hopeless(reply=fails))
        scene.says("bad")
        scene.says("good")
        await scene.passes(5)
        assert scene.lines() == ["good"]
        assert len(scene.reported("turn.failed")) == 2


@virtual
async def test_a_handler_that_never_ends_is_ended() -> None:
    """A turn has a deadline; what it changed is forgotten."""
    async with hall() as scene:

        async def hangs(turn: Turn, text: str) -> None:
            if text == "hang":
                turn.state = b'"half done"'
                await anyio.sleep_forever()
            await say(turn, text)

        bot = ScriptedBot(reply=hangs)
        await scene.joins(bot, turn_timeout=30)
        scene.says("hang")
        scene.says("go on")
        await scene.passes(60)
        assert isinstance(bot.failures[0], TurnTimeout)
        assert scene.lines() == ["Sorry, that went wrong.", "go on"]
        assert (await scene.record()).state == b""


@virtual
async def test_a_farewell_under_way_is_brought_to_its_end_when_cleaning_up_takes_too_long() -> None:
    """The time to clean up is over while a message is on its way: it is said, and then nothing more."""
    async with hall(latency=3.0) as scene:

        async def lingers(turn: Turn, text: str) -> None:
            try:
                await anyio.sleep_forever()
            finally:
                await say(turn, "one")
                await say(turn, "two")

        bot = ScriptedBot(reply=lingers)
        await scene.session(bot, turn_timeout=30, cleanup_timeout=2)
        await scene.passes(20)
        scene.says("hang")
        await scene.passes(60)
        assert isinstance(bot.failures[0], TurnTimeout)
        assert scene.lines() == ["one", "Sorry, that went wrong."]
        assert scene.reported("send.failed") == []


async def _awaits_what_is_cancelled(turn: Turn, text: str) -> None:
    shared = asyncio.get_running_loop().create_future()
    shared.cancel()
    await shared


async def _exits(turn: Turn, text: str) -> None:
    sys.exit(3)


@pytest.mark.parametrize("quits", [_awaits_what_is_cancelled, _exits])
def test_a_handler_that_would_end_more_than_its_turn_fails(quits: Callable[[Turn, str], Awaitable[None]]) -> None:
    """Another chat's interrupt may cancel what this one awaits, too; nobody has cancelled this one."""

    @virtual
    async def story() -> None:
        async with hall() as scene:
            bot = ScriptedBot(reply=quits)
            await scene.joins(bot)
            scene.says("a")
            await scene.passes(5)
            scene.says("b")
            await scene.passes(5)
            assert [type(error) for error in bot.failures] == [HandlerQuit, HandlerQuit]
            assert scene.lines() == ["Sorry, that went wrong."] * 2
            assert scene.endings == []

    story()


@virtual
async def test_a_handler_that_will_not_be_cancelled_is_cancelled_at_whatever_it_awaits() -> None:
    """Once its time to clean up is over, nothing that it awaits comes to its end."""
    async with hall() as scene:
        refused = 0

        async def stubborn(turn: Turn, text: str) -> None:
            nonlocal refused
            for _ in range(5):
                try:
                    await anyio.sleep(3600)
                except asyncio.CancelledError:
                    refused += 1

        bot = ScriptedBot(reply=stubborn)
        await scene.joins(bot, turn_timeout=30, cleanup_timeout=2)
        scene.says("hang")
        await scene.passes(40)
        assert isinstance(bot.failures[0], TurnTimeout)
        assert refused == 5


@virtual
async def test_an_empty_reply_is_the_authors_mistake() -> None:
    """It raises before anything is sent."""
    async with hall() as scene:
        bot = ScriptedBot(reply=lambda turn, text: say(turn, "   "))
        await scene.joins(bot)
        scene.says("go")
        await scene.passes(5)
        assert isinstance(bot.failures[0], InvalidMessage)


@virtual
async def test_a_long_reply_is_split_and_arrives_in_order() -> None:
    """No part is longer than the limit, and no word is lost."""
    async with hall() as scene:
        words = [f"word{number}" for number in range(600)]
        await scene.joins(ScriptedBot(reply=lambda turn, text: say(turn, " ".join(words))), text_limit=1000)
        scene.says("go")
        await scene.passes(10)
        assert len(scene.lines()) > 1
        assert max(map(len, scene.lines())) <= 1000
        assert " ".join(scene.lines()).split() == words


@virtual
async def test_markdown_falls_back_to_plain_text_where_the_contact_takes_no_other() -> None:
    """By default a contact supports plain text only."""
    async with hall() as scene:

        async def markdown(turn: Turn, text: str) -> None:
            await turn.send("*hello*", content_type=ContentType.MARKDOWN)

        await scene.joins(ScriptedBot(reply=markdown))
        scene.says("go")
        await scene.passes(5)
        assert scene.lines() == ["*hello*"]


@virtual
async def test_state_and_timers_are_committed_with_the_turn_and_timers_go_off_in_the_next_life() -> None:
    """One write holds cursor, state and timers; a restart in between loses none."""
    async with hall() as scene:

        class Reminding(ScriptedBot):
            async def turn(self, turn: Turn) -> None:
                if turn.trigger is Trigger.ITEMS:
                    turn.state = json.dumps({"count": len(turn.state)}).encode()
                    due = scene.clock.now().timestamp() + 7200
                    turn.timers["tea"] = Timer(name="tea", due=due)
                if turn.trigger is Trigger.TIMER:
                    await say(turn, f"time for {turn.timer.name if turn.timer else '?'}")

        session = await scene.joins(Reminding())
        scene.says("remind me")
        await scene.passes(5)
        session.drain()
        await scene.passes(5)
        assert [timer.name for timer in (await scene.record()).timers] == ["tea"]
        await scene.joins(Reminding())
        await scene.passes(3 * 3600)
        assert scene.lines() == ["time for tea"]
        assert (await scene.record()).timers == ()


@pytest.mark.parametrize("anew", [False, True])
def test_a_timer_whose_turn_is_cut_off_goes_off_again(anew: bool) -> None:
    """Even when the turn had made a checkpoint; and where the bot had set it anew by then, it goes off then as well."""

    @virtual
    async def story() -> None:
        async with hall() as scene:
            lives: list[int] = []

            def tea(seconds: float) -> Timer:
                return Timer(name="tea", due=scene.clock.now().timestamp() + seconds)

            class Reminding(ScriptedBot):
                async def turn(self, turn: Turn) -> None:
                    if turn.trigger is Trigger.JOINED:
                        turn.timers["tea"] = tea(60)
                    if turn.trigger is Trigger.TIMER:
                        lives.append(1)
                        if anew:
                            turn.timers["tea"] = tea(3600)
                        await turn.checkpoint()
                        if len(lives) == 1:
                            await anyio.sleep_forever()
                        await say(turn, "tea")

            await scene.joins(Reminding())
            await scene.passes(120)
            await _take_over(scene, Reminding())
            assert len(lives) == 2
            assert scene.lines() == ["tea"]
            assert len((await scene.record()).timers) == anew

    story()


class _SetBack(LoopClock):
    """A wall clock that a time server has set back by an hour."""

    def now(self) -> datetime:
        return super().now() - timedelta(hours=1)


@virtual
async def test_a_timer_whose_turn_has_begun_is_repeated_first_whatever_the_clock_says_by_then() -> None:
    """Otherwise what it had said would stand before the answer to an earlier message's turn."""
    async with hall() as scene:

        class Reminding(ScriptedBot):
            async def turn(self, turn: Turn) -> None:
                await super().turn(turn)
                if turn.trigger is Trigger.JOINED:
                    turn.timers["tea"] = Timer(name="tea", due=scene.clock.now().timestamp() + 60)
                if turn.trigger is Trigger.TIMER:
                    await say(turn, "tea")
                    if not turn.repeated:
                        await anyio.sleep_forever()

        await scene.joins(Reminding())
        await scene.passes(100)
        scene.says("hello")
        scene.clock = _SetBack()
        second = Reminding()
        await _take_over(scene, second)
        assert second.triggers == [Trigger.TIMER, Trigger.ITEMS]
        assert scene.lines() == ["tea", "hello"]


@virtual
async def test_merge_makes_a_burst_one_turn_and_waits_while_the_customer_types() -> None:
    """The answer comes when the customer has finished, not between two lines."""
    async with hall() as scene:
        bot = ScriptedBot(overlap=Overlap.MERGE)
        await scene.joins(bot, merge_window=1.0)
        scene.says("I want")
        await scene.passes(0.5)
        scene.types()
        await scene.passes(8)
        assert bot.heard == []
        scene.says("a pizza")
        await scene.passes(3)
        assert bot.heard == ["I want\na pizza"]


@virtual
async def test_merge_does_not_wait_for_ever() -> None:
    """A customer who types on and on is answered in the end."""
    async with hall() as scene:
        bot = ScriptedBot(overlap=Overlap.MERGE)
        await scene.joins(bot, merge_limit=20.0)
        scene.says("hello")
        for _ in range(10):
            scene.types()
            await scene.passes(5)
        assert bot.heard == ["hello"]


@virtual
async def test_latest_makes_one_turn_of_what_waited() -> None:
    """While a turn runs, the rest gathers."""
    async with hall() as scene:
        turns: list[int] = []

        async def slowly(turn: Turn, text: str) -> None:
            turns.append(len(turn.items))
            await anyio.sleep(5)

        await scene.joins(ScriptedBot(reply=slowly, overlap=Overlap.LATEST))
        for number in range(4):
            scene.says(str(number))
            await scene.passes(0.5)
        await scene.passes(30)
        assert turns == [1, 3]


@virtual
async def test_interrupt_stops_the_running_turn_and_hands_its_items_on() -> None:
    """The handler may clean up; what it had said stays said."""
    async with hall() as scene:
        cleaned: list[str] = []

        async def slowly(turn: Turn, text: str) -> None:
            try:
                await say(turn, f"thinking about {text!r}")
                await anyio.sleep(60)
                await say(turn, "too late")
            finally:
                await anyio.sleep(0.5)
                cleaned.append(text)

        bot = ScriptedBot(reply=slowly, overlap=Overlap.INTERRUPT)
        await scene.joins(bot)
        scene.says("a")
        await scene.passes(2)
        scene.says("b")
        await scene.passes(100)
        assert bot.heard == ["a", "a\nb"]
        assert cleaned == ["a", "a\nb"]
        assert scene.lines() == ["thinking about 'a'", "thinking about 'a\\nb'", "too late"]


@virtual
async def test_a_send_in_flight_is_brought_to_its_end_before_the_turn_is_interrupted() -> None:
    """Otherwise nobody would know whether it was said."""
    async with hall() as scene:
        said: list[str] = []

        async def quickly(turn: Turn, text: str) -> None:
            for line in (f"one of {text!r}", f"two of {text!r}"):
                await say(turn, line)
                said.append(line)

        await scene.joins(ScriptedBot(reply=quickly, overlap=Overlap.INTERRUPT))
        scene.weather.faults["SendMessage"] = [CallFault(when="before", delay=5.0)]
        scene.says("a")
        await scene.passes(1)
        scene.says("b")
        await scene.passes(60)
        assert said == ["one of 'a'", "one of 'a\\nb'", "two of 'a\\nb'"]
        assert scene.lines() == said


@virtual
async def test_typing_is_shown_while_a_handler_works_and_refreshed() -> None:
    """At once when asked for, by itself after a moment, again every ten seconds, and never afterwards."""
    async with hall() as scene:

        async def slowly(turn: Turn, text: str) -> None:
            await anyio.sleep(25)
            await say(turn, text)

        await scene.joins(ScriptedBot(reply=slowly), typing_after=0.5)
        scene.says("hello")
        await scene.passes(100)
        assert len(scene.calls.named("SendEvent")) == 3


@pytest.mark.by_websocket
@virtual
async def test_the_audit_finds_what_no_socket_brought() -> None:
    """A frame that is lost alone is noticed by nobody else before the next reconnect."""
    async with hall() as scene:
        bot = ScriptedBot()
        await scene.joins(bot, audit_interval=300.0)
        scene.weather.lost = lambda text: "lost" in text
        scene.says("lost")
        await scene.passes(400)
        assert bot.heard == ["lost"]
        assert len(scene.reported("audit.repaired")) == 1


@virtual
async def test_read_receipts_are_sent_and_stop_when_they_are_refused() -> None:
    """409 while more than two participants are active: not an error, but the end of receipts."""
    async with hall() as scene:
        await scene.joins(ScriptedBot(), read_receipts=True)
        scene.weather.faults["SendEvent"] = [None, CallFault(when="before", error="ConflictException", status=409)]
        for number in range(4):
            scene.says(str(number))
            await scene.passes(5)
        assert len(scene.calls.named("SendEvent")) == 2
        assert scene.lines() == ["0", "1", "2", "3"]


async def _take_over(scene: Hall, bot: ScriptedBot) -> None:
    """The worker is dead: its lease has lapsed, and another one claims the contact."""
    await scene.store.retire(scene.store_owner)
    scene.store_owner = OTHER
    await scene.session(bot, owner=OTHER)
    await scene.passes(30)


@virtual
async def test_replies_that_a_handler_sends_at_once_are_sent_one_after_the_other() -> None:
    """Amazon Connect does not order what is sent in parallel."""
    async with hall() as scene:

        async def both(turn: Turn, text: str) -> None:
            async with anyio.create_task_group() as group:
                group.start_soon(say, turn, "one")
                group.start_soon(say, turn, "two")

        await scene.joins(ScriptedBot(reply=both))
        scene.weather.faults["SendMessage"] = [CallFault(when="before", delay=5.0)]
        scene.says("hello")
        await scene.passes(30)
        assert scene.lines() == ["one", "two"]
