"""A whole chat on one machine: the local Amazon Connect, a worker's session over the real wire, and a customer.

Whatever a story needs is a verb here, so that the stories read as stories. No story sleeps: time that must pass, passes
at the service.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import anyio
from anyio.abc import TaskGroup

from agent.aws.settings import AwsSettings
from agent.aws.streams import aws_mailboxes
from agent.aws.wiring import AwsPorts, aws_ports
from agent.clock import SystemClock
from agent.daemon.pacing import FreePacer
from agent.daemon.streaming import StreamingSettings, WorkerStreams
from agent.emulator import INSTANCE_ID, Emulator, Rule, Settings, Sink, emulate, read_flow
from agent.emulator.participants import Role
from agent.emulator.timeline import Entry
from agent.ids import ContactId, ContactKey, WorkerId, instance_id
from agent.ports import StreamPort
from agent.record import ContactRecord
from agent.session.session import Ending, Session
from agent.session.surroundings import Ports, SessionSettings
from agent.session.ways import NoStreams, Ways
from agent.store.memory import MemoryStore
from agent.telemetry import Happening
from agent.wire.timings import LinkTimings
from tests.scenarios.bot import ScriptedBot
from tests.scenarios.customer import Customer
from tests.scenarios.pulse import Pulse

__all__ = ["Customer", "ScriptedBot", "Stage", "stage"]

WORKER = WorkerId("worker-1")
CALM = LinkTimings(heartbeat_interval=60.0)
"""A busy machine is no dead socket."""
HASTY = LinkTimings(heartbeat_interval=60.0, refresh_margin=59.8, shortest_lifetime=0.0)
"""With sockets or tokens that live 60 s: each is replaced after a moment, long before it expires."""
STREAMED_BY: list[str | None] = [None]
"""The address of the SNS and SQS that chats are streamed through; None: they are heard by the websocket. The fixture of
the marker ``both_ways`` changes it."""
PATIENT_SOCKETS: dict[str, Any] = {"socket_idle_timeout": None, "socket_lifetime": 1e7}
"""For stories in which time leaps at the service, but no socket is to notice."""


@dataclass
class Stage:
    """Everything a story needs.

    Attributes:
        happenings: all that the sessions reported.
        endings: how sessions ended, or what they raised, in order.
    """

    connect: Emulator
    aws: AwsPorts
    store: MemoryStore
    group: TaskGroup
    settings: SessionSettings
    pulse: Pulse
    streams: StreamPort
    happenings: list[Happening] = field(default_factory=list)
    endings: list[Ending | Exception] = field(default_factory=list)
    report: Callable[[Happening], None] | None = None

    # ------------------------------------------------------------------------------------ who plays

    def customer(self, **chat: Any) -> Customer:
        """A customer whose chat has begun; the flow waits for a bot."""
        started = self.connect.start_chat(**{"connected": True, **chat})
        wanted = {"Type": ["CONNECTION_CREDENTIALS"]}
        answer = self.connect.call("CreateParticipantConnection", wanted, bearer=started["ParticipantToken"])
        token = answer["ConnectionCredentials"]["ConnectionToken"]
        return Customer(self.connect, self.pulse, started["ContactId"], started["ParticipantToken"], token)

    def in_newest_segment(self, customer: Customer) -> Customer:
        """The same customer, known by the ContactId that the chat has now."""
        return replace(customer, contact_id=self.connect.region.chat(customer.contact_id).contact_id)

    async def session(self, contact_id: str, bot: ScriptedBot, **settings: Any) -> Session:
        """A session for the contact, claimed but not running."""
        fresh = ContactRecord(key=key(contact_id), bot=bot.name, display_name="Helper")
        await self.store.heartbeat(WORKER, ttl=3600)
        record = await self.store.claim(fresh, owner=WORKER)
        bot.noted = self.pulse.beat
        return Session(record, bot, ports=self.ports(), settings=replace(self.settings, **settings))

    async def starts(self, customer: Customer, bot: ScriptedBot, **settings: Any) -> Run:
        """A session that runs in the background, wherever it has come to."""
        run = Run(await self.session(customer.contact_id, bot, **settings))
        self.group.start_soon(self._run, run)
        return run

    async def joins(self, customer: Customer, bot: ScriptedBot, **settings: Any) -> Run:
        """A session that runs in the background: subscribed and all of the transcript read, or ended."""
        read, ended = len(self.reports("transcript.read", customer)), len(self.endings)
        run = await self.starts(customer, bot, **settings)
        await self.until(lambda: len(self.reports("transcript.read", customer)) > read or len(self.endings) > ended)
        return run

    async def ended(self) -> Ending | Exception:
        """How the session that ended last did."""
        await self.until(lambda: bool(self.endings), lambda: "the session never ended")
        return self.endings[-1]

    async def crashes(self, run: Run) -> None:
        """The session's process dies where it stands."""
        run.life.cancel()
        await run.over.wait()

    # -------------------------------------------------------------------------------- what happens

    def weather(self, *rules: Rule) -> None:
        """From now on the weather is like that."""
        self.connect.weather.set(rules)

    def passes(self, seconds: float) -> None:
        """So much time passes at the service, at once."""
        self.connect.region.leap(seconds)

    def when(self, kind: str, name: str, action: Callable[[], object], *, times: int = 1) -> None:
        """Does `action` at the very moment at which the service notes such an entry, at the next `times` of them."""
        moments = iter(range(times))

        def follow(entry: Entry) -> None:
            if (entry.kind, entry.name) == (kind, name) and next(moments, None) is not None:
                action()

        self.connect.timeline.followers.append(follow)

    def loses_socket(self, customer: Customer) -> None:
        """The bot's websocket breaks, without a close frame."""
        self.connect.close_sockets(customer.contact_id, 1006, role=Role.CUSTOM_BOT)

    # ------------------------------------------------------------------------------- what is seen

    async def until(
        self, condition: Callable[[], bool], otherwise: Callable[[], str] = lambda: "it never came true"
    ) -> None:
        """As `Pulse.until`."""
        await self.pulse.until(condition, otherwise)

    def reports(self, name: str, customer: Customer | None = None) -> list[Happening]:
        """What the sessions reported under `name`, in this customer's chat if given."""
        wanted = None if customer is None else key(customer.contact_id)
        return [each for each in self.happenings if each.name == name and wanted in (None, each.contact)]

    def calls(self, operation: str) -> list[Entry]:
        """The sessions' calls of `operation`, answered or refused, in order."""
        return [each for each in self.connect.timeline.entries() if each.kind == "call" and each.name == operation]

    def sockets(self, customer: Customer) -> int:
        """How many websockets the bot has open, as the service sees it."""
        people = self.connect.region.chat(customer.contact_id).participants.values()
        return sum(len(each.connections) for each in people if each.role is Role.CUSTOM_BOT)

    def why(self) -> str:
        """Why the session that ended last did, in a word."""
        return str(self.reports("contact.ended")[-1].fields["why"])

    async def record(self, customer: Customer) -> ContactRecord:
        """What the store holds."""
        record = await self.store.load(key(customer.contact_id))
        assert record is not None
        return record

    # ----------------------------------------------------------------------------------- backstage

    def ports(self) -> Ports:
        return Ports(
            connect=self.aws.connect,
            participant=self.aws.participant,
            sockets=self.aws.sockets,
            store=self.store,
            pacer=FreePacer(),
            clock=SystemClock(),
            random=Random(1),
            report=self._note,
            streams=self.streams,
            ways=Ways("streaming" if STREAMED_BY[0] else "websocket"),
        )

    def _note(self, happening: Happening) -> None:
        self.happenings.append(happening)
        if self.report is not None:
            self.report(happening)
        self.pulse.beat()

    async def _run(self, run: Run) -> None:
        try:
            with run.life:
                self.endings.append(await run.session.run())
        except Exception as error:  # what it raised is the story's to judge
            self.endings.append(error)
        run.over.set()
        self.pulse.beat()


@dataclass
class Run:
    """A session in the background, whose process may die."""

    session: Session
    life: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    over: anyio.Event = field(default_factory=anyio.Event)


def key(contact_id: str) -> ContactKey:
    return ContactKey(instance_id(INSTANCE_ID), ContactId(contact_id))


@asynccontextmanager
async def streams_of(worker: WorkerId, connect: str) -> AsyncIterator[StreamPort]:
    """A worker's topic and queue, where chats are streamed; `connect` is the address of Amazon Connect."""
    if (streamed_by := STREAMED_BY[0]) is None:
        yield NoStreams()
        return
    aws = AwsSettings(region="us-east-1", endpoint_url=connect)
    async with aws_mailboxes(aws, endpoint_url=streamed_by) as mailboxes:
        settings = StreamingSettings(prefix="scene", at_start=True)
        streams = WorkerStreams(mailboxes, worker, settings=settings, clock=SystemClock(), random=Random(1))
        async with streams.serving():
            yield streams


@asynccontextmanager
async def stage(*, flows: Mapping[str, str] | None = None, **emulator: Any) -> AsyncIterator[Stage]:
    """A stage, struck when left: every session is cancelled, every socket closed."""
    pulse = Pulse()
    read = {name: read_flow(text) for name, text in (flows or {}).items()}
    failure: Exception | None = None
    streamed_by = STREAMED_BY[0]
    emulator.setdefault("bot_may_use_websocket", streamed_by is None)
    sinks = [Sink(kind="stream", to=f"sns+{streamed_by}")] if streamed_by else []
    async with (
        emulate(settings=Settings(seed=7, **emulator), flows=read, sinks=sinks) as connect,
        aws_ports(AwsSettings(region="us-east-1", endpoint_url=connect.url)) as aws,
        streams_of(WORKER, connect.url) as streams,
        anyio.create_task_group() as group,
    ):
        connect.timeline.followers.append(pulse.beat)
        settings = SessionSettings(reorder_window=0.0, stream_reorder_window=0.0, typing_after=None, link=CALM)
        try:
            yield Stage(connect, aws, MemoryStore(SystemClock()), group, settings, pulse, streams)
        except Exception as error:  # raised outside the group, which would wrap it
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
