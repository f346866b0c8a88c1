# ruff: noqa: S101 - a conformance kit asserts
"""What is written, by whom it may be, and what a refused or a cancelled write leaves."""

import anyio
import pytest
from msgspec.structs import replace

from agent.errors import Fenced
from agent.ids import ContactKey
from agent.record import ContactRecord
from agent.testing.conformance.kit import ANN, BOB, StoreKit
from agent.testing.conformance.records import key, record


class SavingConformance(StoreKit):
    """Part of `StoreConformance`."""

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
