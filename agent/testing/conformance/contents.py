# ruff: noqa: S101 - a conformance kit asserts
"""What comes back is what was stored, and nothing secret shows."""

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from agent.errors import AlreadyOwned, Fenced
from agent.ids import WorkerId
from agent.record import ContactRecord
from agent.testing.conformance.kit import ANN, BOB, TTL, StoreKit
from agent.testing.conformance.records import PARTICIPANT_TOKEN, key, record, records


class ContentsConformance(StoreKit):
    """Part of `StoreConformance`."""

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(fresh=records(), later=records())
    async def test_every_field_of_a_record_comes_back_as_it_was(
        self, fresh: ContactRecord, later: ContactRecord
    ) -> None:
        """Any record that a session could write, through claim, save, release and load."""
        async with self.opened() as store:
            claimed = await store.claim(fresh, owner=ANN)
            assert claimed == replace(fresh, epoch=1, owner=ANN)
            written = replace(later, key=fresh.key, epoch=1, owner=ANN)
            await store.save(written)
            assert await store.load(fresh.key) == written
            await store.release(claimed)
            assert await store.load(fresh.key) == replace(claimed, owner=None)

    async def test_a_large_record_comes_back_as_it_was(self) -> None:
        """300 KB of state: a long dialog's journal."""
        async with self.opened() as store:
            claimed = await store.claim(record(), owner=ANN)
            large = replace(claimed, state=bytes(range(256)) * 1200, journal=b"\0" * 1000)
            await store.save(large)
            assert await store.load(key()) == large

    async def test_every_script_comes_back_as_it_was(self) -> None:
        """Text is kept by code point: nothing is folded, composed or cut at a NUL."""
        words = "naïve nai\u0308ve 東京 🧑🏽‍🚀 שלום \u200f\u0000end"
        async with self.opened() as store:
            fresh = replace(record(), display_name=words, bot=words, attributes={words: words})
            claimed = await store.claim(fresh, owner=WorkerId(words))
            assert await store.load(key()) == claimed == replace(fresh, epoch=1, owner=WorkerId(words))

    async def test_no_token_shows_in_a_repr_or_an_error(self) -> None:
        """Neither in the store's, nor in the record's, nor in a refusal."""
        async with self.opened() as store:
            await store.heartbeat(ANN, ttl=TTL)
            claimed = await store.claim(record(), owner=ANN)
            with pytest.raises(AlreadyOwned) as owned:
                await store.claim(record(), owner=BOB)
            with pytest.raises(Fenced) as fenced:
                await store.save(replace(claimed, epoch=9))
            shown = f"{store!r} {claimed!r} {owned.value!r} {fenced.value!r} {owned.value} {fenced.value}"
            assert PARTICIPANT_TOKEN not in shown

    async def test_closing_twice_is_harmless(self) -> None:
        """A goodbye may be repeated."""
        async with self.opened() as store:
            await store.aclose()
