"""The store in memory keeps the contract."""

from agent.clock import Clock
from agent.ports import ContactStore
from agent.store import MemoryStore
from agent.testing.conformance.store import StoreConformance


class TestMemoryStore(StoreConformance):
    """Contacts in a dictionary."""

    async def open(self, clock: Clock) -> ContactStore:
        return MemoryStore(clock)
