"""Erasing what is kept of a contact: whoever serves it is asked first, and what cannot be read can still be erased."""

import pytest
from msgspec.structs import replace

from agent.clock import SystemClock
from agent.daemon.erasing import Erased, Erasure, erase
from agent.errors import AlreadyOwned, Fenced, StoreUnusable
from agent.ids import ContactKey, WorkerId
from agent.record import ContactRecord, Phase
from agent.store.memory import MemoryStore
from agent.testing.conformance.records import key, record

ANN = WorkerId("ann")


async def _served(store: MemoryStore) -> ContactRecord:
    await store.heartbeat(ANN, ttl=600)
    return await store.claim(record(1), owner=ANN)


async def test_a_finished_contact_is_erased() -> None:
    """Nothing is left of it, although its worker lives."""
    store = MemoryStore(SystemClock())
    await store.save(replace(await _served(store), phase=Phase.OVER))
    assert await erase(store, key(1)) == Erasure(outcome=Erased.ERASED)
    assert await store.load(key(1)) is None


async def test_a_contact_that_nobody_serves_is_erased() -> None:
    """Its worker is dead."""
    store = MemoryStore(SystemClock())
    await _served(store)
    await store.retire(ANN)
    assert (await erase(store, key(1))).outcome is Erased.ERASED


async def test_a_contact_that_is_served_is_not_erased_under_its_worker() -> None:
    """Unless it is forced; then the session's next write is refused."""
    store = MemoryStore(SystemClock())
    served = await _served(store)
    with pytest.raises(AlreadyOwned, match="--force"):
        await erase(store, key(1))
    assert await store.load(key(1)) is not None
    assert (await erase(store, key(1), force=True)).outcome is Erased.ERASED
    with pytest.raises(Fenced):
        await store.save(served)


async def test_an_unknown_contact_is_told_apart() -> None:
    """Nothing is kept of it."""
    assert (await erase(MemoryStore(SystemClock()), key(1))).outcome is Erased.UNKNOWN


async def test_what_cannot_be_read_can_be_erased() -> None:
    """Its key may be lost, and the duty to erase it not."""

    class Sealed(MemoryStore):
        async def load(self, key: ContactKey) -> ContactRecord | None:
            raise StoreUnusable("no key")

    store = Sealed(SystemClock())
    await _served(store)
    assert await erase(store, key(1)) == Erasure(outcome=Erased.ERASED, unreadable=True)
    assert await MemoryStore.load(store, key(1)) is None
