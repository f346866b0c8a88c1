"""SNS and SQS of a simulated cluster: topics and queues that outlive whoever made them.

What a region streams to a topic waits in its queue, whether or not somebody reads there; copies arrive in any order, a
batch that was not deleted is seen again, and calls fail when the weather says so. Nobody but the workers takes a
mailbox away. It knows no worker and no session.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import anyio

from agent.emulator import Region
from agent.emulator.happenings import Happening, ItemPublished
from agent.emulator.notices import sns_notification
from agent.errors import QueueRefused, QueueUnreachable, StreamingError
from agent.ids import WorkerId
from agent.ports import FoundMailbox, Mailbox, QueueFacts, QueueMessage
from tests.simulation.mortal import Life

BETWEEN_FAILURES = 2.0
"""Seconds between two failures of one worker's calls to its queue."""
_TOPIC = "arn:aws:sns:us-east-1:123456789012:"


@dataclass(eq=False)
class Box:
    """One topic and its queue."""

    worker: WorkerId
    seen: float
    waiting: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    news: anyio.Event = field(default_factory=anyio.Event)

    def put(self, receipt: str, body: str) -> None:
        self.waiting[receipt] = body
        self.news.set()
        self.news = anyio.Event()

    def take(self, limit: int) -> dict[str, str]:
        taken = dict(list(self.waiting.items())[:limit])
        for receipt, body in taken.items():
            del self.waiting[receipt]
            self.hidden[receipt] = body
        return taken

    def show(self, receipts: Sequence[str]) -> None:
        """What is still there of them was not deleted in time."""
        for receipt in receipts:
            if receipt in self.hidden:
                self.put(receipt, self.hidden.pop(receipt))


class Post:
    """All mailboxes of a region.

    Attributes:
        boxes: those that are there, by name.
    """

    def __init__(
        self,
        region: Region,
        *,
        copies: Callable[[], Sequence[float]],
        latency: Callable[[], float],
        bad: Callable[[], bool],
    ) -> None:
        """
        Args:
            copies: after how many seconds each copy of a notification arrives.
            bad: whether the next call fails.
        """
        self.boxes: dict[str, Box] = {}
        self.region = region
        self.latency = latency
        self.bad = bad
        self._copies = copies
        self._count = 0
        region.listeners.append(self._follow)

    def owner_of(self, topic: str) -> WorkerId | None:
        """Whose topic that is."""
        box = self.boxes.get(topic.removeprefix(_TOPIC))
        return box.worker if box else None

    def _follow(self, happening: Happening) -> None:
        if isinstance(happening, ItemPublished):
            for stream in happening.chat.streams.values():
                body = json.dumps(sns_notification(happening, stream))
                name = stream.endpoint_arn.removeprefix(_TOPIC)
                for delay in self._copies():
                    self._count += 1
                    self.region.after(delay, partial(self._deliver, name, f"{self._count}", body))

    def _deliver(self, name: str, receipt: str, body: str) -> None:
        if (box := self.boxes.get(name)) is not None:
            box.put(receipt, body)


class Counter:
    """A `MailboxPort` of one mortal worker."""

    def __init__(self, post: Post, life: Life) -> None:
        self._post = post
        self._life = life
        self._failed_at = -BETWEEN_FAILURES

    async def open(self, name: str, *, worker: WorkerId, born: float) -> Mailbox:
        await self._asked()
        self._post.boxes.setdefault(name, Box(worker, born))
        return Mailbox(topic=_TOPIC + name, queue=Queue(self, name))

    async def mark(self, name: str, *, now: float) -> None:
        await self._asked()
        if name not in self._post.boxes:
            raise StreamingError("There is no such queue.", passing=False)
        self._post.boxes[name].seen = now

    async def names(self, prefix: str) -> Sequence[str]:
        await self._asked()
        return [name for name in self._post.boxes if name.startswith(prefix)]

    async def look(self, name: str) -> FoundMailbox | None:
        await self._asked()
        box = self._post.boxes.get(name)
        return FoundMailbox(name=name, worker=box.worker, seen=box.seen) if box else None

    async def remove(self, name: str) -> None:
        await self._asked()
        self._post.boxes.pop(name, None)

    async def received(self, name: str) -> Box:
        """The box of that name, for its queue.

        While one of the two readers waits because of a failure, the other has none: together they would keep an item
        back for longer than anybody waits for it, and nobody promises its order then.
        """
        now = anyio.current_time()
        trouble = QueueUnreachable("SQS does not answer.") if now - self._failed_at > BETWEEN_FAILURES else None
        await self._life.call(partial(self._on_the_way, trouble))
        if (box := self._post.boxes.get(name)) is None:
            raise QueueRefused("There is no such queue.")
        return box

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """The queue does it then."""
        self._post.region.after(seconds, action)

    async def _asked(self) -> None:
        await self._life.call(partial(self._on_the_way, StreamingError("SNS does not answer.")))

    async def _on_the_way(self, trouble: Exception | None) -> None:
        await anyio.sleep(self._post.latency())
        if trouble and self._post.bad():
            self._failed_at = anyio.current_time()
            raise trouble


@dataclass(eq=False)
class Queue:
    """A `QueuePort` on a box that may be gone."""

    counter: Counter
    name: str

    async def look(self) -> QueueFacts:
        return QueueFacts(name=self.name)

    async def receive(self, *, limit: int, wait: int, hide: int) -> Sequence[QueueMessage]:
        box = await self.counter.received(self.name)
        with anyio.move_on_after(wait):
            while not box.waiting:
                await box.news.wait()
        taken = (await self.counter.received(self.name)).take(limit)
        self.counter.after(hide, partial(box.show, list(taken)))
        return [QueueMessage(message_id=receipt, receipt=receipt, body=body) for receipt, body in taken.items()]

    async def delete(self, receipts: Sequence[str]) -> None:
        box = await self.counter.received(self.name)
        for receipt in receipts:
            box.hidden.pop(receipt, None)

    async def hide(self, receipts: Sequence[str], *, seconds: int) -> None:
        raise NotImplementedError
