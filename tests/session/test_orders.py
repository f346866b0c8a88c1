"""What an operator orders is done once, in order with all else, through crashes; or whoever ordered it is told."""

import anyio
import pytest
from msgspec.structs import replace

from agent.emulator.faults import CallFault
from agent.errors import HumanTookOver, RemovedFromChat
from agent.ids import ItemId
from agent.record import ContactRecord, DeadLetter
from agent.session.conversation import Trigger, Turn
from agent.session.orders import Drop, HandOff, Order, Retry, Say, Slip
from agent.session.session import Ending, Session
from agent.wire.content import ContentType
from tests.scenarios.stage import ScriptedBot
from tests.session.hall import OTHER, Hall, hall, virtual

pytestmark = pytest.mark.both_ways

QUOTA = CallFault(when="before", status=402, error="ServiceQuotaExceededException")


def ordered(session: Session, order: Order) -> Slip:
    slip = Slip(order=order)
    session.carry_out(slip)
    return slip


async def how(slip: Slip) -> str:
    """Why it was not done; "" when it was."""
    with anyio.fail_after(600):
        await slip.settled.wait()
    return slip.refusal


@virtual
async def test_an_operators_word_is_said_between_two_turns() -> None:
    """Once, and the slip names the message."""
    async with hall() as scene:
        session = await scene.joins(ScriptedBot())
        scene.says("one")
        await scene.passes(1)
        slip = ordered(session, Say(id="a", text="Bear with us."))
        assert await how(slip) == ""
        scene.says("two")
        await scene.passes(1)
        assert scene.lines() == ["one", "Bear with us.", "two"]
        assert len(slip.sent) == 1
        record = await scene.record()
        assert (record.timers, record.orders) == ((), ("a",))


@virtual
async def test_the_same_order_given_again_is_not_done_again() -> None:
    """Who lost the answer may repeat the question."""
    async with hall() as scene:
        session = await scene.joins(ScriptedBot())
        for _ in range(3):
            assert await how(ordered(session, Say(id="a", text="Hello"))) == ""
        assert scene.lines() == ["Hello"]


@virtual
async def test_a_kept_word_survives_the_worker() -> None:
    """It dies while the word is being sent, whether the send took effect or not; the next one says it once."""
    for when in ("before", "after"):
        async with hall() as scene:
            session = await scene.joins(ScriptedBot())
            scene.weather.faults["SendMessage"] = [CallFault(when=when, hang_up=True)]
            slip = ordered(session, Say(id="a", text="Hello"))
            await slip.kept.wait()
            await scene.store.retire(scene.store_owner)
            session.lose()
            await scene.passes(1)
            assert slip.passed_on
            scene.says("me")
            await scene.joins(ScriptedBot(), owner=OTHER)
            await scene.passes(5)
            assert scene.lines() == ["Hello", "me"]


@virtual
async def test_an_order_waits_for_the_running_turn() -> None:
    """The operator does not interrupt the bot."""
    async with hall() as scene:

        async def slowly(turn: Turn, text: str) -> None:
            await anyio.sleep(5)
            await turn.send(text, content_type=ContentType.PLAIN)

        session = await scene.joins(ScriptedBot(reply=slowly))
        scene.says("one")
        await scene.passes(1)
        assert await how(ordered(session, Say(id="a", text="Hello"))) == ""
        assert scene.lines() == ["one", "Hello"]


@virtual
async def test_nothing_is_said_over_a_human() -> None:
    """The operator is told why."""
    async with hall() as scene:
        session = await scene.joins(ScriptedBot())
        scene.desk.agent_joins(scene.contact_id)
        await scene.passes(1)
        refusal = await how(ordered(session, Say(id="a", text="Hello")))
        assert refusal in (HumanTookOver.sentence, RemovedFromChat.sentence)
        assert scene.lines() == []


@virtual
async def test_an_order_during_the_join_is_refused() -> None:
    """There is nobody yet who could keep it."""
    async with hall() as scene:
        session = await scene.session(ScriptedBot())
        assert "joining" in await how(ordered(session, Say(id="a", text="Hello")))


@virtual
async def test_handing_off_writes_the_attributes_says_a_word_and_leaves() -> None:
    """As if the bot had done it."""
    async with hall() as scene:
        bot = ScriptedBot()
        session = await scene.joins(bot)
        slip = ordered(session, HandOff(id="a", attributes={"why": "stuck"}, text="A colleague takes over."))
        assert await how(slip) == ""
        await scene.passes(5)
        assert scene.lines() == ["A colleague takes over."]
        assert scene.calls.named("UpdateContactAttributes")[-1]["Attributes"] == {"why": "stuck"}
        assert scene.endings == [Ending.OVER]
        assert bot.triggers[-1] is Trigger.LEFT


@virtual
async def test_what_is_kept_is_done_before_the_worker_lets_go() -> None:
    """A drain and an order at one time."""
    async with hall() as scene:
        session = await scene.joins(ScriptedBot())
        save = scene.store.save

        async def drained_meanwhile(record: ContactRecord) -> None:
            session.drain()
            await save(record)

        scene.store.save = drained_meanwhile
        slip = ordered(session, Say(id="a", text="Hello"))
        late = ordered(session, Say(id="b", text="Too late"))
        assert await how(slip) == ""
        assert "lets go" in await how(late)
        assert scene.lines() == ["Hello"]
        await scene.passes(5)
        assert scene.endings == [Ending.RELEASED]


class _Failing(ScriptedBot):
    """Fails at "bad" until it is mended."""

    mended = False

    async def turn(self, turn: Turn) -> None:
        if not self.mended and any(getattr(item, "content", "") == "bad" for item in turn.items):
            raise ValueError
        if not self.mended and turn.trigger is Trigger.JOINED:
            raise ValueError
        await super().turn(turn)


async def _failed(scene: Hall) -> tuple[_Failing, Session, str]:
    bot = _Failing(greeting="Welcome")
    session = await scene.joins(bot)
    bad = scene.says("bad")
    await scene.passes(1)
    return bot, session, bad


@virtual
async def test_a_dead_letter_is_retried_once_in_order_with_all_else() -> None:
    """Its turn runs again under a name of its own; when it goes well the letter is gone."""
    async with hall() as scene:
        bot, session, bad = await _failed(scene)
        assert [letter.item_id for letter in (await scene.record()).dead_letters] == ["join", bad]
        bot.mended = True
        scene.says("good")
        await scene.passes(1)
        assert await how(ordered(session, Retry(id="r", letter=ItemId(bad)))) == ""
        assert await how(ordered(session, Retry(id="j", letter=ItemId("join")))) == ""
        assert [line for line in scene.lines() if not line.startswith("Sorry")] == ["good", "bad", "Welcome"]
        assert (await scene.record()).dead_letters == ()


@virtual
async def test_a_retry_that_fails_again_is_told_and_stays_a_dead_letter() -> None:
    """Under the same name, once."""
    async with hall() as scene:
        _, session, bad = await _failed(scene)
        assert "ValueError" in await how(ordered(session, Retry(id="r", letter=ItemId(bad))))
        assert [letter.item_id for letter in (await scene.record()).dead_letters] == ["join", bad]


@virtual
async def test_a_dead_letter_is_dropped_without_a_word() -> None:
    """Nothing is said, nothing is run."""
    async with hall() as scene:
        _, session, bad = await _failed(scene)
        before = scene.lines()
        assert await how(ordered(session, Drop(id="d", letter=ItemId(bad)))) == ""
        assert [letter.item_id for letter in (await scene.record()).dead_letters] == ["join"]
        assert scene.lines() == before


@virtual
async def test_an_unknown_dead_letter_is_refused() -> None:
    """So is one that is about nothing in the chat."""
    async with hall() as scene:
        _, session, _ = await _failed(scene)
        assert "no dead letter" in await how(ordered(session, Drop(id="d", letter=ItemId("nothing"))))
        assert "no dead letter" in await how(ordered(session, Retry(id="r", letter=ItemId("nothing"))))


def test_an_order_never_shows_what_is_to_be_said() -> None:
    """In no log and no traceback."""
    assert "Hello" not in repr([Say(id="a", text="Hello"), HandOff(id="b", text="Hello")])
    assert "Hello" not in repr(Slip(order=Say(id="a", text="Hello")))


@virtual
async def test_a_dead_letter_that_nothing_is_left_of_is_refused() -> None:
    """A timer's turn cannot be repeated; nor can any while the transcript cannot be read."""
    async with hall() as scene:
        session = await scene.joins(ScriptedBot())
        letters = (DeadLetter(item_id=ItemId("timer:tea:1.0"), error="ValueError", at=""),)
        conductor = session._stay._conductor
        conductor.record = replace(conductor.record, dead_letters=letters)
        assert "nothing that the chat holds" in await how(ordered(session, Retry(id="r", letter=letters[0].item_id)))
        scene.weather.faults["GetTranscript"] = [QUOTA]
        assert "cannot be read" in await how(ordered(session, Retry(id="s", letter=letters[0].item_id)))


@virtual
async def test_an_order_that_fails_for_good_is_told_by_its_type() -> None:
    """What Amazon Connect says about it may quote anybody; the customer gets no apology for it."""
    async with hall() as scene:
        session = await scene.joins(ScriptedBot())
        scene.weather.faults["SendMessage"] = [QUOTA]
        refusal = await how(ordered(session, Say(id="a", text="Hello")))
        assert refusal == "It failed with ServiceQuotaExceeded; see the log."
        assert "visible" in await how(ordered(session, Say(id="b", text=" ")))
        assert scene.lines() == []
        assert [letter.error for letter in (await scene.record()).dead_letters] == [
            "ServiceQuotaExceeded",
            "InvalidMessage",
        ]
