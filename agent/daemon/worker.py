"""The worker: serves, drains, stops.

It keeps the lease, takes offers while the lease is held, takes up what others left behind, gives newcomers their part,
and at the end lets the chats finish what they are saying and go on elsewhere. It knows no AWS, no bot and no signal;
who runs it tells it when to stop.
"""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from math import inf
from random import Random

import anyio
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus

from agent.clock import Clock
from agent.daemon.lookout import Lookout
from agent.daemon.ownership import Lease
from agent.daemon.rebalancing import Rebalancing
from agent.daemon.relief import Hearing, Relief, hears_all
from agent.daemon.room import Room
from agent.daemon.supervisor import ChatSession, Duty, Goodbye, Supervisor
from agent.daemon.watch import Watch
from agent.errors import StoreError
from agent.ids import ContactKey, WorkerId
from agent.ports import Claimable, ContactSource, ContactStore
from agent.record import ContactRecord
from agent.telemetry import Happening, Level, Report, silent

_FOR_FAREWELLS = 0.6  # of the deadline; the rest is for the turns that still run
_FAREWELL = 5.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How a worker lives. Durations are seconds.

    Attributes:
        lease: how long this worker counts as alive when it falls silent.
        drain_deadline: how long the chats may take to end their turns when it stops.
        goodbye: how it takes leave of its chats when it stops.
        resume: whether contacts are taken up that nobody serves any more.
        remember: how long the records of chats that are over are kept: as long as their offers may come again.
        handover_rate: how many chats a second other workers can take up; a worker that stops lets them go no faster,
            as far as its deadline allows.
        rebalancing: how chats move to a worker that joins.
    """

    lease: float = 15.0
    drain_deadline: float = 25.0
    goodbye: Goodbye = Goodbye.RELEASE
    resume: bool = True
    remember: float = 7 * 86_400.0
    handover_rate: float = inf
    rebalancing: Rebalancing = field(default_factory=Rebalancing)


class Worker:
    """One process's part in serving all chats. Runs once.

    Attributes:
        drain_deadline: how long the chats may take to end their turns when it stops; may be changed until then.
    """

    def __init__(
        self,
        begin: Callable[[ContactRecord], ChatSession],
        *,
        lifespan: AbstractAsyncContextManager[object],
        source: ContactSource,
        store: ContactStore,
        duty: Duty,
        room: Room,
        settings: WorkerSettings,
        clock: Clock,
        random: Random,
        shared_by: Callable[[int], None] = lambda workers: None,
        deaf: Callable[[], Collection[ContactKey]] = hears_all,
        report: Report = silent,
    ) -> None:
        """
        Args:
            begin: makes the session of a claimed contact.
            lifespan: the bots'; entered before the first contact, left after the last one.
            room: the places for chats; a source may look at it, too.
            shared_by: told how many live workers share the quotas, whenever that was counted.
            deaf: the chats that have not been heard for too long.
        """
        self._begin = begin
        self._lifespan = lifespan
        self._source = source
        self._store = store
        self._duty = duty
        self._room = room
        self._settings = settings
        self._clock = clock
        self._random = random
        self._report = report
        self._lease = Lease(store, duty.owner, ttl=settings.lease, clock=clock, report=report)
        self.drain_deadline = settings.drain_deadline
        self._lookout = Lookout(store, duty.owner, ttl=settings.lease, clock=clock, report=report)
        self._watch = Watch(
            self._lookout,
            duty.owner,
            lease=settings.lease,
            rebalancing=settings.rebalancing,
            relief=Relief(
                duty.owner, Hearing(deaf=deaf, rate=settings.handover_rate), room=room, clock=clock, report=report
            ),
            takes_up=settings.resume,
            room=room,
            shared_by=shared_by,
            clock=clock,
            report=report,
        )
        self._goodbye = settings.goodbye
        self._stop = anyio.Event()
        self._serving = anyio.CancelScope()
        self._supervisor: Supervisor | None = None

    @property
    def waiting(self) -> int:
        """How many items of all chats wait for a turn."""
        return self._supervisor.waiting if self._supervisor else 0

    @property
    def unserved(self) -> int:
        """How many live chats wait for a bot that is not served here."""
        return self._supervisor.unserved if self._supervisor else 0

    @property
    def id(self) -> WorkerId:
        """Its name."""
        return self._duty.owner

    @property
    def goodbye(self) -> Goodbye:
        """How it takes leave of its chats when it stops."""
        return self._goodbye

    @property
    def room(self) -> Room:
        """The places for its chats."""
        return self._room

    @property
    def lease(self) -> float:
        """How long it counts as alive when it falls silent, in seconds."""
        return self._settings.lease

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stop.is_set()

    @property
    def supervisor(self) -> Supervisor | None:
        """Its chats; None while it is not serving yet."""
        return self._supervisor

    @property
    def may_speak(self) -> bool:
        """Whether its contacts are surely its own: the lease is held, by the clock, at this very moment."""
        return self._lease.held

    def stop(self, goodbye: Goodbye | None = None) -> None:
        """Takes on nothing more, lets running turns end, takes leave of the chats, and lets `run` return.

        `goodbye` replaces how it was to take leave; it counts until the leave is being taken.
        """
        self._goodbye = goodbye or self._goodbye
        self._stop.set()

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Serves until `stop`. Cancelled, it cuts its chats off; another worker repeats their running turns.

        Raises:
            StoreError: the store failed before the first contact.
            Exception: whatever a bot's lifespan raised.
        """
        async with self._lifespan:
            await self._lease.take()
            try:
                self._watch.join()
                await self._watch.look()
                await self._live(task_status)
            finally:
                with anyio.move_on_after(_FAREWELL, shield=True):
                    await self._lookout.fall_silent()
                await self._lease.give_up()

    async def _live(self, task_status: TaskStatus[None]) -> None:
        async with anyio.create_task_group() as group:
            supervisor = self._supervisor = Supervisor(
                self._begin,
                duty=self._duty,
                room=self._room,
                store=self._store,
                group=group,
                clock=self._clock,
                random=self._random,
                report=self._report,
            )
            group.start_soon(self._keep_lease)
            group.start_soon(self._serve, supervisor)
            group.start_soon(self._watch.keep, supervisor)
            self._tell("worker.serving", worker=self._duty.owner, bots=", ".join(self._duty.roster.bots))
            task_status.started()
            await self._stop.wait()
            self._serving.cancel()
            await self._drain(supervisor)
            group.cancel_scope.cancel()
        self._tell("worker.stopped")

    async def _drain(self, supervisor: Supervisor) -> None:
        self._tell("worker.draining", chats=len(supervisor.contacts), goodbye=self._goodbye.value)
        self._watch.leave()
        with anyio.move_on_after(self.drain_deadline) as bound:
            await supervisor.go_gently(self._goodbye, every=self._between_farewells(supervisor))
            await supervisor.idle()
        if bound.cancelled_caught:
            self._tell("worker.drain_cut_short", Level.WARNING, chats=len(supervisor.contacts))

    def _between_farewells(self, supervisor: Supervisor) -> float:
        """Seconds from one chat that is let go to the next: none when nobody is there to take them up."""
        if not self._watch.others_stay or self._goodbye is not Goodbye.RELEASE:
            return 0.0
        longest = self.drain_deadline * _FOR_FAREWELLS
        return min(1 / self._settings.handover_rate, longest / max(1, len(supervisor.contacts)))

    async def _keep_lease(self) -> None:
        await self._lease.keep(lapsed=self._fall_silent)

    def _fall_silent(self) -> None:
        self._serving.cancel()
        self._watch.join()
        if self._supervisor:
            self._supervisor.lose()

    async def _serve(self, supervisor: Supervisor) -> None:
        """Takes contacts on for as long as the lease is held, and again when it is held anew."""
        while not self._stop.is_set():
            with anyio.CancelScope() as self._serving:
                async with self._source.offers() as offers, anyio.create_task_group() as group:
                    group.start_soon(self._take, supervisor, offers)
                    await self._take_up(supervisor)
            await self._lease.wait_held()

    async def _take(self, supervisor: Supervisor, offers: AsyncIterator[Claimable]) -> None:
        """A source that ends has nothing more to come: then the work is done with the last chat."""
        await supervisor.take(offers)
        await supervisor.idle()
        self.stop()

    async def _take_up(self, supervisor: Supervisor) -> None:
        """Takes up what nobody serves: at once, three times in every lease, and whenever somebody came or went."""
        sweep_at = 0.0
        while True:
            news, left = self._watch.news, False
            try:
                if self._settings.resume:
                    left = await supervisor.resume(self._watch.seen)
                if self._clock.monotonic() >= sweep_at:
                    await self._store.sweep(older_than=self._settings.remember)
                    sweep_at = self._clock.monotonic() + self._settings.lease / 3
            except StoreError as error:
                left = True
                self._report(Happening(name="store.failed", level=Level.WARNING, error=error))
            soon = left or self._watch.expects_more
            with anyio.move_on_after(self._watch.every if soon else self._settings.lease / 3):
                await news.wait()

    def _tell(self, name: str, level: Level = Level.INFO, **fields: str | int) -> None:
        self._report(Happening(name=name, level=level, fields=fields))
