"""The store of the dev loop: it outlives each worker, tells what is saved, and lets a new contact begin with a past."""

from collections.abc import Callable

from msgspec.structs import replace

from agent.clock import Clock
from agent.ids import ContactId, ContactKey, WorkerId
from agent.record import ContactRecord, Phase
from agent.store.memory import MemoryStore


class DevStore(MemoryStore):
    """A memory store for one bot that is being changed, perhaps its name as well.

    Attributes:
        bot: the name of the build that serves; every chat is its own.
    """

    def __init__(self, clock: Clock, saved: Callable[[ContactRecord], None]) -> None:
        super().__init__(clock)
        self.bot = ""
        self._saved = saved
        self._prepared: dict[ContactId, ContactRecord] = {}

    def prepare(self, contact: ContactId, record: ContactRecord) -> None:
        """When `contact` is claimed for the first time it begins with the memory of `record`."""
        self._prepared[contact] = record

    async def claim(self, fresh: ContactRecord, *, owner: WorkerId) -> ContactRecord:
        past = self._prepared.pop(fresh.key.contact_id, None)
        claimed = await super().claim(fresh if past is None else _with_memory(fresh, past), owner=owner)
        return self._ours(claimed)

    async def load(self, key: ContactKey) -> ContactRecord | None:
        record = await super().load(key)
        return record and self._ours(record)

    async def save(self, record: ContactRecord) -> None:
        await super().save(record)
        self._saved(record)

    def _ours(self, record: ContactRecord) -> ContactRecord:
        return replace(record, bot=self.bot) if self.bot else record


def _with_memory(fresh: ContactRecord, past: ContactRecord) -> ContactRecord:
    """Who and where as in `fresh`, all else as in `past`; what it did outside of itself is not taken over."""
    return replace(
        past,
        key=fresh.key,
        bot=fresh.bot,
        display_name=fresh.display_name,
        initial_contact_id=fresh.initial_contact_id,
        attributes=fresh.attributes,
        phase=Phase.CLAIMED,
        over=None,
        join=fresh.join,
        participant=None,
        streams=(),
        orders=(),
        interrupted=(),
    )
