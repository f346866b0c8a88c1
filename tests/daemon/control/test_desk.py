"""What an operator sees and orders, worker by worker."""

import json
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from msgspec.structs import replace

from agent.clock import SystemClock
from agent.config import ControlSection
from agent.daemon.control.opening import timeline_of
from agent.daemon.control.timeline import Timeline
from agent.daemon.supervisor import Goodbye
from agent.errors import AccessDenied, ContactGone, ControlRefused, StoreUnreachable
from agent.ids import ItemId
from agent.record import DeadLetter, Phase, Timer
from agent.session.orders import Drop, HandOff, Retry, Say, Slip
from agent.telemetry import Happening, Level
from agent.telemetry.turns import within

from .conftest import INSTANCE, key

LETTERS = (
    DeadLetter(item_id=ItemId("item-1"), error="ValueError", at="2026-01-01T00:00:00.000Z"),
    DeadLetter(item_id=ItemId("item-2"), error="KeyError", at="2026-01-01T00:00:01.000Z"),
)


async def _refused(asking: Any) -> ControlRefused:
    with pytest.raises(ControlRefused) as refusal:
        await asking
    return refusal.value


async def test_ps_lists_the_chats_page_by_page(scene: Callable[..., Any]) -> None:
    """Each with what it is doing, never with what is said."""
    one = scene()
    async with one.serving("aaaa", "bbbb", "cccc"):
        first = await one.ask("ps", limit=2)
        assert [chat["contact_id"] for chat in first["chats"]] == ["aaaa", "bbbb"]
        assert first["chats"][0]["state"] == "idle"
        assert first["chats"][0]["waiting"] == 3
        second = await one.ask("ps", after=first["next"])
        assert [chat["contact_id"] for chat in second["chats"]] == ["cccc"]
        assert second["next"] is None


async def test_show_tells_the_record_and_what_happened_without_any_words(scene: Callable[..., Any]) -> None:
    """What is kept of a chat is counted, errors are types."""
    one = scene()
    async with one.serving("aaaa"):
        secret = "top secret"  # what must not be seen
        await one.stored("bbbb", state=secret.encode(), timers=(Timer(name="tea", due=1.0, payload=secret),))
        with within(key("bbbb"), "item-1"):
            one.report(Happening(name="send.accepted", contact=key("bbbb"), fields={"seconds": 0.1, "paste": secret}))
        one.report(Happening(name="turn.failed", contact=key("bbbb"), level=Level.ERROR, error=ValueError(secret)))
        shown = await one.ask("show", contact="bb")
        assert secret not in json.dumps(shown)
        assert shown["record"]["state_bytes"] == len(secret)
        assert [(entry["name"], entry["turn"], entry["error"]) for entry in shown["timeline"]] == [
            ("send.accepted", "item-1", ""),
            ("turn.failed", "", "ValueError"),
        ]
        assert shown["served"] is False


async def test_a_timeline_is_bounded_in_chats_and_in_length(scene: Callable[..., Any]) -> None:
    """Chats that are over are forgotten first."""
    one = scene()
    one.timeline = Timeline(clock=one.clock, length=5, chats=20)
    for number in range(30):
        one.report(Happening(name="contact.claimed", contact=key(f"{number:02}")))
    assert len(list(one.timeline)) == 20
    one.report(Happening(name="contact.ended", contact=key("29")))
    one.report(Happening(name="contact.claimed", contact=key("30")))
    assert key("29") not in list(one.timeline)
    for _ in range(50):
        one.report(Happening(name="item.heard", contact=key("30")))
    assert len(one.timeline.story(key("30")).entries) == 5


@pytest.mark.parametrize(("places", "length"), [(10, 200), (900, 50), (100_000, 10)])
def test_all_chats_together_have_a_bound(places: int, length: int) -> None:
    """The more there may be, the less is remembered of each."""
    timeline = timeline_of(ControlSection(), max_chats=places, clock=SystemClock())
    for _ in range(300):
        timeline(Happening(name="item.heard", contact=key("a")))
    assert len(timeline.story(key("a")).entries) == length


async def test_a_chat_that_comes_back_keeps_what_happened_before(scene: Callable[..., Any]) -> None:
    """Its counts begin anew."""
    one = scene()
    for name in ("contact.claimed", "turn.committed", "contact.ended", "contact.claimed"):
        one.report(Happening(name=name, contact=key("a")))
    story = one.timeline.story(key("a"))
    assert [entry.name for entry in story.entries][-2:] == ["contact.ended", "contact.claimed"]
    assert story.turns == 0


async def test_contacts_are_found_by_the_beginning_of_their_id(scene: Callable[..., Any]) -> None:
    """Several or none is said so; a served one hides the stored."""
    one = scene()
    async with one.serving("abc1", "abd2"):
        await one.stored("abz9")
        assert [found["contact"] for found in (await one.ask("find", contact="ABC"))["contacts"]] == [
            f"{INSTANCE}/abc1"
        ]
        assert len((await one.ask("find", contact="ab"))["contacts"]) == 2
        assert (await _refused(one.ask("show", contact="ab"))).code == "ambiguous"
        assert (await _refused(one.ask("show", contact="x"))).code == "unknown"
        assert (await one.ask("find", contact="abz"))["contacts"] == []
        stored = (await one.ask("find", contact="abz", stored=True))["contacts"]
        assert stored == [{"contact": f"{INSTANCE}/abz9", "served": False}]
        assert (await one.ask("show", contact=f"{INSTANCE}/abc1"))["chat"]["contact_id"] == "abc1"


async def test_an_order_is_carried_out_told_and_noted_without_its_words(scene: Callable[..., Any]) -> None:
    """Who, when, what, on which contact, and how it went."""
    one = scene()

    def settle(slip: Slip) -> None:
        slip.kept.set()
        slip.sent = (ItemId("m1"),)
        slip.settled.set()

    one.settle = settle
    async with one.serving("aaaa"):
        answer = await one.ask("say", contact="a", text="top secret", id="x")
        assert answer["sent"] == ["m1"]
        await one.ask("hand-off", contact="a", text="bye", attributes={"a": "b"})
        assert [type(slip.order) for slip in one.slips] == [Say, HandOff]
        one.settle = lambda slip: slip.refuse("An agent has joined.")
        assert str(await _refused(one.ask("say", contact="a", text="top secret"))) == "An agent has joined."
    noted = [json.loads(line) for line in one.noted().splitlines()]
    assert "secret" not in one.noted()
    assert [(line["verb"], line["result"]) for line in noted] == [
        ("say", "asked"), ("say", "done"), ("hand-off", "asked"), ("hand-off", "done"),
        ("say", "asked"), ("say", "refused: not_done"),
    ]  # fmt: skip
    assert noted[0]["contact_id"] == "aaaa"
    assert noted[0]["pid"] > 0


async def test_whoever_orders_is_told_when_the_order_is_kept(scene: Callable[..., Any]) -> None:
    """From then on it outlives the worker."""
    one = scene()
    one.settle = lambda slip: slip.kept.set()

    def ordering(line: Any) -> list[Any]:
        answers = line.follow("say", patience=30, contact="a", text="hello", id="x")
        kept = next(answers)
        anyio.from_thread.run_sync(pass_on)
        return [kept, *answers]

    def pass_on() -> None:
        one.slips[0].passed_on = True
        one.slips[0].settled.set()

    async with one.serving("aaaa"):
        kept, (_, last) = await one.asking(ordering)
        assert kept == (False, {"kept": "x"})
        assert last["passed_on"] is True


async def test_an_order_in_doubt_is_told_by_a_code_of_its_own(scene: Callable[..., Any]) -> None:
    """Whoever gave it may give it again."""
    one = scene()

    def doubt(slip: Slip) -> None:
        slip.doubtful = True
        slip.refuse("It is not known.")

    one.settle = doubt
    async with one.serving("aaaa"):
        assert (await _refused(one.ask("say", contact="a", text="x"))).code == "in_doubt"


async def test_an_order_about_a_chat_of_another_worker_says_whose_it_is(scene: Callable[..., Any]) -> None:
    """And does nothing."""
    one = scene()
    async with one.serving("aaaa"):
        await one.stored("bbbb")
        assert "other.boot.1.ffff has it" in str(await _refused(one.ask("say", contact="bb", text="x")))
        await one.stored("cccc", phase=Phase.OVER, over="HandedOff")
        one.report(Happening(name="contact.ended", contact=key("cccc")))
        assert "over for the bot (HandedOff)" in str(await _refused(one.ask("close", contact="cc")))


async def test_dead_letters_are_listed_shown_retried_and_dropped(scene: Callable[..., Any]) -> None:
    """Across all contacts, whoever serves them; by the beginning of their name."""
    one = scene()
    async with one.serving("aaaa"):
        record = await one.store.load(key("aaaa"))
        await one.store.save(replace(record, dead_letters=LETTERS))
        await one.stored("bbbb", dead_letters=LETTERS[:1])
        page = await one.ask("dlq.ls")
        assert [(found["contact_id"], found["letter"]) for found in page["letters"]] == [
            ("aaaa", "item-1"), ("aaaa", "item-2"), ("bbbb", "item-1"),
        ]  # fmt: skip
        with within(key("aaaa"), "item-1"):
            one.report(Happening(name="turn.failed", contact=key("aaaa")))
        shown = await one.ask("dlq.show", contact="a", letter="item-1")
        assert shown["error"] == "ValueError"
        assert [entry["name"] for entry in shown["timeline"]] == ["turn.failed"]
        assert (await _refused(one.ask("dlq.show", contact="a", letter="item"))).code == "ambiguous"
        assert (await _refused(one.ask("dlq.retry", contact="a", letter="none"))).code == "unknown"
        await one.ask("dlq.retry", contact="a", letter="item-1", id="r")
        await one.ask("dlq.drop", contact="a", letter="item-2", id="d")
        assert [slip.order for slip in one.slips] == [
            Retry(id="r", letter=ItemId("item-1")),
            Drop(id="d", letter=ItemId("item-2")),
        ]


async def test_close_lets_the_bot_leave_and_can_end_the_contact(scene: Callable[..., Any]) -> None:
    """A contact that has ended meanwhile is as good; a refusal leaves the bot where it is."""
    one = scene()
    async with one.serving("aaaa", "bbbb", "cccc"):
        await one.ask("close", contact="a")
        assert key("aaaa") not in one.worker.supervisor.contacts
        assert one.connect.stopped == []
        await one.ask("close", contact="b", stop_contact=True)
        assert one.connect.stopped == [key("bbbb")]
        one.connect.error = AccessDenied("StopContact")
        assert "AccessDenied" in str(await _refused(one.ask("close", contact="c", stop_contact=True)))
        assert key("cccc") in one.worker.supervisor.contacts
        one.connect.error = ContactGone("StopContact")
        await one.ask("close", contact="c", stop_contact=True)
        assert key("cccc") not in one.worker.supervisor.contacts


async def test_move_needs_another_worker_and_does_not_take_the_chat_up_again(scene: Callable[..., Any]) -> None:
    """Until the other one had time enough to take it."""
    one = scene()
    async with one.serving("aaaa"):
        assert "no other worker" in str(await _refused(one.ask("move", contact="a")))
        assert key("aaaa") in one.worker.supervisor.contacts
        await one.stored("zzzz")
        async with anyio.create_task_group() as group:
            answers: list[Any] = []

            async def move() -> None:
                answers.append(await one.ask("move", contact="a"))

            group.start_soon(move)
            with anyio.fail_after(30):
                while (await one.store.load(key("aaaa"))).owner is not None:
                    await anyio.sleep(0.01)
            await one.worker.supervisor.resume()
            assert key("aaaa") not in one.worker.supervisor.contacts
            await one.stored("aaaa")
        assert answers[0]["owner"] == "other.boot.1.ffff"


async def test_a_chat_that_is_moved_by_force_comes_back_when_nobody_takes_it(scene: Callable[..., Any]) -> None:
    """Nobody is left alone for long."""
    one = scene(lease=0.4)
    async with one.serving("aaaa"):
        assert (await one.ask("move", contact="a", force=True))["owner"] is None
        with anyio.fail_after(30):
            while key("aaaa") not in one.worker.supervisor.contacts:
                await anyio.sleep(0.05)


@pytest.mark.parametrize("goodbye", [Goodbye.RELEASE, Goodbye.LEAVE])
async def test_drain_can_stay_and_be_undone(scene: Callable[..., Any], goodbye: Goodbye) -> None:
    """Nothing is taken on meanwhile, and `ps` says why."""
    one = scene(goodbye=goodbye)
    async with one.serving("aaaa", "bbbb"):
        answer = await one.ask("drain", stay=True)
        assert (answer["chats"], answer["goodbye"]) == (2, goodbye.value)
        assert (await one.ask("ps"))["not_taking"] == "drained"
        assert not one.worker.supervisor.contacts
        assert one.room.free == 0
        await one.ask("drain", undo=True)
        assert (await one.ask("ps"))["not_taking"] == ""
        assert one.room.free == 10


async def test_a_full_worker_says_so(scene: Callable[..., Any]) -> None:
    """With its places, as a reason not to take chats on; and no more when there is room."""
    one = scene()
    async with one.serving("aaaa", "bbbb"):
        for places, why in ((2, "full"), (3, "")):
            one.room.resize(places)
            page = await one.ask("ps")
            assert (page["places"], page["not_taking"]) == (places, why)


async def test_drain_ends_the_worker(scene: Callable[..., Any]) -> None:
    """As SIGTERM does."""
    one = scene()
    async with one.serving("aaaa"):
        answers = await one.follow("drain")
        assert answers[0][1]["chats"] == 1
        assert one.worker.stopping


async def test_tail_tells_what_happens_in_one_chat_or_in_all(scene: Callable[..., Any]) -> None:
    """From the moment it says that it listens."""
    one = scene()
    async with one.serving("aaaa", "bbbb"):

        def listen(contact: str) -> Callable[[Any], Any]:
            def listening(line: Any) -> list[str]:
                told = line.follow("tail", patience=30, contact=contact)
                next(told)
                anyio.from_thread.run_sync(one.report, Happening(name="one", contact=key("bbbb")))
                anyio.from_thread.run_sync(one.report, Happening(name="two", contact=key("aaaa")))
                return [next(told)[1]["name"]]

            return listening

        assert await one.asking(listen("a")) == ["two"]
        assert await one.asking(listen("")) == ["one"]


async def test_a_failing_store_is_told_by_its_type(scene: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what failed is shown."""
    one = scene()
    async with one.serving("aaaa"):

        async def fail(*_: Any, **__: Any) -> Any:
            raise StoreUnreachable("secret")

        monkeypatch.setattr(one.store, "live", fail)
        refusal = await _refused(one.ask("dlq.ls"))
        assert refusal.code == "failed"
        assert "secret" not in str(refusal)


async def test_an_audit_log_that_cannot_be_written_is_reported_loudly(
    scene: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is carried out all the same: at night a full disk must not tie the operator's hands."""
    one = scene()
    async with one.serving("aaaa"):

        def full(*_: Any) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.write", full)
        await one.ask("say", contact="a", text="x")
        monkeypatch.undo()
        assert "control.not_noted" in [happening.name for happening in one.told]
