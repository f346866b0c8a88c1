"""A store that keeps what a disk would keep: every record goes through its durable form.

So a test meets what production would: what cannot be written is refused, what reads differently is read differently.
It knows no session.
"""

from agent.ids import WorkerId
from agent.record import ContactRecord, decode
from agent.store.memory import MemoryStore


class DurableStore(MemoryStore):
    """A `MemoryStore` in which no record comes out as the object that went in.

    Raises StoreUnusable, where a record is saved, if it could not be read again.
    """

    async def claim(self, fresh: ContactRecord, *, owner: WorkerId) -> ContactRecord:
        return await super().claim(_written(fresh), owner=owner)

    async def save(self, record: ContactRecord) -> None:
        await super().save(_written(record))

    async def release(self, record: ContactRecord) -> None:
        await super().release(_written(record))


def _written(record: ContactRecord) -> ContactRecord:
    return decode(record.encode(), epoch=record.epoch, owner=record.owner)
