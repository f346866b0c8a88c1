# ruff: noqa: S101 - a conformance kit asserts
"""Letting a contact go, and letting it be forgotten."""

import pytest
from msgspec.structs import replace

from agent.errors import Fenced
from agent.record import Phase
from agent.testing.clocks import ManualClock
from agent.testing.conformance.kit import ANN, BOB, TTL, StoreKit
from agent.testing.conformance.records import key, record


class ReleasingConformance(StoreKit):
    """Part of `StoreConformance`."""

    async def test_a_released_contact_may_be_claimed_by_anybody(self) -> None:
        """Although its last owner is alive; what it wrote last is kept."""
        async with self.opened() as store:
            await store.heartbeat(ANN, ttl=TTL)
            claimed = await store.claim(record(), owner=ANN)
            await store.release(replace(claimed, state=b"last words"))
            taken = await store.claim(record(), owner=BOB)
            assert (taken.owner, taken.state) == (BOB, b"last words")

    async def test_a_release_may_be_repeated_until_somebody_claims(self) -> None:
        """Its answer may have been lost."""
        async with self.opened() as store:
            claimed = await store.claim(record(), owner=ANN)
            await store.release(claimed)
            await store.release(claimed)
            await store.claim(record(), owner=BOB)
            with pytest.raises(Fenced):
                await store.release(claimed)

    async def test_a_release_by_who_does_not_own_the_contact_is_fenced(self) -> None:
        """By an older session of the owner, or by another worker; the contact stays owned as it was."""
        async with self.opened() as store:
            older = await store.claim(record(), owner=ANN)
            claimed = await store.claim(record(), owner=ANN)
            for stranger in (older, replace(claimed, owner=BOB)):
                with pytest.raises(Fenced):
                    await store.release(stranger)
            assert await store.load(key()) == claimed

    async def test_a_released_contact_is_not_saved_any_more(self) -> None:
        """The one who let go has let go."""
        async with self.opened() as store:
            claimed = await store.claim(record(), owner=ANN)
            await store.release(claimed)
            with pytest.raises(Fenced):
                await store.save(claimed)
            released = await store.load(key())
            assert released is not None
            with pytest.raises(Fenced):
                await store.save(released)

    async def test_a_forgotten_contact_is_gone(self) -> None:
        """Its owner is fenced, it can be claimed anew, and forgetting it twice is harmless."""
        async with self.opened() as store:
            claimed = await store.claim(record(1, state=b"old"), owner=ANN)
            kept = await store.claim(record(2), owner=ANN)
            await store.forget(key(1))
            await store.forget(key(1))
            assert await store.load(key(1)) is None
            with pytest.raises(Fenced):
                await store.save(claimed)
            assert (await store.claim(record(1), owner=BOB)).state == b""
            assert await store.load(key(2)) == kept

    async def test_sweeping_erases_what_has_been_over_for_long_enough(self) -> None:
        """Nothing younger, and nothing that is still alive."""
        clock = ManualClock()
        async with self.opened(clock) as store:
            for number in (1, 2, 3):
                held = await store.claim(record(number), owner=ANN)
                await store.save(replace(held, phase=Phase.CLAIMED if number == 1 else Phase.OVER))
                clock.advance(60)
            await store.sweep(older_than=100)
            gone = [number for number in (1, 2, 3) if await store.load(key(number)) is None]
            assert gone == ([2] if self.sweeps else [])
