# ruff: noqa: S101 - a conformance kit asserts
"""Which contacts there are, for whom, and in which order."""

from msgspec.structs import replace

from agent.record import Phase
from agent.testing.conformance.kit import ANN, BOB, CAT, TTL, StoreKit
from agent.testing.conformance.records import key, record


class ListingConformance(StoreKit):
    """Part of `StoreConformance`."""

    async def test_claimable_are_ones_own_the_released_and_those_of_the_dead(self) -> None:
        """Not those of the living, not what is over."""
        async with self.opened() as store:
            for worker in (ANN, BOB):
                await store.heartbeat(worker, ttl=TTL)
            owners = {1: ANN, 2: BOB, 3: CAT, 4: ANN, 5: CAT}
            held = {number: await store.claim(record(number), owner=owner) for number, owner in owners.items()}
            await store.release(held[4])
            await store.save(replace(held[5], phase=Phase.OVER))
            assert await store.claimable(BOB) == [key(2), key(3), key(4)]
            assert await store.claimable(ANN) == [key(1), key(3), key(4)]

    async def test_ones_own_are_left_out_on_demand(self) -> None:
        """Also when one's own lease has lapsed: who knows its chats asks for those of others only."""
        async with self.opened() as store:
            await store.heartbeat(BOB, ttl=TTL)
            for number, owner in {1: ANN, 2: BOB, 3: CAT}.items():
                held = await store.claim(record(number), owner=owner)
            await store.release(held)
            assert await store.claimable(BOB, own=False) == [key(1), key(3)]
            assert await store.claimable(ANN, own=False) == [key(3)]
            assert await store.claimable(ANN, own=False, after=key(3)) == []

    async def test_live_are_all_that_are_not_over_whoever_owns_them(self) -> None:
        """In pages, in the order of the keys."""
        async with self.opened() as store:
            await store.heartbeat(ANN, ttl=TTL)
            for number in (3, 1, 2):
                await store.claim(record(number), owner=ANN)
            over = await store.claim(record(4), owner=ANN)
            await store.save(replace(over, phase=Phase.OVER))
            assert await store.live() == [key(1), key(2), key(3)]
            assert await store.live(limit=2) == [key(1), key(2)]
            assert await store.live(limit=2, after=key(2)) == [key(3)]

    async def test_a_contact_that_was_over_is_live_again_once_saved_so(self) -> None:
        """Who claims it may take it up again; the next save is of a contact like any other."""
        async with self.opened() as store:
            await store.heartbeat(ANN, ttl=TTL)
            await store.release(replace(await store.claim(record(), owner=ANN), phase=Phase.OVER))
            again = await store.claim(record(), owner=ANN)
            for state in (b"first", b"second"):
                await store.save(replace(again, phase=Phase.JOINED, state=state))
                assert await store.live() == [key()]
                assert (await store.load(key())) == replace(again, phase=Phase.JOINED, state=state)

    async def test_what_is_over_is_not_claimable_however_it_became_so(self) -> None:
        """By save, by release, or stored as over in the first place."""
        async with self.opened() as store:
            await store.claim(record(1, phase=Phase.OVER), owner=ANN)
            await store.save(replace(await store.claim(record(2), owner=ANN), phase=Phase.OVER))
            await store.release(replace(await store.claim(record(3), owner=ANN), phase=Phase.OVER))
            assert await store.claimable(ANN) == []

    async def test_claimable_gives_pages_in_the_order_of_the_keys(self) -> None:
        """So that what cannot be claimed never hides the rest."""
        async with self.opened() as store:
            for number in (5, 3, 1, 4, 2):
                await store.claim(record(number), owner=ANN)
            assert await store.claimable(BOB, limit=2) == [key(1), key(2)]
            assert await store.claimable(BOB, limit=2, after=key(2)) == [key(3), key(4)]
            assert await store.claimable(BOB, limit=2, after=key(4)) == [key(5)]
            assert await store.claimable(BOB, after=key(5)) == []
