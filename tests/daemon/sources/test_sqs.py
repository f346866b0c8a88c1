"""Offers on a queue, in virtual time: as many as fit, hidden while in hand, deleted when done, given back otherwise."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import pairwise
from random import Random
from typing import Any, TypeAlias

import anyio
import pytest

from agent.daemon.room import Room
from agent.daemon.sources.sqs import QueueSettings, SqsSource
from agent.errors import QueueRefused, QueueUnreachable
from agent.ports import Claimable, Declined
from agent.telemetry import Happening, Level
from agent.testing.virtual import run_virtually
from tests.daemon.sources.forms import contact_event, own
from tests.daemon.sources.queues import MemoryQueue

Story: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class Scene:
    """A source on a queue, and what it told."""

    def __init__(self, *, places: int = 100, put_aside_after: int | None = 3) -> None:
        self.queue = MemoryQueue(put_aside_after=put_aside_after)
        self.room = Room(places)
        self.told: list[Happening] = []
        self.source = SqsSource(
            self.queue, self.room, settings=QueueSettings(), random=Random(3), report=self.told.append
        )

    def offer(self, *contacts: str) -> None:
        for contact in contacts:
            self.queue.put(json.dumps(own(contact)))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Claimable]]:
        async with self.source.offers() as offers:
            yield offers

    @property
    def names(self) -> list[str]:
        return [happening.name for happening in self.told]


def virtual(story: Story) -> Callable[[], None]:
    def run() -> None:
        run_virtually(story())

    run.__name__, run.__doc__ = story.__name__, story.__doc__
    return run


async def _next(offers: AsyncIterator[Claimable]) -> Claimable:
    with anyio.fail_after(600):
        return await anext(offers)


@virtual
async def test_a_claimed_contact_s_message_is_deleted() -> None:
    """Not before: until then it is only hidden."""
    scene = Scene()
    scene.offer("a")
    async with scene.open() as offers:
        claimable = await _next(offers)
        assert claimable.offer.key.contact_id == "a"
        assert len(scene.queue.messages) == 1
        assert not scene.queue.visible()
        await claimable.done()
        await anyio.sleep(1)
        assert scene.queue.messages == []
    assert "source.listening" in scene.names


@virtual
async def test_messages_that_are_done_with_together_are_deleted_together() -> None:
    """A call costs the same for one and for ten."""
    scene = Scene()
    scene.offer(*"abcdefg")
    async with scene.open() as offers:
        for _ in range(7):
            await (await _next(offers)).done()
        await anyio.sleep(1)
        assert [call for call in scene.queue.calls if "delete" in call] == ["delete 7"]


@virtual
async def test_a_message_in_hand_stays_hidden_however_long_the_claim_takes() -> None:
    """Its visibility is renewed; also of those that wait behind it."""
    scene = Scene()
    scene.offer("a", "b")
    async with scene.open() as offers:
        claimable = await _next(offers)
        for _ in range(20):
            await anyio.sleep(10)
            assert not scene.queue.visible()
        await claimable.done()
        await (await _next(offers)).done()
        await anyio.sleep(1)
        assert scene.queue.messages == []


@virtual
async def test_what_is_in_hand_at_the_end_is_given_back_at_once() -> None:
    """Another replica gets it without waiting; what was done is deleted first."""
    scene = Scene()
    scene.offer("a", "b", "c")
    async with scene.open() as offers:
        await (await _next(offers)).done()
        await _next(offers)
    assert len(scene.queue.visible()) == 2
    assert len(scene.queue.messages) == 2


@virtual
async def test_no_more_is_asked_for_than_there_is_room() -> None:
    """And nothing at all while there is none, so that other workers may have it."""
    scene = Scene(places=2)
    scene.offer("a", "b", "c", "d")
    async with scene.open() as offers:
        for _ in range(2):
            claimable = await _next(offers)
            await scene.room.take()
            await claimable.done()
        await anyio.sleep(100)
        assert scene.queue.limits == [2]
        assert len(scene.queue.visible()) == 2
        scene.room.give_back()
        await _next(offers)
        assert scene.queue.limits == [2, 1]


@virtual
async def test_an_offer_declined_for_want_of_room_is_shown_to_others_at_once() -> None:
    """The source will offer it again, so nobody need wait for it."""
    scene = Scene()
    scene.offer("a")
    async with scene.open() as offers:
        assert await (await _next(offers)).decline(Declined.FULL)
        await anyio.sleep(1)
        assert "hide 1 for 0" in scene.queue.calls
        await _next(offers)


@virtual
async def test_an_offer_for_a_bot_that_rests_comes_again_later_each_time() -> None:
    """A queue puts a message aside once it was received a few times; a bot rests for minutes."""
    scene = Scene()
    scene.offer("a")
    came: list[float] = []
    async with scene.open() as offers:
        for _ in range(6):
            claimable = await _next(offers)
            came.append(anyio.current_time())
            assert await claimable.decline(Declined.RESTING)
    pauses = [later - earlier for earlier, later in pairwise(came)]
    assert pauses == pytest.approx([30, 60, 120, 240, 240], abs=2)


@virtual
async def test_an_offer_for_a_bot_that_rests_holds_up_no_other() -> None:
    """Other bots of this worker get theirs meanwhile."""
    scene = Scene()
    scene.offer("a", "b")
    async with scene.open() as offers:
        await (await _next(offers)).decline(Declined.RESTING)
        await (await _next(offers)).done()
        assert anyio.current_time() < 5


@virtual
async def test_an_offer_that_is_not_ours_is_left_to_the_queue_s_own_rules() -> None:
    """It is shown again when its time is over, and put aside after a few times."""
    scene = Scene()
    scene.offer("a")
    async with scene.open() as offers:
        assert await (await _next(offers)).decline(Declined.NOT_OURS)
        await anyio.sleep(20)
        assert not scene.queue.visible()
        assert not [call for call in scene.queue.calls if call.startswith("hide")]
        claimable = await _next(offers)
        assert anyio.current_time() >= 30
        await claimable.done()


@virtual
async def test_what_offers_nothing_is_deleted_and_told() -> None:
    """Several at once."""
    scene = Scene()
    for kind in ("DISCONNECTED", "COMPLETED", "QUEUED"):
        scene.queue.put(json.dumps(contact_event(kind)))
    scene.queue.put(json.dumps(contact_event(channel="VOICE")))
    async with scene.open():
        await anyio.sleep(1)
        assert scene.queue.messages == []
    reasons = [told.fields["reason"] for told in scene.told if told.name == "offer.skipped"]
    assert reasons == ["ended", "ended", "other_event", "other_channel"]
    assert scene.queue.calls.count("delete 1") <= 1


@virtual
async def test_rubbish_is_left_to_the_queue_and_told_loudly_once() -> None:
    """However often it comes; offers behind it are not held up."""
    scene = Scene()
    scene.queue.put("x" * 262_144)
    scene.offer("a")
    async with scene.open() as offers:
        await (await _next(offers)).done()
        await anyio.sleep(70)
        assert len(scene.queue.messages) == 1
        assert scene.queue.messages[0].receives == 3
    told = [happening for happening in scene.told if happening.name == "offer.unreadable"]
    assert [happening.level for happening in told] == [Level.WARNING, Level.DEBUG, Level.DEBUG]
    assert told[0].fields["why"] == "it is no JSON."


@virtual
async def test_a_queue_that_never_puts_rubbish_aside_is_told_at_the_start() -> None:
    """Once."""
    scene = Scene(put_aside_after=None)
    for _ in range(2):
        async with scene.open():
            await anyio.sleep(1)
    assert scene.names.count("queue.keeps_rubbish") == 1
    careful = Scene()
    async with careful.open():
        await anyio.sleep(1)
    assert "queue.keeps_rubbish" not in careful.names


@pytest.mark.parametrize("error", [QueueRefused("no"), QueueUnreachable("away")])
@pytest.mark.parametrize("looks", [True, False])
def test_a_queue_that_cannot_be_used_at_the_start_is_an_error(error: Exception, looks: bool) -> None:
    """When it is looked at, or at the first poll."""

    async def story() -> None:
        scene = Scene()
        if looks:
            scene.queue.failing = error

        async def use() -> None:
            async with scene.open():
                scene.queue.failing = error
                await anyio.sleep(600)

        with pytest.raises(BaseExceptionGroup) as caught:
            await use()
        assert caught.value.exceptions == (error,)

    run_virtually(story())


@pytest.mark.parametrize(
    ("error", "level"), [(QueueRefused("no"), Level.ERROR), (QueueUnreachable("away"), Level.WARNING)]
)
def test_a_queue_that_fails_later_is_waited_for(error: Exception, level: Level) -> None:
    """Longer each time; when it answers again that is told, also after the lease was lost in between."""

    async def story() -> None:
        scene = Scene()
        async with scene.open():
            await anyio.sleep(1)
            scene.queue.failing = error
            await anyio.sleep(600)
        async with scene.open() as offers:
            await anyio.sleep(60)
            failures = [told for told in scene.told if told.name == "source.failed"]
            assert 15 < len(failures) < 60
            assert {told.level for told in failures} == {level}
            scene.queue.failing = None
            scene.offer("a")
            await (await _next(offers)).done()
            await anyio.sleep(1)
        assert scene.queue.messages == []
        assert scene.names.count("source.listening") == 2

    run_virtually(story())


@virtual
async def test_a_delete_that_fails_brings_the_offer_again() -> None:
    """It is recognised then; nothing stops meanwhile."""
    scene = Scene()
    scene.offer("a")
    async with scene.open() as offers:
        claimable = await _next(offers)
        scene.queue.failing = QueueUnreachable("away")
        await claimable.done()
        await anyio.sleep(5)
        scene.queue.failing = None
        again = await _next(offers)
        assert again.offer.key == claimable.offer.key
        await again.done()
    assert "queue.failed" in scene.names
    assert scene.queue.messages == []


@virtual
async def test_a_delete_that_the_end_cuts_off_is_made_once_more() -> None:
    """What is done with need not come again."""
    scene = Scene()
    scene.offer("a")
    delete = scene.queue.delete

    async def hang_once(receipts: Any) -> None:
        scene.queue.delete = delete  # type: ignore[method-assign]
        await anyio.sleep_forever()

    scene.queue.delete = hang_once  # type: ignore[method-assign]
    async with scene.open() as offers:
        await (await _next(offers)).done()
        await anyio.sleep(1)
        assert len(scene.queue.messages) == 1
    assert scene.queue.messages == []


@virtual
async def test_a_farewell_to_a_queue_that_hangs_is_bounded() -> None:
    """The worker must end."""
    scene = Scene()
    scene.offer("a")

    async def hang(*_: Any, **__: Any) -> None:
        await anyio.sleep_forever()

    async with scene.open() as offers:
        await _next(offers)
        scene.queue.hide = hang  # type: ignore[method-assign]
        before = anyio.current_time()
    assert anyio.current_time() - before < 10
