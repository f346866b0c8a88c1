# ruff: noqa: S101 - a conformance kit asserts
"""What every `ContactStore` must do, as tests to inherit.

::

    class TestMyStore(StoreConformance):
        async def open(self, clock: Clock) -> ContactStore:
            return await MyStore.create_empty(clock)

Run it with pytest and pytest-asyncio in auto mode. Each test opens a store of its own through `open`, moves time by
hand and closes it. The kit knows the contract, and no store.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import anyio
import pytest
from hypothesis import HealthCheck, given, settings

from agent.clock import Clock
from agent.errors import AlreadyOwned, Fenced
from agent.ids import ContactKey, WorkerId
from agent.ports import ContactStore
from agent.record import ContactRecord, Phase
from agent.testing.clocks import ManualClock
from agent.testing.conformance.records import PARTICIPANT_TOKEN, key, record, records

ANN, BOB, CAT = WorkerId("ann"), WorkerId("bob"), WorkerId("cat")
TTL = 10.0


class StoreConformance(ABC):
    """Subclass it as ``Test…`` and say how your store is opened.

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

    # ------------------------------------------------------------------------------------- claiming

    async def test_a_contact_that_is_not_stored_is_claimed_with_epoch_one(self) -> None:
        """The first claim stores the record as given, with the owner and epoch 1."""
        async with self.opened() as store:
            claimed = await store.claim(record(), owner=ANN)
            assert claimed == replace(record(), epoch=1, owner=ANN)
            assert await store.load(key()) == claimed

    async def test_a_contact_that_is_not_stored_loads_as_none(self) -> None:
        """Not knowing a contact is no error."""
        async with self.opened() as store:
            assert await store.load(key()) is None

    async def test_claiming_ones_own_contact_again_gives_a_new_epoch_and_fences_the_older_session(self) -> None:
        """A restarted worker goes on at once, and a repeated claim is harmless."""
        async with self.opened() as store:
            await store.heartbeat(ANN, ttl=TTL)
            older = await store.claim(record(), owner=ANN)
            newer = await store.claim(record(), owner=ANN)
            assert newer.epoch > older.epoch
            with pytest.raises(Fenced):
                await store.save(older)

    async def test_a_claim_keeps_what_is_stored(self) -> None:
        """The fresh record is only for a contact that nobody has stored."""
        async with self.opened() as store:
            claimed = await store.claim(record(), owner=ANN)
            await store.save(replace(claimed, state=b"kept"))
            again = await store.claim(record(state=b"fresh"), owner=ANN)
            assert again.state == b"kept"

    async def test_a_contact_of_a_live_worker_is_not_given_away(self) -> None:
        """AlreadyOwned, and the owner writes on undisturbed."""
        clock = ManualClock()
        async with self.shared(clock) as (ann, bob):
            await ann.heartbeat(ANN, ttl=TTL)
            claimed = await ann.claim(record(), owner=ANN)
            with pytest.raises(AlreadyOwned):
                await bob.claim(record(), owner=BOB)
            await ann.save(claimed)
            assert await bob.load(key()) == claimed

    async def test_a_contact_of_a_dead_worker_is_given_away_with_a_higher_epoch(self) -> None:
        """Dead is whose lease lapsed; from then on it is fenced in save and release alike."""
        clock = ManualClock()
        async with self.shared(clock) as (ann, bob):
            await ann.heartbeat(ANN, ttl=TTL)
            lost = await ann.claim(record(), owner=ANN)
            clock.advance(TTL)
            taken = await bob.claim(record(), owner=BOB)
            assert (taken.owner, taken.epoch > lost.epoch) == (BOB, True)
            with pytest.raises(Fenced):
                await ann.save(lost)
            with pytest.raises(Fenced):
                await ann.release(lost)
            assert await bob.load(key()) == taken

    async def test_a_worker_that_never_beat_its_heart_is_dead(self) -> None:
        """No lease protects a claim made without one."""
        async with self.opened() as store:
            await store.claim(record(), owner=ANN)
            assert (await store.claim(record(), owner=BOB)).owner == BOB

    async def test_a_lapsed_lease_alone_does_not_fence(self) -> None:
        """Only somebody else's claim takes a contact away."""
        clock = ManualClock()
        async with self.opened(clock) as store:
            await store.heartbeat(ANN, ttl=TTL)
            claimed = await store.claim(record(), owner=ANN)
            clock.advance(10 * TTL)
            await store.save(replace(claimed, state=b"late"))
            loaded = await store.load(key())
            assert loaded is not None
            assert loaded.state == b"late"

    async def test_a_contact_that_is_over_can_be_claimed_and_says_so(self) -> None:
        """A repeated offer must find out that the chat is over."""
        async with self.opened() as store:
            claimed = await store.claim(record(), owner=ANN)
            await store.release(replace(claimed, phase=Phase.OVER, over="left"))
            again = await store.claim(record(), owner=BOB)
            assert (again.phase, again.over) == (Phase.OVER, "left")

    async def test_the_epoch_grows_with_every_claim(self) -> None:
        """Whoever claims and however the contact became free."""
        clock = ManualClock()
        async with self.opened(clock) as store:
            epochs = []
            for owner in (ANN, ANN, BOB, CAT, ANN):
                await store.heartbeat(owner, ttl=TTL)
                claimed = await store.claim(record(), owner=owner)
                epochs.append(claimed.epoch)
                clock.advance(TTL)
            released = await store.claim(record(), owner=ANN)
            await store.release(released)
            epochs += [released.epoch, (await store.claim(record(), owner=BOB)).epoch]
            assert epochs == sorted(set(epochs))

    async def test_of_many_claims_at_once_exactly_one_wins(self) -> None:
        """All claimers are alive; all but one read AlreadyOwned."""
        clock = ManualClock()
        claimers = [WorkerId(f"worker-{number}") for number in range(20)]
        winners: list[ContactRecord] = []

        async def claim(store: ContactStore, owner: WorkerId) -> None:
            try:
                winners.append(await store.claim(record(), owner=owner))
            except AlreadyOwned:
                return

        async with self.shared(clock) as handles:
            for worker in claimers:
                await handles[0].heartbeat(worker, ttl=TTL)
            async with anyio.create_task_group() as tasks:
                for number, worker in enumerate(claimers):
                    tasks.start_soon(claim, handles[number % 2], worker)
            assert [await handles[0].load(key())] == winners

    # --------------------------------------------------------------------------------------- saving

    async def test_a_save_replaces_the_record_and_may_be_repeated(self) -> None:
        """Repeating a save changes nothing more."""
        async with self.opened() as store:
            claimed = await store.claim(record(), owner=ANN)
            written = replace(claimed, state=b"1", handled_turns=1)
            await store.save(written)
            await store.save(written)
            assert await store.load(key()) == written

    async def test_a_contact_that_was_never_claimed_cannot_be_saved(self) -> None:
        """Neither with an owner nor without one; nothing is stored."""
        async with self.opened() as store:
            for unclaimed in (record(), replace(record(), epoch=1, owner=ANN)):
                with pytest.raises(Fenced):
                    await store.save(unclaimed)
                with pytest.raises(Fenced):
                    await store.release(unclaimed)
            assert await store.load(key()) is None

    async def test_a_save_of_another_epoch_is_fenced(self) -> None:
        """An older epoch, and one that nobody was given."""
        async with self.opened() as store:
            claimed = await store.claim(record(), owner=ANN)
            for epoch in (claimed.epoch - 1, claimed.epoch + 1):
                with pytest.raises(Fenced):
                    await store.save(replace(claimed, epoch=epoch))
            assert await store.load(key()) == claimed

    async def test_a_save_of_another_owner_is_fenced(self) -> None:
        """The right epoch in the wrong hand is refused, too."""
        async with self.opened() as store:
            claimed = await store.claim(record(), owner=ANN)
            with pytest.raises(Fenced):
                await store.save(replace(claimed, owner=BOB))

    async def test_saves_of_many_contacts_at_once_keep_to_themselves(self) -> None:
        """A fenced save fails alone; every other one is stored."""
        async with self.opened() as store:
            claimed = [await store.claim(record(number), owner=ANN) for number in range(60)]
            fenced: list[ContactKey] = []

            async def save(number: int, mine: ContactRecord) -> None:
                try:
                    await store.save(replace(mine, epoch=mine.epoch + (number % 3 == 0), state=b"saved"))
                except Fenced:
                    fenced.append(mine.key)

            async with anyio.create_task_group() as tasks:
                for number, mine in enumerate(claimed):
                    tasks.start_soon(save, number, mine)
            loaded = [await store.load(mine.key) for mine in claimed]
            assert sorted(fenced) == [key(number) for number in range(0, 60, 3)]
            assert [found and found.state for found in loaded] == [b"" if n % 3 == 0 else b"saved" for n in range(60)]

    async def test_a_cancelled_save_never_lies_over_a_later_one(self) -> None:
        """It takes place before what comes after it, or never."""
        async with self.opened() as store:
            claimed = await store.claim(record(), owner=ANN)
            for turn in range(20):
                with anyio.CancelScope() as scope:
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(store.save, replace(claimed, handled_turns=1000 + turn))
                        await anyio.lowlevel.checkpoint()
                        scope.cancel()
                await store.save(replace(claimed, handled_turns=turn))
                assert await store.load(key()) == replace(claimed, handled_turns=turn)

    async def test_what_is_stored_does_not_change_with_what_is_held(self) -> None:
        """The store keeps a copy, and gives away copies."""
        async with self.opened() as store:
            mine = await store.claim(replace(record(), attributes={"colour": "red"}), owner=ANN)
            mine.attributes["colour"] = "blue"
            loaded = await store.load(key())
            assert loaded is not None
            loaded.attributes["colour"] = "green"
            assert (await store.claim(record(), owner=ANN)).attributes == {"colour": "red"}

    # ------------------------------------------------------------------------------------ releasing

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

    # --------------------------------------------------------------------------------------- leases

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

    # ------------------------------------------------------------------------------------ claimable

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

    # ------------------------------------------------------------------------------------ forgetting

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

    # -------------------------------------------------------------------------------------- contents

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
