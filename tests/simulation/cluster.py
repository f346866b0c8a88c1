"""One simulated life of a cluster: several workers with leases over one store, each with a fate of its own.

Workers crash, are stopped past their leases, drain, join and are replaced by a later version of the bot, while the
store loses calls, dawdles and goes away. The rest, customers and the storm around Amazon Connect, is as in a single
worker's story. At every word that is said, and all along, it is checked who owns the contact.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from random import Random
from typing import Any

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup

from agent.aws.connect import BotoConnect
from agent.aws.participant import BotoParticipant
from agent.daemon.child import Goodbye
from agent.daemon.health_links import Deafness
from agent.daemon.pacing import FreePacer
from agent.daemon.rebalancing import Rebalancing
from agent.daemon.room import Room
from agent.daemon.roster import Roster
from agent.daemon.supervisor import Duty
from agent.daemon.worker import Worker, WorkerSettings
from agent.emulator.driver import Driver
from agent.ids import ContactId, ContactKey, WorkerId
from agent.ports import Operation
from agent.session.session import Session
from agent.session.surroundings import Ports, SessionSettings
from agent.session.ways import Way
from agent.telemetry import Happening
from agent.testing.inmemory import InMemoryCalls
from tests.simulation.freezing import Freezer, outside
from tests.simulation.hearing import Drawn, Hearing
from tests.simulation.mortal import Crashed, Life
from tests.simulation.post import Post
from tests.simulation.replicas import (
    DistantStore,
    Line,
    OfferQueue,
    Replica,
    SharedStore,
    SkewedClock,
    StoreClimate,
    WireCalls,
)
from tests.simulation.storm import Climate, Storm
from tests.simulation.world import AT_MOST, CALM_AFTER, Outcome, World

LEASE = 15.0
LEAST = 3
WITHIN = LEASE + 2.0
HEARD_WITHIN = 90.0
"""Of a worker that is cut off from Amazon Connect: it must be sure, and so must the others."""
EVENTS = (
    *("crash", "crash", "freeze", "long freeze", "drain", "join", "upgrade", "store away", "store hangs"),
    *("connect cut", "connect away"),
)


class OutsideDriver(Driver):
    """The service's own deadlines are no worker's, whoever caused them."""

    def _arm(self) -> None:
        outside(super()._arm)


class Cluster(World):
    """Built from a seed; `run` tells its story once, inside a loop that can freeze workers."""

    def __init__(self, seed: int) -> None:
        drawn = Drawn.of(seed)
        super().__init__(seed, drawn.gives)
        self.lonely = self.lonely and self.traced
        self.random = Random(f"cluster {seed}")
        self.storm = Storm(
            self.region,
            Climate.drawn(self.random),
            Random(seed + 1),
            forgetful=False,
            lonely=self.lonely,
            streaming=seed + 4,
        )
        self.region.weather = self.storm
        self.hearing = Hearing(drawn, self.region, self._post())
        faults = self.random.choice((0.0, 0.0, 0.03, 0.1))
        self.store_climate = StoreClimate(faults=faults, slow=faults * self.random.random())
        self.replicas: list[Replica] = []
        self.violations: list[str] = []
        self.fates: Counter[str] = Counter()
        self.newest = 1
        self.skew = self.random.choice((0.0, 0.0, 0.8))
        self.places = self.random.choice((2, 50, 50))
        self.rebalancing = Rebalancing(
            rate=self.random.choice((0.0, 1.0)), few=self.random.choice((0, 1)), stay=self.random.choice((0.0, 20.0))
        )
        self.worst = 0.0
        self.gave_up = False
        self._group: TaskGroup
        self._queue: OfferQueue
        self._unowned: dict[tuple[str, int, float], float] = {}
        self._unheard: dict[str, float] = {}

    def _post(self) -> Post:
        return Post(
            self.region,
            copies=self.storm.copies,
            latency=lambda: self.random.random() * 0.03,
            bad=self.storm.mail_fails,
        )

    # ------------------------------------------------------------------------------------- the story

    async def run(self) -> Outcome:
        end = self.random.choice(("customer leaves", "agent joins", "stop", "drain"))
        driver = OutsideDriver(self.region)
        driver.start()
        async with anyio.create_task_group() as group:
            self._group, self._queue = group, OfferQueue(group, self.random)
            for _ in range(self.random.choice((1, 2, 2, 3))):
                self._join()
            async with anyio.create_task_group() as customers:
                for _ in range(self.random.choice((1, 2, 4, 8))):
                    customers.start_soon(self._visit)
                customers.start_soon(self._befall)
                group.start_soon(self._watch_owners)
            await self._calm_down()
            in_calm = self.random.random() < 0.9
            if in_calm:
                await anyio.sleep(CALM_AFTER)
                await self._quiet()
            stuck = await self._unhandled() + await self._pending_timers() if in_calm else []
            if in_calm:
                await self._settle()
            await self._finish(end)
            if in_calm:
                self.violations += self._streams_left(end)
            group.cancel_scope.cancel()
        driver.stop()
        return await self._outcome(end, in_calm, stuck)

    async def _visit(self) -> None:
        await anyio.sleep(self.random.random() * self.random.choice((0.0, 10.0, 60.0)))
        chat = self._start_chat()
        self.chats.append(chat)
        self._queue.put(self._key(chat))
        await self._talk(chat)

    async def _calm_down(self) -> None:
        """The weather becomes calm, whoever is stopped goes on, and somebody is there with room for all."""
        self.storm.pass_over()
        self.store_climate.faults = self.store_climate.slow = self.store_climate.away_until = 0.0
        for each in self.replicas:
            if each.freezer.frozen:
                each.freezer.thaw()
            each.line.mend()
        self.places = 50
        self._join(dies=False)

    async def _settle(self) -> None:
        """Every stream comes to be where its chat is, and no topic is left of those who are gone."""
        with anyio.move_on_after(2 * self.hearing.drawn.leftovers_after + 120):
            while self._not_settled():
                await anyio.sleep(1)
        self.violations += self._not_settled()

    def _not_settled(self) -> list[str]:
        rows = {chat.contact_id: self.store._rows.get(self._key(chat)) for chat in self.chats}
        here = [each.owner for each in self.replicas if each.life.alive and not each.ended]
        live = {contact: row.owner for contact, row in rows.items() if row and not row.over}
        left = self.hearing.left(here) if self.hearing.somebody_clears(here) else []
        return self.hearing.astray({contact: owner for contact, owner in live.items() if owner in here}) + left

    def _streams_left(self, end: str) -> list[str]:
        """Who stopped in order has taken its topic away; and where humans talk nobody listens."""
        gone = [each.owner for each in self.replicas if not each.life.alive]
        listened = (
            self.hearing.still_streaming([chat.contact_id for chat in self.chats]) if end == "agent joins" else []
        )
        return listened + (self.hearing.left(gone) if self.hearing.drawn.wanted == "streaming" else [])

    async def _finish(self, end: str) -> None:
        if end != "drain":
            await self._end(end)
        for each in self.replicas:
            self._drain(each)
        with anyio.move_on_after(AT_MOST):
            while any(not each.ended for each in self.replicas):
                await anyio.sleep(1)

    # --------------------------------------------------------------------------------------- the fates

    async def _befall(self) -> None:
        for _ in range(self.random.choice((0, 1, 2, 4, 7))):
            await anyio.sleep(self.random.random() * self.random.choice((2.0, 20.0, 60.0)))
            event = self.random.choice(EVENTS)
            healthy = [each for each in self.replicas if each.healthy]
            if not healthy:
                self._join()
                continue
            self.fates[event] += 1
            await self._strike(event, self.random.choice(healthy))

    async def _strike(self, event: str, one: Replica) -> None:
        match event:
            case "crash":
                one.life.die()
            case "freeze" | "long freeze":
                one.freezer.freeze()
                seconds = self.random.uniform(0.5, 12) if event == "freeze" else self.random.uniform(13, 60)
                self._group.start_soon(self._thaw, one, seconds)
            case "drain":
                self._drain(one)
            case "upgrade":
                self.newest = 2
                self._join()
                self._drain(one)
            case "join":
                self._join()
            case "store away" | "store hangs":
                self.store_climate.hangs = event == "store hangs"
                self.store_climate.away_until = anyio.current_time() + self.random.choice((2.0, 10.0, 30.0))
            case "connect cut" | "connect away":
                await self._cut(self.replicas if event == "connect away" else [one])
        if len([each for each in self.replicas if each.healthy]) < 1:
            self._join()

    async def _cut(self, some: Sequence[Replica]) -> None:
        """Long enough, now and then, for them to be sure of it and to give their chats away."""
        seconds = self.random.choice((5.0, 60.0, 200.0))
        for each in some:
            each.line.cut_for(seconds)
        await anyio.sleep(seconds if self.random.random() < 0.7 else 0.0)

    async def _thaw(self, one: Replica, seconds: float) -> None:
        await anyio.sleep(seconds)
        if one.freezer.frozen:
            one.freezer.thaw()

    def _drain(self, one: Replica) -> None:
        if not one.ended:
            one.draining = True
            one.worker.stop()

    # --------------------------------------------------------------------------------------- replicas

    def _join(self, *, dies: bool = True) -> None:
        scope = anyio.CancelScope()
        last_call = self.random.randrange(5, 400) if dies and self.random.random() < 0.2 else None
        one = Replica(
            owner=WorkerId(f"worker-{len(self.replicas)}"),
            version=self.newest,
            life=Life(last_call, before=self.random.random() < 0.5, on_death=scope.cancel),
            scope=scope,
            freezer=Freezer(),
            clock=SkewedClock(self.random.uniform(-self.skew, self.skew)),
            line=Line(self.sockets),
            began=anyio.current_time(),
        )
        one.worker = self._worker(one)
        self.replicas.append(one)
        self._group.start_soon(self._process, one)

    async def _process(self, one: Replica) -> None:  # type: ignore[override]
        one.freezer.enter()
        try:
            with one.scope:
                try:
                    await one.worker.run()
                except* Crashed:
                    pass
        except* Exception as errors:
            self.fates[f"did not start: {type(errors.exceptions[0]).__name__}"] += 1
        one.ended = True
        self.crashes += not one.life.alive

    def _worker(self, one: Replica) -> Worker:
        store: Any = DistantStore(SharedStore(one.clock, self.store), one.life, self.store_climate, self.random)
        calls = WireCalls(
            InMemoryCalls(self.operations, latency=self._latency),
            one.life,
            self._group,
            one.line,
            lambda operation, members: self._asked(one, operation, members),
        )
        deafness = Deafness(after=30.0, share=0.1, clock=one.clock, report=self._hear)

        def hear(happening: Happening) -> None:
            deafness(happening)
            self._hear(happening)

        streams, ways = self.hearing.of(one.owner, one.life, one.clock, self.random, hear)
        ports = Ports(
            connect=BotoConnect(calls),
            participant=BotoParticipant(calls),
            sockets=one.line,
            store=store,
            pacer=FreePacer(),
            clock=one.clock,
            random=self.random,
            report=hear,
            streams=streams,
            ways=ways,
            may_speak=lambda: bool(one.worker.may_speak),
        )
        bot, opened = self._served_by(one)

        @asynccontextmanager
        async def lifespan() -> AsyncIterator[None]:
            async with opened, self.hearing.serving(one.owner, one.life, store, one.clock, self._hear):
                yield

        settings = SessionSettings(
            audit_interval=60.0 if self.lonely else None,
            stream_audit_interval=60.0 if self.lonely else 300.0,
            typing_after=self.random.choice((None, 0.5)),
            max_waiting=self.max_waiting,
        )
        return Worker(
            lambda record: Session(record, bot, ports=ports, settings=settings),
            lifespan=lifespan(),
            source=self._queue,
            store=store,
            duty=Duty(owner=one.owner, roster=Roster(bots={self.bot.name: "Helper"}, default=self.bot.name)),
            room=Room(self.places),
            settings=WorkerSettings(
                lease=LEASE,
                goodbye=Goodbye.RELEASE,
                handover_rate=self.random.choice((1.0, float("inf"))),
                rebalancing=self.rebalancing,
            ),
            clock=one.clock,
            random=self.random,
            deaf=deafness.deaf,
            report=hear,
        )

    def _served_by(self, one: Replica) -> tuple[Any, AbstractAsyncContextManager[object]]:
        """The bot that this worker's version is, and what has to be open while it serves."""
        return replace(self.bot, mark=f" v{one.version}" if one.version > 1 else "", clock=one.clock), nullcontext()

    def _hear(self, happening: Happening) -> None:
        self.happenings.append(happening)
        self.gave_up = self.gave_up or happening.name == "contact.given_up"

    # --------------------------------------------------------------------------------------- who owns what

    def _asked(self, one: Replica, operation: Operation, members: dict[str, Any]) -> None:
        """Whoever speaks owns the contact at that moment."""
        if operation is Operation.SEND_MESSAGE:
            bearer = members["ConnectionToken"]
            contact = self.operations.contact_of(operation.value, {}, bearer)
            row = self.store._rows.get(self._key_of(str(contact)))
            if row is not None and row.owner != one.owner:
                self.violations.append(f"{one.owner} spoke in {contact}, which is {row.owner}'s")

    async def _watch_owners(self) -> None:
        """A live contact is never without a live owner for longer than a lease and two seconds."""
        while True:
            able = self._somebody_could_serve()
            for chat in self.chats:
                row = self.store._rows.get(self._key(chat))
                if row and row.over:
                    self.over.add(chat.contact_id)
                seen = (chat.contact_id, row.record.epoch if row else 0, self._last_sign(row.owner if row else None))
                if row is None or row.over or not able or self._is_served(self._key(chat), row.owner):
                    self._unowned.pop(seen, None)
                else:
                    self._note_unowned(seen)
                self._note_unheard(chat.contact_id, row.owner if row and not row.over else None, able)
            await anyio.sleep(0.25)

    def _note_unheard(self, contact: str, owner: WorkerId | None, able: bool) -> None:
        """A worker that is cut off does not keep its chats while another one hears; two chats prove nothing."""
        one = next((each for each in self.replicas if each.owner == owner), None)
        cut = one is not None and one.healthy and one.line.cut and self.hearing.drawn.gives is Way.WEBSOCKET
        others = any(each.healthy and each.worker.may_speak and not each.line.cut for each in self.replicas)
        if not (cut and able and others) or self._held_by(owner) < LEAST:
            self._unheard.pop(contact, None)
            return
        now = anyio.current_time()
        waited = now - self._unheard.setdefault(contact, now)
        if waited > HEARD_WITHIN:
            self.violations.append(f"{contact} was kept by {owner}, which is deaf, for {waited:.0f} s at {now:.1f}")
            self._unheard[contact] = float("inf")

    def _held_by(self, owner: WorkerId | None) -> int:
        return sum(row.owner == owner and not row.over for row in self.store._rows.values())

    def _last_sign(self, owner: WorkerId | None) -> float:
        """When a worker that is gone renewed its lease last; 0 for one that is there."""
        lease = self.store._leases.get(owner) if owner else None
        gone = any(each.owner == owner and (each.freezer.frozen or not each.life.alive) for each in self.replicas)
        return lease.beat if lease and gone else 0.0

    def _note_unowned(self, seen: tuple[str, int, float]) -> None:
        """A new epoch was owned for a moment, and who renewed its lease lived, although between two looks."""
        now = anyio.current_time()
        waited = now - self._unowned.setdefault(seen, now)
        self.worst = max(self.worst, waited)
        if waited > WITHIN + 2 * self.skew:
            self.violations.append(f"{seen[0]} has had no owner for {waited:.1f} s at {now:.1f}")
            self._unowned[seen] = float("inf")

    def _is_served(self, key: ContactKey, owner: WorkerId | None) -> bool:
        """Whether who owns it lives and has a chat for it: owning alone serves nobody."""
        one = next((each for each in self.replicas if each.owner == owner), None)
        if one is None or not one.life.alive or one.ended or one.freezer.frozen:
            return False
        supervisor = one.worker.supervisor
        return supervisor is not None and key in supervisor.contacts

    def _somebody_could_serve(self) -> bool:
        calm = self.store_climate.faults == self.store_climate.slow == 0 and not self.store_climate.away
        roomy = self.places >= 50
        awake = [each for each in self.replicas if each.healthy and each.worker.may_speak]
        return calm and roomy and not self.gave_up and bool(awake)

    def _key_of(self, contact: str) -> ContactKey:
        return next(self._key(chat) for chat in self.chats if chat.contact_id == ContactId(contact))

    async def _outcome(self, end: str, in_calm: bool, stuck: list[str]) -> Outcome:
        outcome = await super()._outcome(end, in_calm, stuck)
        outcome.struck.update(self.fates)
        outcome.struck["takeovers"] = sum(max(0, record.epoch - 1) for record in outcome.records.values())
        outcome.more = self.violations
        return outcome
