"""The eye that a worker keeps on the others: it shares the quotas with them, and chats move to whoever joins.

A worker that joins says so for as long as chats come; one that stops or is deaf says so, and the others look for its
chats more often. It knows the lookout and which chats are served; it claims nothing.
"""

from collections.abc import Callable

import anyio

from agent.clock import Clock
from agent.daemon.census import Census, Notice
from agent.daemon.fullness import Fullness
from agent.daemon.lookout import Lookout, look_every
from agent.daemon.rebalancing import Rebalancer, Rebalancing
from agent.daemon.relief import Relief
from agent.daemon.room import Room
from agent.daemon.supervisor import Supervisor
from agent.errors import StoreError
from agent.ids import WorkerId
from agent.telemetry import Happening, Level, Report

_UNTIL_SETTLED = 2  # leases in which nothing came
_NEWCOMERS_TIME = 3.0  # seconds, to take up what was let go for it


class Watch:
    """What one worker sees of the others and does about it.

    Attributes:
        every: seconds between two looks.
        news: set when somebody came or went; then it is another event.
    """

    def __init__(
        self,
        lookout: Lookout,
        owner: WorkerId,
        *,
        lease: float,
        rebalancing: Rebalancing,
        relief: Relief,
        takes_up: bool,
        room: Room,
        shared_by: Callable[[int], None],
        clock: Clock,
        report: Report,
    ) -> None:
        """
        Args:
            lease: in seconds.
            takes_up: whether this worker takes up contacts at all.
            room: a worker without a free place invites nobody's chats.
            shared_by: told how many live workers there are, at every look.
        """
        self.every = look_every(lease)
        self.news = anyio.Event()
        self._lookout = lookout
        self._owner = owner
        self._lease = lease
        self._rebalancer = Rebalancer(owner, rebalancing, clock)
        self._relief = relief
        self._invites = takes_up and rebalancing.rate > 0
        self._room = room
        self._fullness = Fullness(room, clock=clock, report=report)
        self._shared_by = shared_by
        self._clock = clock
        self._report = report
        self._leaving = False
        self._failing = False
        self._taken_up = 0
        self._joining_until = 0.0
        self._wake = anyio.Event()

    @property
    def seen(self) -> Census:
        """Who was there at the last look."""
        return self._lookout.seen

    @property
    def expects_more(self) -> bool:
        """Whether contacts are being released at this very time."""
        relieving = bool(self.seen.deaf and self.seen.hearing)
        return bool(self.seen.leaving) or relieving or self._owner in self.seen.joining

    @property
    def others_stay(self) -> bool:
        """Whether somebody else can take up what this worker lets go."""
        return any(worker != self._owner for worker in self.seen.staying)

    def join(self) -> None:
        """This worker is new, or was away for longer than its lease."""
        self._joining_until = self._clock.monotonic() + _UNTIL_SETTLED * self._lease

    def leave(self) -> None:
        """This worker lets its chats go."""
        self._leaving = True
        self._wake.set()

    async def look(self) -> None:
        """One look. Raises StoreError."""
        if await self._lookout.look():
            self.news.set()
            self.news = anyio.Event()
        self._shared_by(max(1, len(self.seen.workers)))

    async def keep(self, supervisor: Supervisor) -> None:
        """Looks again and again, until cancelled."""
        while True:
            with anyio.move_on_after(self._lease / 3):
                await self._look_and_tell(supervisor)
            if not self._leaving:
                self._fullness.look()
            moving = self._rebalancer.due(self.seen, supervisor.contacts, supervisor.may_move)
            for key in (*moving, *self._relief.due(self.seen)):
                supervisor.move(key, away_for=_NEWCOMERS_TIME)
            with anyio.move_on_after(self.every):
                await self._wake.wait()
            self._wake = anyio.Event()

    async def _look_and_tell(self, supervisor: Supervisor) -> None:
        try:
            await self._lookout.tell(self._notices(supervisor.taken_up))
            await self.look()
            self._failing = False
        except StoreError as error:
            level = Level.DEBUG if self._failing else Level.WARNING
            self._failing = True
            self._report(Happening(name="store.failed", level=level, error=error))

    def _notices(self, taken_up: int) -> tuple[Notice, ...]:
        if self._leaving:
            return (Notice.LEAVING,) if self.others_stay else ()
        joining = self._invites and self.others_stay and self._clock.monotonic() < self._joining_until
        if joining and taken_up > self._taken_up:
            self.join()
        self._taken_up = taken_up
        told = (Notice.JOINING,) if joining and self._room.free > 0 else ()
        return (*told, Notice.DEAF) if self._relief.told else told
