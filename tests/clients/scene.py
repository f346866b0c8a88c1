"""A scene: the emulator, a customer's page with ChatJS on a chat of it, and the other parties through aiobotocore.

Everything runs on one event loop, so a test may look into the emulator and act as the service or the network would.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
from playwright.async_api import Browser

from agent.emulator import Emulator, Settings, emulate
from agent.emulator.connection import Connection
from agent.emulator.timeline import Entry
from tests.clients.amazon import INTERACTIVE
from tests.clients.party import Parties, Party, parties
from tests.clients.visitor import ESTABLISHED, Visitor, visiting

RICH = ["text/plain", "text/markdown", "application/json", INTERACTIVE, f"{INTERACTIVE}.response"]
GREETING = "Welcome to Amazon Connect on localhost."
FIRST = [ESTABLISHED, ESTABLISHED, "onMessage participant.joined", f"onMessage {GREETING}"]


@dataclass(kw_only=True)
class Scene:
    """A chat with a visitor on it, the emulator behind, and whoever else comes."""

    visitor: Visitor
    emulator: Emulator
    people: Parties
    chat: dict[str, Any]

    @property
    def contact_id(self) -> str:
        """The chat's ContactId."""
        return str(self.chat["ContactId"])

    def sockets(self) -> int:
        """How many websockets the customer has open."""
        return len(self.emulator.region.chat(self.contact_id).customer.connections)

    def listening(self) -> int:
        """How many of them are subscribed."""
        connections = self.emulator.region.chat(self.contact_id).customer.connections
        return sum(1 for connection in connections if connection.subscribed)

    def line(self) -> Connection:
        """The customer's one websocket, as the emulator holds it."""
        (connection,) = self.emulator.region.chat(self.contact_id).customer.connections
        return connection

    def replaced(self, old: Connection) -> bool:
        """Whether another socket has taken the place of `old`, which is closed."""
        return old.closed and self.sockets() == self.listening() == 1

    def at_once(self, party: Party, text: str) -> None:
        """A message without any detour over HTTP: before the page can do anything about what just happened."""
        self.emulator.call("SendMessage", {"ContentType": "text/plain", "Content": text}, bearer=party.token)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so for the emulator: looked at whenever something happens there."""
        happened = anyio.Event()

        def look(entry: Entry) -> None:
            if condition():
                happened.set()

        self.emulator.timeline.followers.append(look)
        try:
            with anyio.fail_after(20):
                while not condition():
                    await happened.wait()
        finally:
            self.emulator.timeline.followers.remove(look)

    async def bot(self) -> Party:
        """A bot joins, and the visitor sees it."""
        bot = await self.people.bot(self.contact_id)
        await self.visitor.sees("onMessage", "participant.joined")
        return bot


@asynccontextmanager
async def scene(browser: Browser, site: str, *, transcript: bool = False, **settings: Any) -> AsyncIterator[Scene]:
    """A customer's page on a new chat, greeted by the flow; `transcript` lets ChatJS keep one by itself."""
    chosen = Settings(**{"validate_answers": True, **settings})
    async with (
        emulate(settings=chosen) as emulator,
        parties(emulator.url, certificate=emulator.certificate) as people,
    ):
        chat = await people.starts(SupportedMessagingContentTypes=RICH)
        async with visiting(browser, emulator.url, site) as visitor:
            await visitor.comes(chat, transcript=transcript)
            await visitor.sees("onMessage", GREETING)
            await visitor.is_subscribed()
            yield Scene(visitor=visitor, emulator=emulator, people=people, chat=chat)
