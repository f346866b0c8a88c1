"""Bots whose every reply can be traced to the turn that gave it, and whose state tells which turns were committed."""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

import anyio

from agent.clock import Clock, LoopClock
from agent.record import Timer
from agent.session.conversation import Contact, Overlap, Trigger, Turn
from agent.wire.content import ContentType, Role
from agent.wire.items import Item, Message

GREETING = "greeting"


@dataclass
class TracingBot:
    """Says `says` tagged replies per turn, working a while before each; keeps the turns it finished in its state.

    Attributes:
        mark: what this version of it writes behind every tag.
    """

    random: Random
    overlap: Overlap = Overlap.QUEUE
    says: int = 1
    work: float = 0.0
    checkpoints: bool = False
    fails: float = 0.0
    reminds: float = 0.0
    clock: Clock = field(default_factory=LoopClock)
    name: str = "tracing"
    mark: str = ""
    errors: list[Exception] = field(default_factory=list)

    def converse(self, contact: Contact) -> "TracingBot":
        return self

    def wants(self, item: Item) -> bool:
        return isinstance(item, Message) and item.sender.role == Role.CUSTOMER

    async def turn(self, turn: Turn) -> None:
        if turn.trigger is Trigger.JOINED:
            await turn.send(GREETING, content_type=ContentType.PLAIN)
        if turn.trigger is Trigger.ITEMS:
            await self._answer(turn)
        if turn.timer is not None:
            await turn.send(reminder(turn.timer.name), content_type=ContentType.PLAIN)
        self._remember(turn, self.says)

    async def failed(self, turn: Turn, error: Exception) -> None:
        self.errors.append(error)
        await turn.send(f"sorry {turn.items[-1].id}", content_type=ContentType.PLAIN)
        self._remember(turn, 0)

    async def aclose(self) -> None:
        """Nothing is held."""

    async def _answer(self, turn: Turn) -> None:
        for number in range(self.says):
            await anyio.sleep(self.work * self.random.random())
            await turn.send(tag(turn.items[-1].id, number) + self.mark, content_type=ContentType.PLAIN)
            if self.checkpoints:
                await turn.checkpoint()
        if Random(turn.items[-1].id).random() < self.fails:
            raise RuntimeError("the bot failed on purpose")
        if Random(turn.items[-1].id + "timer").random() < self.reminds:
            name = turn.items[-1].id
            turn.timers[name] = Timer(name=name, due=self.clock.now().timestamp() + 30)

    def _remember(self, turn: Turn, says: int) -> None:
        done: list[Any] = json.loads(turn.state or b"[]")
        ids = [item.id for item in turn.items]
        timer = turn.timer.name if turn.timer else None
        done.append({"trigger": turn.trigger.value, "items": ids, "says": says, "timer": timer})
        turn.state = json.dumps(done).encode()


def reminder(name: str) -> str:
    """The text of what a timer makes the bot say."""
    return f"about {name}"


def tag(item_id: str, number: int) -> str:
    """The text of the `number`-th reply to an item."""
    return f"re {item_id} {number}"
