"""Contacts in a dictionary: for tests and simulations. Several workers of one process may share one store.

It keeps the records themselves: they are values, but for their attributes, which are copied. It knows no disk and no
thread: what it keeps ends with the process.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from agent.clock import Clock
from agent.errors import AlreadyOwned
from agent.ids import ContactKey, WorkerId
from agent.record import ContactRecord, Phase
from agent.store.resting import fenced


@dataclass(slots=True)
class _Row:
    """`record` carries epoch and owner; `written` is when, by the monotonic clock."""

    record: ContactRecord = field(repr=False)
    written: float

    @property
    def owner(self) -> WorkerId | None:
        return self.record.owner

    @property
    def over(self) -> bool:
        return self.record.phase is Phase.OVER


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lease:
    beat: float
    ttl: float

    def alive(self, now: float) -> bool:
        return abs(now - self.beat) < self.ttl


class MemoryStore:
    """A `ContactStore` without a disk. Each call but `save` yields once; all take effect at one stroke."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[ContactKey, _Row] = {}
        self._leases: dict[WorkerId, _Lease] = {}

    async def claim(self, fresh: ContactRecord, *, owner: WorkerId) -> ContactRecord:
        await asyncio.sleep(0)
        row = self._rows.get(fresh.key)
        if row is not None and not self._free(row, owner):
            raise AlreadyOwned(f"Contact {fresh.key}: {row.owner} owns it and is alive.")
        known = row.record if row else fresh
        claimed = replace(known, epoch=row.record.epoch + 1 if row else 1, owner=owner)
        self._rows[fresh.key] = _Row(_own(claimed), row.written if row else self._clock.monotonic())
        return _own(claimed)

    async def load(self, key: ContactKey) -> ContactRecord | None:
        await asyncio.sleep(0)
        row = self._rows.get(key)
        return _own(row.record) if row else None

    async def save(self, record: ContactRecord) -> None:
        row = self._rows.get(record.key)
        if row is None or record.owner is None or (row.record.epoch, row.owner) != (record.epoch, record.owner):
            raise fenced(record)
        row.record, row.written = _own(record), self._clock.monotonic()

    async def release(self, record: ContactRecord) -> None:
        await asyncio.sleep(0)
        row = self._rows.get(record.key)
        if row is None or row.record.epoch != record.epoch or row.owner not in (record.owner, None):
            raise fenced(record)
        row.record, row.written = replace(_own(record), owner=None), self._clock.monotonic()

    async def claimable(
        self, owner: WorkerId, *, own: bool = True, limit: int = 100, after: ContactKey | None = None
    ) -> Sequence[ContactKey]:
        await asyncio.sleep(0)
        free = (key for key, row in self._rows.items() if not row.over and self._free(row, owner, own=own))
        return _page(free, limit, after)

    async def live(self, *, limit: int = 100, after: ContactKey | None = None) -> Sequence[ContactKey]:
        await asyncio.sleep(0)
        return _page((key for key, row in self._rows.items() if not row.over), limit, after)

    async def heartbeat(self, owner: WorkerId, *, ttl: float) -> None:
        beat = self._now()
        await asyncio.sleep(0)
        self._leases[owner] = _Lease(beat=beat, ttl=ttl)

    async def retire(self, owner: WorkerId) -> None:
        await asyncio.sleep(0)
        self._leases.pop(owner, None)

    async def workers(self) -> Sequence[WorkerId]:
        await asyncio.sleep(0)
        return sorted(worker for worker in self._leases if self._alive(worker))

    async def forget(self, key: ContactKey) -> None:
        await asyncio.sleep(0)
        self._rows.pop(key, None)

    async def sweep(self, *, older_than: float) -> None:
        await asyncio.sleep(0)
        before = self._clock.monotonic() - older_than
        for key in [key for key, row in self._rows.items() if row.over and row.written < before]:
            del self._rows[key]

    async def aclose(self) -> None:
        """Does nothing: others may share the store."""

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _alive(self, worker: WorkerId) -> bool:
        lease = self._leases.get(worker)
        return lease is not None and lease.alive(self._now())

    def _free(self, row: _Row, owner: WorkerId, *, own: bool = True) -> bool:
        return own if row.owner == owner else row.owner is None or not self._alive(row.owner)


def _own(record: ContactRecord) -> ContactRecord:
    """`record` with attributes that nobody else can change."""
    return replace(record, attributes=dict(record.attributes)) if record.attributes else record


def _page(keys: Iterable[ContactKey], limit: int, after: ContactKey | None) -> list[ContactKey]:
    return [key for key in sorted(keys) if after is None or key > after][:limit]
