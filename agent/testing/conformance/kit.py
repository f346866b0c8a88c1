"""What each part of the kit for contact stores begins with: how the store of one test is opened, and who uses it."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.clock import Clock
from agent.ids import WorkerId
from agent.ports import ContactStore
from agent.testing.clocks import ManualClock

ANN, BOB, CAT = WorkerId("ann"), WorkerId("bob"), WorkerId("cat")
TTL = 10.0


class StoreKit(ABC):
    """Opens stores; each part of the kit adds its tests.

    Attributes:
        sweeps: False for a store that lets over contacts expire by itself, so that `sweep` does nothing.
    """

    sweeps = True

    @abstractmethod
    async def open(self, clock: Clock) -> ContactStore:
        """An empty store that reads its time from `clock`; the kit closes it."""

    async def another(self, store: ContactStore, clock: Clock) -> ContactStore:
        """A second handle on the contents of `store`, as another process would hold it; by default the same one."""
        return store

    @asynccontextmanager
    async def opened(self, clock: Clock | None = None) -> AsyncIterator[ContactStore]:
        """A store of one test."""
        store = await self.open(clock or ManualClock())
        try:
            yield store
        finally:
            await store.aclose()

    @asynccontextmanager
    async def shared(self, clock: Clock) -> AsyncIterator[tuple[ContactStore, ContactStore]]:
        """Two handles on one store, as two workers hold them."""
        async with self.opened(clock) as first:
            second = await self.another(first, clock)
            try:
                yield first, second
            finally:
                await second.aclose()
