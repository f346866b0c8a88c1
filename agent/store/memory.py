"""Contacts in a dictionary: for tests and simulations. Several workers of one process may share one store.

It keeps encoded bytes, so nobody can change what is stored by changing what he holds. It knows no disk and no thread:
what it keeps ends with the process.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from msgspec import structs

from agent.clock import Clock
from agent.errors import AlreadyOwned
from agent.ids import ContactKey, WorkerId
from agent.record import ContactRecord, Phase
from agent.store.resting import fenced, lay_down, take_up


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    epoch: int
    owner: WorkerId | None
    over: bool
    written: float
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lease:
    beat: float
    ttl: float

    def alive(self, now: float) -> bool:
        return abs(now - self.beat) < self.ttl


class MemoryStore:
    """A `ContactStore` without a disk. Each call yields once and then takes effect at one stroke."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[ContactKey, _Row] = {}
        self._leases: dict[WorkerId, _Lease] = {}

    async def claim(self, fresh: ContactRecord, *, owner: WorkerId) -> ContactRecord:
        await asyncio.sleep(0)
        row = self._rows.get(fresh.key)
        if row is None:
            self._rows[fresh.key] = self._row(structs.replace(fresh, epoch=1), owner)
            return self._record(fresh.key, self._rows[fresh.key])
        if not self._free(row, owner):
            raise AlreadyOwned(f"Contact {fresh.key}: {row.owner} owns it and is alive.")
        claimed = replace(row, epoch=row.epoch + 1, owner=owner)
        record = self._record(fresh.key, claimed)
        self._rows[fresh.key] = claimed
        return record

    async def load(self, key: ContactKey) -> ContactRecord | None:
        await asyncio.sleep(0)
        row = self._rows.get(key)
        return self._record(key, row) if row else None

    async def save(self, record: ContactRecord) -> None:
        await asyncio.sleep(0)
        row = self._rows.get(record.key)
        if row is None or record.owner is None or (row.epoch, row.owner) != (record.epoch, record.owner):
            raise fenced(record)
        self._rows[record.key] = self._row(record, record.owner)

    async def release(self, record: ContactRecord) -> None:
        await asyncio.sleep(0)
        row = self._rows.get(record.key)
        if row is None or row.epoch != record.epoch or row.owner not in (record.owner, None):
            raise fenced(record)
        self._rows[record.key] = self._row(record, None)

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
        before = self._now() - older_than
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

    def _row(self, record: ContactRecord, owner: WorkerId | None) -> _Row:
        over, body = record.phase is Phase.OVER, lay_down(record, None)
        return _Row(epoch=record.epoch, owner=owner, over=over, written=self._now(), body=body)

    def _record(self, key: ContactKey, row: _Row) -> ContactRecord:
        return take_up(row.body, key, epoch=row.epoch, owner=row.owner, sealer=None)


def _page(keys: Iterable[ContactKey], limit: int, after: ContactKey | None) -> list[ContactKey]:
    return [key for key in sorted(keys) if after is None or key > after][:limit]
