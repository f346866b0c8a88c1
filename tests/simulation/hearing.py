"""How the workers of a simulated cluster hear their chats, drawn from the seed: by websocket, by streaming, or `auto`.

The workers' own topics and queues, and their clearing up after each other, are the real ones over a simulated post.
Afterwards it is checked that each stream went where its chat went, and that nobody's topic was left behind.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from agent.clock import Clock
from agent.daemon.leftovers import Leftovers
from agent.daemon.streaming import StreamingSettings, WorkerStreams
from agent.emulator import Region
from agent.ids import InstanceId, WorkerId
from agent.ports import ContactStore
from agent.session.ways import Wanted, Way, Ways
from agent.telemetry import Report
from tests.simulation.mortal import Life
from tests.simulation.post import Counter, Post

PREFIX = "chat-agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What one seed wants.

    Attributes:
        wanted: the workers' setting.
        gives: what the instance has for its bots.
        leftovers_after: seconds after which a mailbox counts as left.
    """

    wanted: Wanted
    gives: Way
    leftovers_after: float

    @classmethod
    def of(cls, seed: int) -> "Drawn":
        random = Random(f"ingress {seed}")
        wanted: Wanted = random.choice(("websocket", "websocket", "streaming", "streaming", "auto"))
        gives = Way.WEBSOCKET if wanted == "websocket" else Way.STREAMING
        if wanted == "auto" and random.random() < 0.3:
            gives = Way.WEBSOCKET
        return cls(wanted=wanted, gives=gives, leftovers_after=random.choice((40.0, 200.0)))


class Hearing:
    """The ways in of all workers of one story."""

    def __init__(self, drawn: Drawn, region: Region, post: Post) -> None:
        self.drawn = drawn
        self._region = region
        self._post = post
        self._streams: dict[WorkerId, WorkerStreams] = {}
        self._ways: dict[WorkerId, Ways] = {}

    def of(
        self, worker: WorkerId, life: Life, clock: Clock, random: Random, report: Report
    ) -> tuple[WorkerStreams, Ways]:
        """What one worker's sessions are given."""
        self._streams[worker] = WorkerStreams(
            Counter(self._post, life),
            worker,
            settings=StreamingSettings(prefix=PREFIX, at_start=self.drawn.wanted == "streaming"),
            clock=clock,
            random=random,
            report=report,
        )
        self._ways[worker] = Ways(self.drawn.wanted, report=report)
        return self._streams[worker], self._ways[worker]

    @asynccontextmanager
    async def serving(
        self, worker: WorkerId, life: Life, store: ContactStore, clock: Clock, report: Report
    ) -> AsyncIterator[None]:
        """While open, its queue is read and what others left is cleared."""
        streams = self._streams[worker]
        leftovers = Leftovers(
            streams,
            Counter(self._post, life),
            store,
            prefix=PREFIX,
            after=self.drawn.leftovers_after,
            clock=clock,
            report=report,
        )
        async with streams.serving(leftovers.keep_clear):
            yield

    def astray(self, owners: Mapping[str, WorkerId]) -> list[str]:
        """Chats that do not stream to their owner's topic alone; by the websocket they stream nowhere."""
        return [
            f"{contact} of {owner} streams to {heard}"
            for contact, owner in owners.items()
            if (heard := self._listeners(contact)) != ([owner] if self._streams_to(owner, contact) else [])
        ]

    def _streams_to(self, owner: WorkerId, contact: str) -> bool:
        """Where the instance gives no websocket; bad weather may make a worker that tries it believe so."""
        believed = self._ways[owner].of(InstanceId(self._region.chat(contact).instance_id))
        return self.drawn.gives is Way.STREAMING or (self.drawn.wanted == "auto" and believed is Way.STREAMING)

    def _listeners(self, contact: str) -> list[WorkerId | str]:
        topics = [stream.endpoint_arn for stream in self._region.chat(contact).streams.values()]
        return [self._post.owner_of(topic) or f"nobody's {topic}" for topic in topics]

    def left(self, here: Collection[WorkerId]) -> list[str]:
        """Mailboxes of workers that are not `here`; none of which may stay while somebody has one of its own."""
        return [f"{box.worker} left its topic" for box in self._post.boxes.values() if box.worker not in here]

    def somebody_clears(self, here: Collection[WorkerId]) -> bool:
        """Whether one of those that are `here` has a mailbox, and so looks for others'."""
        return any(self._streams[worker].open for worker in here)

    def still_streaming(self, contacts: Collection[str]) -> list[str]:
        """Of those, the ones that tell a topic what is said in them."""
        return [f"{contact} streams on" for contact in contacts if self._region.chat(contact).streams]
