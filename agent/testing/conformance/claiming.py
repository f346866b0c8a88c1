# ruff: noqa: S101 - a conformance kit asserts
"""Whose a contact is: who may claim it, who may not, and what a claim gives and takes."""

import anyio
import pytest
from msgspec.structs import replace

from agent.errors import AlreadyOwned, Fenced
from agent.ids import WorkerId
from agent.ports import ContactStore
from agent.record import ContactRecord, Phase
from agent.testing.clocks import ManualClock
from agent.testing.conformance.kit import ANN, BOB, CAT, TTL, StoreKit
from agent.testing.conformance.records import key, record


class ClaimingConformance(StoreKit):
    """Part of `StoreConformance`."""

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
