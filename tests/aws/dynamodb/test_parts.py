"""Records longer than an item: old or new, never a mix; what a crash leaves is litter that nobody reads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from msgspec import structs

from agent.aws.dynamodb import DynamoDBStore
from agent.aws.dynamodb.parts import LONGEST, cut
from agent.errors import AlreadyOwned, Fenced, StoreUnreachable, StoreUnusable
from agent.ids import WorkerId
from agent.record import Phase
from agent.testing.clocks import ManualClock
from agent.testing.conformance.records import key, record
from tests.aws.dynamodb.between import Between, Fate, between
from tests.aws.dynamodb.tables import at, items_in, made_table
from tests.aws.moto import Moto

ANN, BOB = WorkerId("ann"), WorkerId("bob")
OLD, NEW = bytes(range(256)) * 6_000, b"new" * 400_000


@asynccontextmanager
async def opened(moto: Moto, *, patience: float = 60.0) -> AsyncIterator[tuple[DynamoDBStore, Between]]:
    settings = made_table(moto)
    async with between(moto.url) as man:
        way = at(settings, man.url, patience=patience)
        async with await DynamoDBStore.open(way, clock=ManualClock()) as store:
            yield store, man


def parts_of(store: DynamoDBStore, moto: Moto) -> int:
    items = items_in(replace(store._settings, endpoint_url=moto.url))
    return sum(item["sk"]["S"].startswith("part#") for item in items)  # type: ignore[index]


def heads_of(store: DynamoDBStore, moto: Moto) -> list[dict[str, object]]:
    return [one for one in items_in(replace(store._settings, endpoint_url=moto.url)) if one["sk"] == {"S": "head"}]


def test_a_body_is_cut_only_when_it_must_be() -> None:
    """Nothing is lost at the seams."""
    assert cut(bytes(LONGEST)) == []
    assert [len(piece) for piece in cut(bytes(2 * LONGEST + 1))] == [LONGEST, LONGEST, 1]


async def test_a_long_record_comes_back_as_it_was_and_leaves_nothing_behind(moto: Moto) -> None:
    """Saved, saved again, saved short, released and claimed by another."""
    async with opened(moto) as (store, _):
        held = await store.claim(record(), owner=ANN)
        for state in (OLD, NEW, OLD):
            await store.save(structs.replace(held, state=state))
            assert await store.load(key()) == structs.replace(held, state=state)
        assert parts_of(store, moto) == 5
        await store.release(structs.replace(held, state=NEW))
        taken = await store.claim(record(), owner=BOB)
        assert taken.state == NEW
        await store.save(structs.replace(taken, state=b"short"))
        assert parts_of(store, moto) == 0


async def test_a_long_record_is_claimed_and_forgotten_whole(moto: Moto) -> None:
    """Stored as long in the first place."""
    async with opened(moto) as (store, _):
        held = await store.claim(record(state=OLD), owner=ANN)
        assert held.state == OLD
        await store.forget(key())
        assert parts_of(store, moto) == 0
        with pytest.raises(Fenced):
            await store.save(held)


async def test_a_crash_between_the_parts_leaves_the_old_record_whole(moto: Moto) -> None:
    """Wherever it happens; the next save goes on."""
    for crash in range(5):
        async with opened(moto, patience=0.0) as (store, man):
            held = await store.claim(record(state=OLD), owner=ANN)
            man.once("PutItem", *[Fate.PASS] * crash, Fate.LOSE_REQUEST)
            with pytest.raises(StoreUnreachable):
                await store.save(structs.replace(held, state=NEW))
            assert await store.load(key()) == held
            await store.save(structs.replace(held, state=NEW))
            assert await store.load(key()) == structs.replace(held, state=NEW)


async def test_old_parts_that_cannot_be_deleted_hurt_nobody(moto: Moto) -> None:
    """The save is durable and says so; the litter has an expiry."""
    async with opened(moto, patience=0.0) as (store, man):
        held = await store.claim(record(state=OLD), owner=ANN)
        man.once("DeleteItem", Fate.LOSE_REQUEST)
        await store.save(structs.replace(held, state=b"short"))
        assert await store.load(key()) == structs.replace(held, state=b"short")
        assert parts_of(store, moto) == 5
        assert all("expires" in item for item in items_in(replace(store._settings, endpoint_url=moto.url))[1:-1])


async def test_a_record_that_is_replaced_while_it_is_read_is_read_again(moto: Moto) -> None:
    """The parts of the old head are gone, so the new head is asked for."""
    async with opened(moto) as (store, _):
        held = await store.claim(record(state=OLD), owner=ANN)
        found = await store._heads.read(key())
        await store.save(structs.replace(held, state=NEW))
        assert found is not None
        whole = await store._whole(found)
        assert whole is not None
        assert whole[1] == structs.replace(held, state=NEW)


async def test_a_contact_that_is_claimed_while_its_parts_are_read_stays_with_its_owner(moto: Moto) -> None:
    """It was free when it was found; what is read in its place has an owner, who is alive."""
    async with opened(moto) as (store, _):
        await store.release(await store.claim(record(state=OLD), owner=ANN))
        found = await store._heads.read(key())
        await store.heartbeat(BOB, ttl=10)
        held = await store.claim(record(), owner=BOB)
        await store.save(structs.replace(held, state=NEW))
        with pytest.raises(AlreadyOwned):
            await store._claim_stored(found, ANN)
        await store.save(structs.replace(held, state=b"mine"))


async def test_missing_parts_are_said_to_be_missing(moto: Moto) -> None:
    """Somebody deleted them by hand; the record is left as it is."""
    async with opened(moto) as (store, _):
        held = await store.claim(record(state=OLD), owner=ANN)
        head = await store._heads.read(key())
        assert head is not None
        await store._tidy(head)
        with pytest.raises(StoreUnusable, match="parts of its record are missing"):
            await store.load(key())
        with pytest.raises(StoreUnusable, match="parts of its record are missing"):
            await store.claim(record(), owner=ANN)
        await store.save(structs.replace(held, state=b"saved anew"))


async def test_what_is_over_expires_and_is_listed_no_more(moto: Moto) -> None:
    """The index is sparse; DynamoDB erases by itself what lies long enough, and nothing that is still going on."""
    async with opened(moto) as (store, _):
        held = await store.claim(record(), owner=ANN)
        (item,) = heads_of(store, moto)
        assert "expires" not in item
        await store.save(structs.replace(held, phase=Phase.OVER))
        (item,) = heads_of(store, moto)
        assert "holder" not in item
        assert item["expires"] == {"N": str(int(ManualClock().now().timestamp() + store._settings.keep_over))}
        await store.save(structs.replace(held, phase=Phase.OVER, over="left"))
