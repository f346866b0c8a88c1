# ruff: noqa: S101 - a conformance kit asserts
"""Which workers are alive, and for how long."""

from agent.testing.clocks import ManualClock
from agent.testing.conformance.kit import ANN, BOB, TTL, StoreKit
from agent.testing.conformance.records import key, record


class LeaseConformance(StoreKit):
    """Part of `StoreConformance`."""

    async def test_a_worker_lives_as_long_as_its_lease(self) -> None:
        """Until `ttl` seconds after its last heartbeat, not a moment more."""
        clock = ManualClock()
        async with self.shared(clock) as (ann, bob):
            await bob.heartbeat(BOB, ttl=TTL)
            clock.advance(TTL - 1)
            await ann.heartbeat(ANN, ttl=TTL)
            assert await ann.workers() == [ANN, BOB]
            clock.advance(1)
            assert await bob.workers() == [ANN]

    async def test_heartbeats_keep_a_worker_alive(self) -> None:
        """Each counts from its own moment, with its own length."""
        clock = ManualClock()
        async with self.opened(clock) as store:
            for _ in range(5):
                await store.heartbeat(ANN, ttl=TTL)
                clock.advance(TTL - 1)
                assert await store.workers() == [ANN]
            await store.heartbeat(ANN, ttl=1)
            clock.advance(1)
            assert await store.workers() == []

    async def test_a_lease_from_the_far_future_is_dead(self) -> None:
        """After the wall clock was set back, a dead worker must not look alive for as long as that."""
        clock = ManualClock()
        async with self.opened(clock) as store:
            await store.heartbeat(ANN, ttl=TTL)
            clock.jump(-1)
            assert await store.workers() == [ANN]
            clock.jump(-3600)
            assert await store.workers() == []
            await store.heartbeat(ANN, ttl=TTL)
            assert await store.workers() == [ANN]

    async def test_a_retired_worker_leaves_its_contacts_to_others_at_once(self) -> None:
        """No waiting for the lease to lapse; retiring twice is harmless."""
        async with self.opened() as store:
            await store.heartbeat(ANN, ttl=TTL)
            await store.claim(record(), owner=ANN)
            await store.retire(ANN)
            await store.retire(ANN)
            assert await store.workers() == []
            assert await store.claimable(BOB) == [key()]
            assert (await store.claim(record(), owner=BOB)).owner == BOB
