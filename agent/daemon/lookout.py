"""The look at who is there: one small read, so often that a dead worker's contacts find an owner at once.

It finds out which workers came, left or died, and tells the others what they should know of this one. It knows the
store's leases; it knows no contact.
"""

from collections.abc import Collection

from agent.clock import Clock
from agent.daemon.census import Census, Notice, census, worker_of
from agent.daemon.ownership import has_died
from agent.errors import StoreError
from agent.ids import WorkerId
from agent.ports import ContactStore
from agent.telemetry import Happening, Level, Report

_LOOKS = 20  # in one lease
_LONGEST = 0.75  # seconds
_RENEWALS = 3  # of a notice, in one lease


def look_every(lease: float) -> float:
    """Seconds between two looks: two of them find a dead worker's contacts an owner within two seconds."""
    return min(lease / _LOOKS, _LONGEST)


class Lookout:
    """What `owner` sees of the others, and they of it.

    Attributes:
        seen: the census as last read.
    """

    def __init__(self, store: ContactStore, owner: WorkerId, *, ttl: float, clock: Clock, report: Report) -> None:
        """`ttl` is how long a notice outlives its worker, in seconds."""
        self.seen = Census()
        self._store = store
        self._owner = owner
        self._ttl = ttl
        self._clock = clock
        self._report = report
        self._posted: dict[Notice, float] = {}

    async def look(self) -> bool:
        """Reads the census, and tells whether it has changed. Workers of this machine that died are retired.

        Raises StoreError; the last census stays.
        """
        names = await self._store.workers()
        dead = [name for name in names if has_died(worker_of(name), of=self._owner)]
        for name in dead:
            await self._store.retire(name)
            self._report(Happening(name="worker.found_dead", level=Level.WARNING, fields={"worker": name}))
        before, self.seen = self.seen, census(name for name in names if name not in dead)
        return self.seen != before

    async def tell(self, notices: Collection[Notice]) -> None:
        """Tells the others `notices` and nothing else, until it is called anew or this worker dies.

        Raises StoreError.
        """
        for notice in [notice for notice in self._posted if notice not in notices]:
            await self._store.retire(notice.of(self._owner))
            del self._posted[notice]
        now = self._clock.monotonic()
        for notice in notices:
            if now - self._posted.get(notice, -self._ttl) >= self._ttl / _RENEWALS:
                await self._store.heartbeat(notice.of(self._owner), ttl=self._ttl)
                self._posted[notice] = now

    async def fall_silent(self) -> None:
        """Takes back what was told; what cannot be taken back lapses by itself."""
        try:
            await self.tell(())
        except StoreError as error:
            self._report(Happening(name="store.failed", level=Level.WARNING, error=error))
