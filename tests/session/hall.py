"""One session in memory and in virtual time: the local region behind the real ports, and everything that can go wrong.

Deterministic to the last frame, hours in milliseconds. `virtual` turns a story into a test.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import anyio
from anyio.abc import TaskGroup

from agent.aws.connect import BotoConnect
from agent.aws.participant import BotoParticipant
from agent.clock import LoopClock
from agent.daemon.pacing import FreePacer
from agent.emulator import INSTANCE_ID, Desk, Operations, Region, Settings
from agent.emulator.driver import Driver
from agent.emulator.faults import CallFault, SocketFault, Weather
from agent.ids import ContactId, ContactKey, WorkerId, instance_id
from agent.ports import Operation, Pacer
from agent.record import ContactRecord
from agent.session.session import Ending, Session
from agent.session.surroundings import Ports, SessionSettings
from agent.session.ways import NoStreams, Wanted, Way, Ways
from agent.store.memory import MemoryStore
from agent.telemetry import Happening
from agent.testing.inmemory import InMemoryCalls, InMemorySockets
from agent.testing.streaming import InMemoryTopics
from agent.testing.virtual import run_virtually
from tests.unseen import heeding

WORKER = WorkerId("worker")
INGRESS: list[Way] = [Way.WEBSOCKET]
"""The way in of halls that do not say; the fixture of the marker ``both_ways`` changes it."""
OTHER = WorkerId("other worker")
TYPING = "application/vnd.amazonaws.connect.event.typing"


def virtual(story: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """The story as an ordinary test, run in virtual time; whatever it leaves running, or raises unseen, fails it."""

    @functools.wraps(story)
    def test() -> None:
        run_virtually(_alone(story()))

    del test.__wrapped__  # type: ignore[attr-defined]  # pytest would take the coroutine function for the test
    return test


async def _alone(story: Coroutine[Any, Any, None]) -> None:
    await heeding(story)
    assert asyncio.all_tasks() == {asyncio.current_task()}


class Script(Weather):
    """Faults as a story wants them: `faults` by operation, taken one after the other."""

    def __init__(self, region: Region) -> None:
        super().__init__(timers=region.timers, clock=region.clock, timeline=region.timeline)
        self.calm = False
        self.faults: dict[str, list[CallFault | None]] = {}
        self.upgrades: list[SocketFault | None] = []
        self.subscriptions: list[SocketFault | None] = []
        self.deaf = False
        self.lost: Callable[[str], bool] = lambda text: False

    def call(self, operation: str, contact_id: str | None, caller: str | None = None) -> CallFault | None:
        waiting = self.faults.get(operation)
        return waiting.pop(0) if waiting else None

    def upgrade(self, participant_id: str) -> SocketFault | None:
        return self.upgrades.pop(0) if self.upgrades else None

    def subscribe(self, participant_id: str) -> SocketFault | None:
        return self.subscriptions.pop(0) if self.subscriptions else None

    def heartbeat(self, participant_id: str, topic: str) -> SocketFault | None:
        return SocketFault(ignore=True) if self.deaf else None

    def frame(self, participant_id: str, text: str, deliver: Callable[[str], None]) -> None:
        if not self.deaf and not self.lost(text):
            deliver(text)


class CountedCalls:
    """Passes calls on, and keeps their names and members."""

    def __init__(self, operations: Operations, latency: float) -> None:
        self._calls = InMemoryCalls(operations, latency=lambda: latency)
        self.made: list[tuple[str, dict[str, Any]]] = []

    async def __call__(self, operation: Operation, **members: Any) -> Any:
        self.made.append((operation.value, members))
        return await self._calls(operation, **members)

    def named(self, operation: str) -> list[dict[str, Any]]:
        return [members for name, members in self.made if name == operation]


@dataclass
class Hall:
    """Everything a story needs.

    Attributes:
        weather: what is to go wrong.
        calls: every call that the session made.
        happenings: all that it reported.
        endings: how sessions ended, or what they raised, in order.
    """

    region: Region
    operations: Operations
    weather: Script
    calls: CountedCalls
    sockets: InMemorySockets
    topics: InMemoryTopics
    store: MemoryStore
    clock: LoopClock
    group: TaskGroup
    pacer: Pacer = field(default_factory=FreePacer)
    store_owner: WorkerId = WORKER
    happenings: list[Happening] = field(default_factory=list)
    endings: list[Ending | Exception] = field(default_factory=list)
    way: Way = Way.WEBSOCKET
    wanted: Wanted | None = None
    without_topics: bool = False
    failing_topics: int = 0
    sessions: list[Session] = field(default_factory=list)
    _ways: Ways | None = None
    contact_id: str = ""
    customer_token: str = ""

    def chat_begins(self, flow_id: str = "default", **more: Any) -> None:
        """A customer's chat; its flow waits for a bot."""
        details = {"DisplayName": "Ana"}
        params = {"InstanceId": INSTANCE_ID, "ContactFlowId": flow_id, "ParticipantDetails": details, **more}
        started = self.operations.call("StartChatContact", params)
        wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        answer = self.operations.call("CreateParticipantConnection", wanted, bearer=started["ParticipantToken"])
        self.contact_id = started["ContactId"]
        self.customer_token = answer["ConnectionCredentials"]["ConnectionToken"]

    def says(self, text: str) -> str:
        """The customer says something; its item's id."""
        params = {"ContentType": "text/plain", "Content": text}
        return str(self.operations.call("SendMessage", params, bearer=self.customer_token)["Id"])

    def types(self) -> None:
        self.operations.call("SendEvent", {"ContentType": TYPING}, bearer=self.customer_token)

    def customer_leaves(self) -> None:
        self.operations.call("DisconnectParticipant", {}, bearer=self.customer_token)

    @property
    def desk(self) -> Desk:
        return Desk(self.region)

    def lines(self) -> list[str]:
        """What the bot has said."""
        items = self.region.chat(self.contact_id).transcript.items
        return [item["Content"] for item in items if item.get("ParticipantRole") == "CUSTOM_BOT" and "Content" in item]

    def key(self) -> ContactKey:
        return ContactKey(instance_id(INSTANCE_ID), ContactId(self.contact_id))

    async def session(self, bot: Any, *, owner: WorkerId = WORKER, **settings: Any) -> Session:
        """A session of the contact, running in the background."""
        await self.store.heartbeat(owner, ttl=1e9)
        fresh = ContactRecord(key=self.key(), bot=bot.name, display_name="Helper")
        record = await self.store.claim(fresh, owner=owner)
        chosen = SessionSettings(**{"typing_after": None, "reorder_window": 0.0, **settings})
        session = Session(record, bot, ports=self.ports(owner), settings=chosen)
        self.sessions.append(session)
        self.group.start_soon(self._run, session)
        return session

    async def joins(self, bot: Any, **settings: Any) -> Session:
        """As `session`, and the bot has been through its first turn."""
        session = await self.session(bot, **settings)
        await self.passes(5)
        return session

    def ports(self, owner: WorkerId = WORKER) -> Ports:
        streams = self.topics.of(owner.replace(" ", "-"))
        streams.failing = self.failing_topics
        return Ports(
            connect=BotoConnect(self.calls),
            participant=BotoParticipant(self.calls),
            sockets=self.sockets,
            store=self.store,
            pacer=self.pacer,
            clock=self.clock,
            random=Random(1),
            report=self.happenings.append,
            streams=NoStreams() if self.without_topics else streams,
            ways=self.ways(),
        )

    def ways(self) -> Ways:
        """What all chats of the process share."""
        self._ways = self._ways or Ways(self.wanted or self.way.value, report=self.happenings.append)
        return self._ways

    async def passes(self, seconds: float) -> None:
        """Virtual time passes."""
        await anyio.sleep(seconds)

    async def record(self) -> ContactRecord:
        record = await self.store.load(self.key())
        assert record is not None
        return record

    def reported(self, name: str) -> list[Happening]:
        return [happening for happening in self.happenings if happening.name == name]

    def bot_hears(self, item: dict[str, Any]) -> None:
        """A frame, or a notification, with `item` reaches the bot, whatever the chat knows of it."""
        self.topics.publish(self.region.chat(self.contact_id), json.dumps(item))
        frame = {"topic": "aws/chat", "contentType": "application/json", "content": json.dumps(item)}
        for each in self.region.chat(self.contact_id).participants.values():
            if each.role.value == "CUSTOM_BOT":
                for connection in each.connections:
                    connection.send(json.dumps(frame))

    def connections(self) -> int:
        """How many sockets the bot has open, as Amazon Connect sees it."""
        participants = self.region.chat(self.contact_id).participants.values()
        return sum(len(each.connections) for each in participants if each.role.value == "CUSTOM_BOT")

    def close_sockets(self, code: int = 1006) -> None:
        for each in self.region.chat(self.contact_id).participants.values():
            for connection in list(each.connections):
                connection.close(code)

    def streams(self) -> list[str]:
        """The topics to which Amazon Connect streams the chat."""
        return [each.endpoint_arn.rpartition(":")[2] for each in self.region.chat(self.contact_id).streams.values()]

    def deafen(self) -> None:
        """Whatever is streamed to the workers that are here is lost."""
        for each in self.topics.workers:
            each.deaf = True

    def doubt(self) -> None:
        """The workers' queues had trouble."""
        for each in self.topics.workers:
            each.switchboard.doubt()

    def customer_renews(self) -> None:
        """The customer's page gets itself a new connection token, as it does in time."""
        people = self.region.chat(self.contact_id).participants.values()
        bearer = next(each.token for each in people if each.role.value == "CUSTOMER")
        answer = self.operations.call(
            "CreateParticipantConnection", {"Type": ["CONNECTION_CREDENTIALS"]}, bearer=bearer
        )
        self.customer_token = answer["ConnectionCredentials"]["ConnectionToken"]

    def expire_tokens(self) -> None:
        """Every connection token stops working now."""
        self.desk.expire_tokens(self.contact_id)

    async def _run(self, session: Session) -> None:
        try:
            self.endings.append(await session.run())
        except Exception as error:  # what it raised is the story's to judge
            self.endings.append(error)


@asynccontextmanager
async def hall(
    *, latency: float = 0.01, way: Way | None = None, wanted: Wanted | None = None, **emulator: Any
) -> AsyncIterator[Hall]:
    """An open hall with a chat in it; struck when left. `wanted` is the setting, by default just the `way`."""
    way = way or INGRESS[0]
    emulator.setdefault("bot_may_use_websocket", way is Way.WEBSOCKET)
    clock = LoopClock()
    region = Region(settings=Settings(timeline_length=0, seed=7, **emulator), clock=clock, random=Random(7))
    operations = Operations(region)
    weather = region.weather = Script(region)
    driver = Driver(region)
    driver.start()
    told = False
    async with anyio.create_task_group() as group:
        scene = Hall(
            region=region,
            operations=operations,
            weather=weather,
            calls=CountedCalls(operations, latency),
            sockets=InMemorySockets(region, latency=lambda: latency),
            topics=InMemoryTopics(region, copies=lambda: (latency,)),
            way=way,
            wanted=wanted,
            store=MemoryStore(clock),
            clock=clock,
            group=group,
        )
        scene.chat_begins()
        yield scene
        told = True
        group.cancel_scope.cancel()
    driver.stop()
    assert told, "a session was cancelled by nobody, and the story with it"
    assert scene.sockets.open == 0
