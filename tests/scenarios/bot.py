"""A bot for stories: one function, and everything it was given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from agent.session.conversation import Contact, Overlap, Trigger, Turn
from agent.wire.content import ContentType, Role
from agent.wire.items import Item, Message


@dataclass
class ScriptedBot:
    """A bot of one function; by default it echoes. Keeps what it was given."""

    reply: Callable[[Turn, str], Awaitable[None]] | None = None
    greeting: str | None = None
    overlap: Overlap = Overlap.QUEUE
    name: str = "scripted"
    on_timer: Callable[[Turn], Awaitable[None]] | None = None
    heard: list[str] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    left_with: list[Item] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    contact: Contact | None = None
    noted: Callable[[], None] = lambda: None

    def converse(self, contact: Contact) -> ScriptedBot:
        self.contact = contact
        return self

    def wants(self, item: Item) -> bool:
        return isinstance(item, Message) and item.sender.role == Role.CUSTOMER

    async def turn(self, turn: Turn) -> None:
        self.triggers.append(turn.trigger)
        self.noted()
        if turn.trigger is Trigger.JOINED and self.greeting:
            await turn.send(self.greeting, content_type=ContentType.PLAIN)
        if turn.trigger is Trigger.LEFT:
            self.left_with = list(turn.items)
        if turn.trigger is Trigger.TIMER and self.on_timer is not None:
            await self.on_timer(turn)
        if turn.trigger is Trigger.ITEMS:
            await self._answer(turn)

    async def _answer(self, turn: Turn) -> None:
        text = "\n".join(item.text for item in turn.items if isinstance(item, Message))
        self.heard.append(text)
        self.noted()
        if self.reply is not None:
            await self.reply(turn, text)
        else:
            await turn.send(text, content_type=ContentType.PLAIN)

    async def failed(self, turn: Turn, error: Exception) -> None:
        self.failures.append(error)
        await turn.send("Sorry, that went wrong.", content_type=ContentType.PLAIN)

    async def aclose(self) -> None:
        """Nothing is held."""
