"""A worker's one topic and queue: made when needed, read, made again, and taken away."""

from contextlib import AbstractContextManager
from random import Random

import anyio
import pytest

from agent.clock import LoopClock
from agent.daemon.leftovers import Leftovers
from agent.daemon.streaming import StreamingSettings, WorkerStreams, mailbox_name
from agent.errors import StoreUnreachable, StreamingError
from agent.ids import WorkerId
from agent.store.memory import MemoryStore
from agent.telemetry import Happening
from agent.wire.items import Item
from tests.daemon.mailboxes import Box, InMemoryMailboxes
from tests.daemon.test_switchboard import KEY, body
from tests.session.hall import virtual

ME, OTHER = WorkerId("host.machine.1.aa"), WorkerId("host.machine.2.bb")
MINE = mailbox_name("chat-agent", ME)


class Scene:
    """A worker's streams, and one chat that listens."""

    def __init__(self, *, at_start: bool = False) -> None:
        self.clock = LoopClock()
        self.mailboxes = InMemoryMailboxes()
        self.store = MemoryStore(self.clock)
        self.happenings: list[Happening] = []
        self.heard: list[Item] = []
        self.doubts = 0
        self.streams = WorkerStreams(
            self.mailboxes,
            ME,
            settings=StreamingSettings(at_start=at_start),
            clock=self.clock,
            random=Random(1),
            report=self.happenings.append,
        )
        self.leftovers = Leftovers(
            self.streams,
            self.mailboxes,
            self.store,
            prefix="chat-agent",
            after=600,
            clock=self.clock,
            report=self.happenings.append,
        )

    def listening(self) -> AbstractContextManager[None]:
        return self.streams.listen(KEY, heard=self.heard.append, doubtful=self._doubt)

    def _doubt(self) -> None:
        self.doubts += 1

    def now(self) -> float:
        return self.clock.now().timestamp()

    def reported(self, name: str) -> int:
        return sum(happening.name == name for happening in self.happenings)


@virtual
async def test_nothing_is_made_before_a_chat_needs_it() -> None:
    """A worker whose chats are heard by websockets asks neither SNS nor SQS."""
    scene = Scene()
    async with scene.streams.serving():
        await anyio.sleep(1000)
    assert scene.mailboxes.opened == []


@virtual
async def test_one_mailbox_serves_all_chats_and_goes_in_the_end() -> None:
    """Made once, however many ask for it at the same time."""
    scene = Scene()
    async with scene.streams.serving():
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(scene.streams.topic)
        assert scene.mailboxes.opened == [MINE]
        assert scene.streams.open
    assert scene.mailboxes.found == {}


@virtual
async def test_what_reached_the_chats_is_deleted() -> None:
    """Also what belonged to none of them; and rubbish."""
    scene = Scene(at_start=True)
    async with scene.streams.serving():
        with scene.listening():
            box = scene.mailboxes.found[MINE]
            box.bodies += [body("c"), body("other"), "rubbish"]
            await anyio.sleep(30)
            assert len(scene.heard) == 1
            assert len(box.deleted) == 3


@virtual
async def test_a_mailbox_that_is_wanted_at_the_start_and_cannot_be_made_is_told_at_once() -> None:
    """As it is: not wrapped in anything."""
    scene = Scene(at_start=True)
    scene.mailboxes.failing = 1
    with pytest.raises(StreamingError):
        async with scene.streams.serving():
            pytest.fail("it serves")


@virtual
async def test_what_the_worker_raises_comes_out_as_it_is() -> None:
    """The task group in between must not wrap it; topic and queue go all the same."""
    scene = Scene(at_start=True)
    with pytest.raises(StoreUnreachable):
        async with scene.streams.serving():
            raise StoreUnreachable("gone")
    assert scene.mailboxes.found == {}


@virtual
async def test_a_queue_that_fails_for_a_moment_has_lost_nothing() -> None:
    """All chats would read their transcripts at once, and hold what comes in meanwhile."""
    scene = Scene(at_start=True)
    async with scene.streams.serving():
        with scene.listening():
            scene.mailboxes.found[MINE].failing = 6
            scene.mailboxes.found[MINE].bodies.append(body("c"))
            await anyio.sleep(60)
            assert len(scene.heard) == 1
            assert scene.reported("stream.queue_failed") == 6
            assert scene.doubts == 0


@virtual
async def test_what_cannot_be_deleted_holds_up_nothing_behind_it() -> None:
    """It may have been said before what was just heard, and nobody waits for it long."""
    scene = Scene(at_start=True)
    async with scene.streams.serving():
        with scene.listening():
            box = scene.mailboxes.found[MINE]
            box.keeps, box.bodies = True, [body("c")] * 50
            await anyio.sleep(0.1)
            assert len(scene.heard) == 50
            assert scene.reported("stream.queue_failed") == 5


@virtual
async def test_while_a_queue_stays_silent_every_chat_doubts_again_and_again() -> None:
    """The transcript is then the only way to hear."""
    scene = Scene(at_start=True)
    async with scene.streams.serving():
        with scene.listening():
            scene.mailboxes.found[MINE].failing = 10**6
            await anyio.sleep(30)
            early = scene.doubts
            assert early >= 1
            await anyio.sleep(300)
            assert scene.doubts > early


@virtual
async def test_a_mailbox_that_somebody_took_away_is_made_again() -> None:
    """Under the same name, so that the streams which run go on; and every chat doubts."""
    scene = Scene(at_start=True)
    async with scene.streams.serving():
        with scene.listening():
            del scene.mailboxes.found[MINE]
            scene.mailboxes.failing = 1
            await anyio.sleep(100)
            assert scene.mailboxes.opened == [MINE, MINE]
            assert scene.doubts >= 1
            scene.mailboxes.found[MINE].bodies.append(body("c"))
            await anyio.sleep(30)
            assert len(scene.heard) == 1


@virtual
async def test_a_farewell_that_fails_is_told_and_holds_nobody_up() -> None:
    """Another worker takes away what is left."""
    scene = Scene(at_start=True)
    async with scene.streams.serving():
        scene.mailboxes.failing = 1
    assert scene.reported("stream.mailbox_left") == 1


@virtual
async def test_mailboxes_of_dead_workers_are_taken_away_by_those_that_live() -> None:
    """Dead is who is not in the store and has given no sign of life for long; nobody else's is touched."""
    scene = Scene(at_start=True)
    old = scene.now() - 601
    boxes = scene.mailboxes.found
    await scene.store.heartbeat(OTHER, ttl=1e9)
    boxes[mailbox_name("chat-agent", OTHER)] = Box(OTHER, old)
    boxes["chat-agent-dead"] = Box(WorkerId("dead"), old)
    boxes["chat-agent-of-another-store"] = Box(WorkerId("theirs"), scene.now() - 500)
    boxes["chat-agent-offers"] = Box(None, None)
    boxes["something-else"] = Box(WorkerId("dead"), old)
    async with scene.streams.serving():
        await scene.leftovers.clear()
        assert set(boxes) == {
            MINE,
            mailbox_name("chat-agent", OTHER),
            "chat-agent-of-another-store",
            "chat-agent-offers",
            "something-else",
        }
    assert scene.reported("leftovers.cleared") == 1


@virtual
async def test_a_worker_says_that_it_lives_and_goes_on_when_that_fails() -> None:
    """Often enough that nobody takes its mailbox for left."""
    scene = Scene()
    async with scene.streams.serving(scene.leftovers.keep_clear):
        await anyio.sleep(1000)
        assert scene.reported("leftovers.not_cleared") == 0
        await scene.streams.topic()
        scene.mailboxes.failing = 1
        await anyio.sleep(10_000)
        seen = scene.mailboxes.found[MINE].seen
        assert seen is not None
        assert scene.now() - seen <= 150
        assert scene.reported("leftovers.not_cleared") == 1


def test_names_are_legal_and_tell_nothing_of_the_machine() -> None:
    """80 characters are all that a queue's name may have [documented]."""
    name = mailbox_name("p" * 50, WorkerId("h" * 300))
    assert len(name) <= 80
    assert "h" * 10 not in name.removeprefix("p" * 50)
