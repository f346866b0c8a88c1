"""Mailboxes in memory, for the tests of whoever uses them: queues that can be filled, fail and be taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio

from agent.errors import QueueRefused, QueueUnreachable, StreamingError
from agent.ids import WorkerId
from agent.ports import FoundMailbox, Mailbox, QueueFacts, QueueMessage


@dataclass
class Box:
    """One topic and queue; `bodies` wait in it, and while it `keeps` them no delete succeeds."""

    worker: WorkerId | None
    seen: float | None
    bodies: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    failing: int = 0
    keeps: bool = False


@dataclass
class Queue:
    """A `QueuePort` on a box that may be gone."""

    boxes: InMemoryMailboxes
    name: str

    async def look(self) -> QueueFacts:
        return QueueFacts(name=self.name)

    async def receive(self, *, limit: int, wait: int, hide: int) -> Sequence[QueueMessage]:
        box = self.boxes.found.get(self.name)
        if box is None:
            raise QueueRefused("there is no such queue")
        if box.failing:
            box.failing -= 1
            raise QueueUnreachable("the queue does not answer")
        if not box.bodies:
            await anyio.sleep(wait)
        taken, box.bodies = box.bodies[:limit], box.bodies[limit:]
        return [QueueMessage(message_id=body, receipt=body, body=body) for body in taken]

    async def delete(self, receipts: Sequence[str]) -> None:
        if self.boxes.found[self.name].keeps:
            raise QueueUnreachable("the queue does not answer")
        self.boxes.found[self.name].deleted += receipts

    async def hide(self, receipts: Sequence[str], *, seconds: int) -> None:
        raise NotImplementedError


@dataclass
class InMemoryMailboxes:
    """A `MailboxPort`; `failing` is how many of the next calls fail."""

    found: dict[str, Box] = field(default_factory=dict)
    failing: int = 0
    opened: list[str] = field(default_factory=list)

    async def open(self, name: str, *, worker: WorkerId, born: float) -> Mailbox:
        await self._check()
        self.opened.append(name)
        self.found.setdefault(name, Box(worker, born))
        return Mailbox(topic=f"arn:aws:sns:eu-west-2:123456789012:{name}", queue=Queue(self, name))

    async def mark(self, name: str, *, now: float) -> None:
        await self._check()
        self.found[name].seen = now

    async def names(self, prefix: str) -> Sequence[str]:
        await self._check()
        return [name for name in self.found if name.startswith(prefix)]

    async def look(self, name: str) -> FoundMailbox | None:
        await self._check()
        box = self.found.get(name)
        return None if box is None else FoundMailbox(name=name, worker=box.worker, seen=box.seen)

    async def remove(self, name: str) -> None:
        await self._check()
        self.found.pop(name, None)

    async def _check(self) -> None:
        await anyio.lowlevel.checkpoint()
        if self.failing:
            self.failing -= 1
            raise StreamingError("SNS does not answer.")
