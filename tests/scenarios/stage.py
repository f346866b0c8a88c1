"""A whole chat on one machine: the local Amazon Connect, a worker's session over the real wire, and a customer.

Whatever a story needs is a verb here, so that the stories read as stories.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import anyio
from anyio.abc import TaskGroup

from agent.aws.settings import AwsSettings
from agent.aws.wiring import AwsPorts, aws_ports
from agent.clock import SystemClock
from agent.daemon.pacing import FreePacer
from agent.emulator import INSTANCE_ID, Emulator, Settings, emulate
from agent.ids import ContactId, ContactKey, WorkerId, instance_id
from agent.record import ContactRecord
from agent.session.conversation import Contact, Overlap, Trigger, Turn
from agent.session.session import Ending, Session
from agent.session.surroundings import Ports, SessionSettings
from agent.store.memory import MemoryStore
from agent.telemetry import Happening
from agent.wire.content import ContentType, Role
from agent.wire.items import Item, Message

PATIENCE = 15.0
WORKER = WorkerId("worker-1")


@dataclass
class ScriptedBot:
    """A bot of one function; by default it echoes. Keeps what it was given."""

    reply: Callable[[Turn, str], Awaitable[None]] | None = None
    greeting: str | None = None
    overlap: Overlap = Overlap.QUEUE
    name: str = "scripted"
    heard: list[str] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    left_with: list[Item] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    contact: Contact | None = None

    def converse(self, contact: Contact) -> ScriptedBot:
        self.contact = contact
        return self

    def wants(self, item: Item) -> bool:
        return isinstance(item, Message) and item.sender.role == Role.CUSTOMER

    async def turn(self, turn: Turn) -> None:
        self.triggers.append(turn.trigger)
        if turn.trigger is Trigger.JOINED and self.greeting:
            await turn.send(self.greeting, content_type=ContentType.PLAIN)
        if turn.trigger is Trigger.LEFT:
            self.left_with = list(turn.items)
        if turn.trigger is Trigger.ITEMS:
            await self._answer(turn)

    async def _answer(self, turn: Turn) -> None:
        text = "\n".join(item.text for item in turn.items if isinstance(item, Message))
        self.heard.append(text)
        if self.reply is not None:
            await self.reply(turn, text)
        else:
            await turn.send(text, content_type=ContentType.PLAIN)

    async def failed(self, turn: Turn, error: Exception) -> None:
        self.failures.append(error)
        await turn.send("Sorry, that went wrong.", content_type=ContentType.PLAIN)

    async def aclose(self) -> None:
        """Nothing is held."""


@dataclass
class Customer:
    """The other side of one chat, and what can be seen of it."""

    connect: Emulator
    contact_id: str
    participant_token: str
    token: str

    def says(self, text: str, content_type: str = "text/plain") -> str:
        params = {"ContentType": content_type, "Content": text}
        return str(self.connect.call("SendMessage", params, bearer=self.token)["Id"])

    def types(self) -> None:
        content_type = "application/vnd.amazonaws.connect.event.typing"
        self.connect.call("SendEvent", {"ContentType": content_type}, bearer=self.token)

    def leaves(self) -> None:
        self.connect.call("DisconnectParticipant", {}, bearer=self.token)

    def bot_lines(self) -> list[str]:
        """What the bot has said, in the order of the transcript."""
        return [item["Content"] for item in self._messages() if item["ParticipantRole"] == "CUSTOM_BOT"]

    def events(self) -> list[tuple[str, str | None]]:
        items = self.connect.transcript(self.contact_id)
        return [
            (item["ContentType"].rpartition("event.")[2], item.get("ParticipantRole"))
            for item in items
            if item["Type"] == "EVENT"
        ]

    async def sees(self, *lines: str) -> None:
        """The bot has said exactly `lines`, sooner or later."""
        await eventually(lambda: self.bot_lines() == list(lines), lambda: f"{self.bot_lines()} is not {list(lines)}")

    def _messages(self) -> list[dict[str, Any]]:
        return [item for item in self.connect.transcript(self.contact_id) if item["Type"] == "MESSAGE"]


async def eventually(
    condition: Callable[[], bool], otherwise: Callable[[], str] = lambda: "it never came true"
) -> None:
    """Returns as soon as `condition` holds; fails with `otherwise` when it does not for a long time."""
    with anyio.move_on_after(PATIENCE):
        while not condition():
            await anyio.sleep(0.005)
        return
    raise AssertionError(otherwise())


@dataclass
class Stage:
    """Everything a story needs.

    Attributes:
        happenings: all that the sessions reported.
        endings: how sessions ended, in order.
    """

    connect: Emulator
    aws: AwsPorts
    store: MemoryStore
    group: TaskGroup
    settings: SessionSettings
    happenings: list[Happening] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)

    def ports(self) -> Ports:
        return Ports(
            connect=self.aws.connect,
            participant=self.aws.participant,
            sockets=self.aws.sockets,
            store=self.store,
            pacer=FreePacer(),
            clock=SystemClock(),
            random=Random(1),
            report=self.happenings.append,
        )

    def customer(self, **chat: Any) -> Customer:
        """A customer whose chat has begun; the flow waits for a bot."""
        started = self.connect.start_chat(connected=True, **chat)
        wanted = {"Type": ["CONNECTION_CREDENTIALS"]}
        answer = self.connect.call("CreateParticipantConnection", wanted, bearer=started["ParticipantToken"])
        token = answer["ConnectionCredentials"]["ConnectionToken"]
        return Customer(self.connect, started["ContactId"], started["ParticipantToken"], token)

    async def session(self, contact_id: str, bot: Any, **settings: Any) -> Session:
        """A session for the contact, claimed but not running."""
        key = ContactKey(instance_id(INSTANCE_ID), ContactId(contact_id))
        fresh = ContactRecord(key=key, bot=bot.name, display_name="Helper")
        await self.store.heartbeat(WORKER, ttl=3600)
        record = await self.store.claim(fresh, owner=WORKER)
        chosen = {**_values(self.settings), **settings}
        return Session(record, bot, ports=self.ports(), settings=SessionSettings(**chosen))

    async def joins(self, customer: Customer, bot: Any, **settings: Any) -> Session:
        """A session that runs in the background, joined."""
        session = await self.session(customer.contact_id, bot, **settings)
        self.group.start_soon(self._run, session)
        await eventually(lambda: self.reported("link.subscribed") or bool(self.endings))
        return session

    async def ended(self) -> Ending:
        """How the one session ended."""
        await eventually(lambda: bool(self.endings))
        return self.endings[-1]

    def reported(self, name: str) -> bool:
        return any(happening.name == name for happening in self.happenings)

    async def _run(self, session: Session) -> None:
        self.endings.append(await session.run())


def _values(settings: SessionSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in SessionSettings.__dataclass_fields__}


@asynccontextmanager
async def stage(**emulator: Any) -> AsyncIterator[Stage]:
    """A stage, struck when left: every session is cancelled, every socket closed."""
    settings = SessionSettings(reorder_window=0.0, typing_after=None)
    async with (
        emulate(settings=Settings(**emulator)) as connect,
        aws_ports(AwsSettings(region="us-east-1", endpoint_url=connect.url)) as aws,
        anyio.create_task_group() as group,
    ):
        yield Stage(connect, aws, MemoryStore(SystemClock()), group, settings)
        group.cancel_scope.cancel()
