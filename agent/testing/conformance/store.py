"""What every `ContactStore` must do, as tests to inherit.

::

    class TestMyStore(StoreConformance):
        async def open(self, clock: Clock) -> ContactStore:
            return await MyStore.create_empty(clock)

Run it with pytest and pytest-asyncio in auto mode. Each test opens a store of its own through `open`, moves time by
hand and closes it. The kit knows the contract, and no store.
"""

from agent.testing.conformance.claiming import ClaimingConformance
from agent.testing.conformance.contents import ContentsConformance
from agent.testing.conformance.kit import ANN, BOB, CAT, TTL
from agent.testing.conformance.leases import LeaseConformance
from agent.testing.conformance.listing import ListingConformance
from agent.testing.conformance.releasing import ReleasingConformance
from agent.testing.conformance.saving import SavingConformance

__all__ = ["ANN", "BOB", "CAT", "TTL", "StoreConformance"]


class StoreConformance(
    ClaimingConformance,
    SavingConformance,
    ReleasingConformance,
    LeaseConformance,
    ListingConformance,
    ContentsConformance,
):
    """Subclass it as ``Test…`` and say how your store is opened.

    Attributes:
        sweeps: False for a store that lets over contacts expire by itself, so that `sweep` deletes none.
    """
