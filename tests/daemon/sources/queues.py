"""A queue in memory with SQS's rules, on the loop's own time: at least once, hidden for a while, shown again."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio

from agent.ports import QueueFacts, QueueMessage


@dataclass
class Message:
    body: str
    visible_at: float = 0.0
    receives: int = 0
    receipt: str = ""


@dataclass
class MemoryQueue:
    """A `QueuePort`.

    Attributes:
        failing: raised by every call while it is set.
        calls: what was asked, in order, without polls that brought nothing.
        limits: how many messages each poll asked for.
    """

    put_aside_after: int | None = 3
    failing: Exception | None = None
    messages: list[Message] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)

    def put(self, body: str) -> Message:
        message = Message(body=body)
        self.messages.append(message)
        return message

    def visible(self) -> list[Message]:
        return [message for message in self.messages if message.visible_at <= anyio.current_time()]

    async def look(self) -> QueueFacts:
        self._told("look")
        return QueueFacts(name="offers", put_aside_after=self.put_aside_after)

    async def receive(self, *, limit: int, wait: int, hide: int) -> Sequence[QueueMessage]:
        self.limits.append(limit)
        until = anyio.current_time() + wait
        while True:
            if self.failing:
                raise self.failing
            if found := self.visible()[:limit]:
                self._told(f"receive {len(found)}")
                return [self._handed_out(message, hide) for message in found]
            if anyio.current_time() >= until:
                return []
            await anyio.sleep(1)

    async def delete(self, receipts: Sequence[str]) -> None:
        self._told(f"delete {len(receipts)}")
        self.messages = [message for message in self.messages if message.receipt not in receipts]

    async def hide(self, receipts: Sequence[str], *, seconds: int) -> None:
        self._told(f"hide {len(receipts)} for {seconds}")
        for message in self.messages:
            if message.receipt in receipts:
                message.visible_at = anyio.current_time() + seconds

    def _told(self, call: str) -> None:
        self.calls.append(call)
        if self.failing:
            raise self.failing

    def _handed_out(self, message: Message, hide: int) -> QueueMessage:
        message.receives += 1
        message.visible_at = anyio.current_time() + hide
        message.receipt = f"{id(message)}.{message.receives}"
        return QueueMessage(
            message_id=str(id(message)), receipt=message.receipt, body=message.body, receives=message.receives
        )
