"""One simulated life of a few chats: a region, customers, and a worker that crashes and comes back, under one storm.

Everything is drawn from the seed; the same seed is the same story to the last frame.
"""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import anyio
import anyio.lowlevel

from agent.aws.connect import BotoConnect
from agent.aws.participant import BotoParticipant
from agent.clock import LoopClock
from agent.daemon.pacing import FreePacer
from agent.emulator import INSTANCE_ID, Operations, Region, Settings
from agent.emulator.driver import Driver
from agent.errors import ConnectError, JoinRefused, JoinWindowMissed
from agent.ids import ContactId, ContactKey, WorkerId, instance_id
from agent.record import ContactRecord
from agent.session.conversation import Overlap
from agent.session.session import Session
from agent.session.surroundings import Ports, SessionSettings
from agent.session.ways import Way, Ways
from agent.store.memory import MemoryStore
from agent.telemetry import Happening
from agent.testing.inmemory import InMemoryCalls, InMemorySockets
from agent.testing.streaming import InMemoryTopics
from tests.simulation.bots import TracingBot
from tests.simulation.mortal import Crashed, Life, MortalCalls, MortalStore
from tests.simulation.storm import Climate, Storm
from tests.unseen import heeding

SECRET = "zanzibar"
CALM_AFTER = 45.0
AT_MOST = 3 * 3600.0
WORKER = WorkerId("worker")
PAUSES = (0.0, 0.01, 1.0, 5.0, 30.0, 4000.0)
ENDS = ("customer leaves", "agent joins", "stop", "drain")


@dataclass(kw_only=True)
class Chat:
    """One customer's chat and what became of it."""

    contact_id: str
    participant_token: str
    token: str
    said: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Outcome:
    """What one seed showed, for the verdict and the table."""

    seed: int
    chats: list[Chat]
    region: Region
    records: dict[str, ContactRecord]
    happenings: list[Happening]
    bot: TracingBot
    end: str
    ended_in_calm: bool
    lonely: bool
    crashes: int
    struck: dict[str, int]
    seconds: float
    open_sockets: int
    tasks_left: int
    stuck: list[str]
    traced: bool = True
    more: list[str] = field(default_factory=list)


class JumpingClock(LoopClock):
    """The worker's own clocks: the wall clock is now and then set forwards or back, as time servers do."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self._ahead

    def jump(self, seconds: float) -> None:
        self._ahead = timedelta(seconds=seconds)


class World:
    """Built from a seed; `run` tells its story once, inside a virtual loop.

    Attributes:
        traced: whether the state and the replies are those of `TracingBot`.
    """

    traced = True

    def __init__(self, seed: int, way: Way | None = None) -> None:
        self.seed = seed
        self.way = way or Random(seed + 3).choice((Way.WEBSOCKET, Way.WEBSOCKET, Way.STREAMING))
        self.random = Random(seed)
        clock = LoopClock()
        settings = Settings(
            seed=seed,
            timeline_length=0,
            start_position_included=self.random.random() < 0.5,
            bot_may_use_websocket=self.way is Way.WEBSOCKET,
        )
        self.clock = JumpingClock()
        self.region = Region(settings=settings, clock=clock, random=Random(seed))
        self.operations = Operations(self.region)
        forgetful = self.random.random() < 0.3
        self.lonely = self.random.random() < 0.1
        self.storm = Storm(
            self.region,
            Climate.drawn(self.random),
            Random(seed + 1),
            forgetful=forgetful,
            lonely=self.lonely,
            streaming=seed + 4,
        )
        self.region.weather = self.storm
        self.store = MemoryStore(clock)
        self.happenings: list[Happening] = []
        self.max_waiting = self.random.choice((3, 100))
        self.bot = self._bot()
        self.chats: list[Chat] = []
        self.crashes = 0
        self.over: set[str] = set()
        self.drained = False
        self.sockets = InMemorySockets(self.region, latency=self._latency)
        self.topics = InMemoryTopics(self.region, copies=self.storm.copies)
        self._sessions: list[Session] = []

    def _bot(self) -> TracingBot:
        return TracingBot(
            random=Random(self.seed + 2),
            overlap=self.random.choice((Overlap.QUEUE, Overlap.QUEUE, *Overlap)),
            says=self.random.choice((1, 1, 2, 4)),
            work=self.random.choice((0.0, 0.0, 0.5, 5.0)),
            checkpoints=self.random.random() < 0.2,
            fails=self.random.choice((0.0, 0.0, 0.1)),
            reminds=self.random.choice((0.0, 0.3)),
            clock=self.clock,
        )

    def _latency(self) -> float:
        return self.random.random() * 0.03

    # ------------------------------------------------------------------------------------- the story

    async def run(self) -> Outcome:
        end = self.random.choice(ENDS)
        driver = Driver(self.region)
        driver.start()
        async with anyio.create_task_group() as group:
            for _ in range(self.random.choice((1, 1, 2, 3))):
                self.chats.append(self._start_chat())
            group.start_soon(self._live)
            if self.random.random() < 0.1:
                group.start_soon(self._jump)
            async with anyio.create_task_group() as customers:
                for chat in self.chats:
                    customers.start_soon(self._talk, chat)
            in_calm = self.random.random() < 0.8
            if in_calm:
                self.storm.pass_over()
                await anyio.sleep(CALM_AFTER)
                await self._quiet()
            stuck = await self._unhandled() + await self._pending_timers() if in_calm else []
            await self._end(end)
            group.cancel_scope.cancel()
        driver.stop()
        return await self._outcome(end, in_calm, stuck)

    async def _jump(self) -> None:
        while True:
            await anyio.sleep(self.random.uniform(1, 60))
            self.storm.struck["clock jumps"] += 1
            self.clock.jump(self.random.uniform(-20, 20))

    def _start_chat(self) -> Chat:
        params = {"InstanceId": INSTANCE_ID, "ContactFlowId": "default", "ParticipantDetails": {"DisplayName": "Ana"}}
        started = self.operations.call("StartChatContact", params)
        token = started["ParticipantToken"]
        wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        connection = self.operations.call("CreateParticipantConnection", wanted, bearer=token)
        return Chat(
            contact_id=started["ContactId"],
            participant_token=token,
            token=connection["ConnectionCredentials"]["ConnectionToken"],
        )

    async def _talk(self, chat: Chat) -> None:
        for number in range(self.random.choice((1, 2, 3, 6))):
            (longest,) = self.random.choices(PAUSES, (20, 20, 20, 20, 20, 1))
            await anyio.sleep(longest * self.random.random())
            if self.random.random() < 0.2:
                typing = {"ContentType": "application/vnd.amazonaws.connect.event.typing"}
                self.operations.call("SendEvent", typing, bearer=chat.token)
            content = {"ContentType": "text/plain", "Content": f"{SECRET} {number}"}
            chat.said.append(self.operations.call("SendMessage", content, bearer=chat.token)["Id"])

    async def _quiet(self) -> None:
        with anyio.move_on_after(AT_MOST):
            while await self._unhandled() or await self._pending_timers():
                await anyio.sleep(10)

    async def _unhandled(self) -> list[str]:
        """A chat whose joins missed their window, one after the other, was given up as it should be."""
        heard = [chat for chat in self.chats if not _was_missed(await self._stored(chat))]
        return [item for chat in heard for item in set(chat.said) - await self._handled(chat)]

    async def _pending_timers(self) -> list[str]:
        records = [await self._stored(chat) for chat in self.chats]
        return [timer.name for record in records if record for timer in record.timers]

    async def _handled(self, chat: Chat) -> set[str]:
        record = await self._stored(chat)
        turns = json.loads(record.state or b"[]") if record else []
        return {item for turn in turns for item in turn["items"]}

    async def _stored(self, chat: Chat) -> ContactRecord | None:
        return await self.store.load(self._key(chat))

    async def _end(self, end: str) -> None:
        for chat in [each for each in self.chats if not self.region.chat(each.contact_id).ended]:
            if end == "customer leaves":
                self.operations.call("DisconnectParticipant", {}, bearer=chat.token)
            elif end == "agent joins":
                self._agent_joins(chat)
            elif end == "stop":
                self.operations.call("StopContact", {"InstanceId": INSTANCE_ID, "ContactId": chat.contact_id})
        if end == "drain":
            self.drained = True
            for session in self._sessions:
                session.drain()
        with anyio.move_on_after(AT_MOST):
            while len(self.over) < len(self.chats):
                await anyio.sleep(1)

    def _agent_joins(self, chat: Chat) -> None:
        from agent.emulator import Desk

        Desk(self.region).agent_joins(chat.contact_id)

    # ------------------------------------------------------------------------------------ the worker

    async def _live(self) -> None:
        """One process after another, until every chat is over."""
        while len(self.over) < len(self.chats):
            scope = anyio.CancelScope()
            dies = self.crashes < 4 and self.random.random() < 0.7
            last_call = self.random.randrange(1, 60) if dies else None
            life = Life(last_call, before=self.random.random() < 0.5, on_death=scope.cancel)
            with scope:
                try:
                    await self._process(life)
                except* Crashed:
                    pass
            self.topics.clear()
            self.crashes += not life.alive
            await anyio.sleep(self.random.random() * 3)

    async def _process(self, life: Life) -> None:
        store = MortalStore(self.store, life, self.random, faults=self.random.choice((0.0, 0.0, 0.1)))
        calls = MortalCalls(InMemoryCalls(self.operations, latency=self._latency), life)
        streams = self.topics.of(f"life-{self.crashes}")
        streams.failing = self.storm.failing_topics()
        ports = Ports(
            connect=BotoConnect(calls),
            participant=BotoParticipant(calls),
            sockets=self.sockets,
            store=store,
            pacer=FreePacer(),
            clock=self.clock,
            random=self.random,
            report=self.happenings.append,
            streams=streams,
            ways=Ways(self.way.value),
        )
        await self.store.heartbeat(WORKER, ttl=1e9)
        async with anyio.create_task_group() as group:
            for chat in self.chats:
                if chat.contact_id not in self.over:
                    group.start_soon(self._serve, chat, ports)

    async def _serve(self, chat: Chat, ports: Ports) -> None:
        key = self._key(chat)
        fresh = ContactRecord(key=key, bot=self.bot.name, display_name="Helper")
        settings = SessionSettings(
            audit_interval=60.0 if self.lonely else None,
            stream_audit_interval=60.0 if self.lonely else 300.0,
            typing_after=self.random.choice((None, 0.5)),
            max_waiting=self.max_waiting,
        )
        while True:
            record = await self.store.claim(fresh, owner=WORKER)
            session = Session(record, self.bot, ports=ports, settings=settings)
            self._sessions.append(session)
            if self.drained:
                session.drain()
            try:
                await session.run()
            except ConnectError:
                await anyio.sleep(1)
                continue
            except JoinRefused:
                pass
            finally:
                self._sessions.remove(session)
            self.over.add(chat.contact_id)
            return

    def _key(self, chat: Chat) -> ContactKey:
        return ContactKey(instance_id(INSTANCE_ID), ContactId(chat.contact_id))

    # ----------------------------------------------------------------------------------- the outcome

    async def _outcome(self, end: str, in_calm: bool, stuck: list[str]) -> Outcome:
        records = {chat.contact_id: await self._stored(chat) for chat in self.chats}
        await anyio.lowlevel.checkpoint()
        return Outcome(
            seed=self.seed,
            chats=self.chats,
            region=self.region,
            records={contact: record for contact, record in records.items() if record is not None},
            happenings=self.happenings,
            bot=self.bot,
            end=end,
            ended_in_calm=in_calm,
            lonely=self.lonely,
            crashes=self.crashes,
            struck=dict(self.storm.struck),
            seconds=self.clock.monotonic(),
            open_sockets=self.sockets.open,
            tasks_left=len(asyncio.all_tasks()) - 1,
            stuck=stuck,
            traced=self.traced,
        )


def _was_missed(record: ContactRecord | None) -> bool:
    return record is not None and record.over == JoinWindowMissed.__name__


async def story(seed: int, way: Way | None = None) -> Outcome:
    """One seed's story; the way in is drawn as well, unless it is given."""
    return await heeding(World(seed, way).run())
