"""Lost answers, lost requests, throttles and late arrivals between a worker and its table, over real HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from msgspec.structs import replace

from agent.aws.dynamodb import DynamoDBStore, TableSettings
from agent.errors import AlreadyOwned, Fenced, StoreUnreachable, StoreUnusable
from agent.ids import WorkerId
from agent.testing.clocks import ManualClock
from agent.testing.conformance.records import PARTICIPANT_TOKEN, key, record
from tests.aws.dynamodb.between import Between, Fate, between
from tests.aws.dynamodb.tables import PATIENT, at, made_table
from tests.aws.moto import Moto

ANN, BOB = WorkerId("ann"), WorkerId("bob")
THROTTLED = (400, "ProvisionedThroughputExceededException")
BROKEN = (500, "InternalServerError")


@asynccontextmanager
async def opened(settings: TableSettings, clock: ManualClock | None = None) -> AsyncIterator[DynamoDBStore]:
    """A worker's own handle."""
    async with await DynamoDBStore.open(settings, clock=clock or ManualClock()) as store:
        yield store


@asynccontextmanager
async def disturbed(moto: Moto, *, patience: float = PATIENT) -> AsyncIterator[tuple[DynamoDBStore, Between]]:
    """A store whose way to its table can be disturbed."""
    settings = made_table(moto)
    async with between(moto.url) as man, opened(at(settings, man.url, patience=patience)) as store:
        man.counted()
        yield store, man


async def test_a_plain_turn_is_one_write(moto: Moto) -> None:
    """As many requests as the documentation says, and no more."""
    async with disturbed(moto) as (store, man):
        await store.heartbeat(ANN, ttl=10)
        assert man.counted() == ["PutItem"]
        held = await store.claim(record(), owner=ANN)
        assert man.counted() == ["PutItem"]
        await store.save(replace(held, state=b"joined"))
        await store.save(replace(held, state=b"turn"))
        assert man.counted() == ["PutItem", "PutItem"]
        await store.release(held)
        assert man.counted() == ["PutItem"]
        await store.claim(record(), owner=BOB)
        assert man.counted() == ["PutItem", "PutItem", "PutItem"]  # introduces bob, finds the contact, takes it
        await store.heartbeat(ANN, ttl=10)
        assert man.counted() == ["PutItem"]


@pytest.mark.parametrize("fault", [Fate.LOSE_ANSWER, Fate.LOSE_REQUEST, THROTTLED, BROKEN])
async def test_every_write_gets_over_what_passes(moto: Moto, fault: Fate | tuple[int, str]) -> None:
    """Whether it took effect or not: nobody is told Fenced or AlreadyOwned for what he did himself."""
    async with disturbed(moto) as (store, man):
        man.once("PutItem", fault, fault)
        await store.heartbeat(ANN, ttl=10)
        man.once("PutItem", fault, fault)
        held = await store.claim(record(), owner=ANN)
        assert held.epoch == 1
        man.once("PutItem", fault, fault)
        await store.save(replace(held, state=b"kept"))
        man.once("PutItem", fault, fault)
        again = await store.claim(record(), owner=ANN)
        assert (again.state, again.epoch) == (b"kept", 2)
        man.once("PutItem", fault, fault)
        await store.release(again)
        assert await store.load(key()) == replace(again, owner=None)
        man.once("PutItem", fault, fault)
        await store.retire(ANN)
        assert await store.workers() == []
        man.once("DeleteItem", fault, fault)
        await store.forget(key())
        assert await store.load(key()) is None


@pytest.mark.parametrize("fault", [Fate.LOSE_REQUEST, THROTTLED, BROKEN])
async def test_what_does_not_pass_is_unreachable(moto: Moto, fault: Fate | tuple[int, str]) -> None:
    """When the patience is at its end; then it goes on as if nothing had been."""
    async with disturbed(moto, patience=0.3) as (store, man):
        held = await store.claim(record(), owner=ANN)
        man.always(fault)
        man.counted()
        with pytest.raises(StoreUnreachable) as raised:
            await store.save(replace(held, state=b"lost"))
        assert "PutItem" in man.counted()
        assert "secret words" not in f"{raised.value} {raised.value.__cause__}"
        man.always(Fate.PASS)
        await store.save(replace(held, state=b"kept"))
        assert await store.load(key()) == replace(held, state=b"kept")


async def test_a_beat_whose_answer_was_lost_is_not_written_twice(moto: Moto) -> None:
    """Asked again, the table shows that it was this very beat that came first."""
    async with disturbed(moto) as (store, man):
        await store.heartbeat(ANN, ttl=10)
        man.counted()
        man.once("PutItem", Fate.LOSE_ANSWER)
        await store.heartbeat(ANN, ttl=10)
        assert man.counted() == ["PutItem", "PutItem"]


async def test_a_save_that_was_given_up_never_lies_over_a_later_one(moto: Moto) -> None:
    """It arrives late, finds a version that it did not expect, and does nothing."""
    async with disturbed(moto, patience=0.0) as (store, man):
        held = await store.claim(record(), owner=ANN)
        man.once("PutItem", Fate.HOLD)
        with pytest.raises(StoreUnreachable):
            await store.save(replace(held, state=b"old"))
        await store.save(replace(held, state=b"new"))
        assert await man.release_held() == [400]
        assert await store.load(key()) == replace(held, state=b"new")


async def test_a_save_goes_over_one_that_was_given_up_and_arrived(moto: Moto) -> None:
    """The version is another than expected, but epoch and owner are ours."""
    async with disturbed(moto, patience=0.0) as (store, man):
        held = await store.claim(record(), owner=ANN)
        man.once("PutItem", Fate.LOSE_ANSWER)
        with pytest.raises(StoreUnreachable):
            await store.save(replace(held, state=b"old"))
        await store.save(replace(held, state=b"new"))
        assert await store.load(key()) == replace(held, state=b"new")


async def test_a_beat_that_was_given_up_never_revives_who_retired(moto: Moto) -> None:
    """Nor does a first one."""
    async with disturbed(moto, patience=0.0) as (store, man):
        for _ in range(2):
            man.once("PutItem", Fate.HOLD)
            with pytest.raises(StoreUnreachable):
                await store.heartbeat(ANN, ttl=10)
            await store.retire(ANN)
            assert await man.release_held() == [400]
            assert await store.workers() == []


async def test_a_cancelled_claim_never_takes_a_contact_from_a_later_one(moto: Moto) -> None:
    """Ann gave up, bob has it; ann's request arrives last and is refused."""
    async with disturbed(moto) as (store, man):
        held = await store.claim(record(), owner=BOB)
        await store.release(held)
        asked = anyio.Event()

        def judge(operation: str, members: dict[str, object]) -> Fate:
            if "version = :version AND epoch = :epoch" not in str(members.get("ConditionExpression")):
                return Fate.PASS
            asked.set()
            return Fate.HOLD

        man.judge = judge
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_claim, store)
            await asked.wait()
            tasks.cancel_scope.cancel()
        man.always(Fate.PASS)
        mine = await store.claim(record(), owner=BOB)
        assert set(await man.release_held()) == {400}
        await store.save(mine)


async def _claim(store: DynamoDBStore) -> None:
    await store.claim(record(), owner=ANN)


async def test_of_two_clients_that_claim_at_once_exactly_one_wins(moto: Moto) -> None:
    """Again and again, on machines of their own; both are alive."""
    settings, clock, wins = made_table(moto), ManualClock(), dict.fromkeys((ANN, BOB), 0)

    async def claim(store: DynamoDBStore, owner: WorkerId, number: int, winners: list[WorkerId]) -> None:
        try:
            winners.append((await store.claim(record(number), owner=owner)).owner or owner)
        except AlreadyOwned:
            return

    async with opened(settings, clock) as ann, opened(settings, clock) as bob:
        await ann.heartbeat(ANN, ttl=10)
        await bob.heartbeat(BOB, ttl=10)
        for number in range(15):
            winners: list[WorkerId] = []
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(claim, ann, ANN, number, winners)
                tasks.start_soon(claim, bob, BOB, number, winners)
            stored = await ann.load(key(number))
            assert stored is not None
            assert winners == [stored.owner]
            wins[winners[0]] += 1
    assert sum(wins.values()) == 15


@pytest.mark.parametrize(
    ("operation", "call"), [("PutItem", "save"), ("GetItem", "load"), ("Query", "workers"), ("DeleteItem", "forget")]
)
async def test_a_missing_permission_is_named(moto: Moto, operation: str, call: str) -> None:
    """With the action and the table; asked once."""
    async with disturbed(moto) as (store, man):
        held = await store.claim(record(), owner=ANN)
        man.counted()
        man.once(operation, (400, "AccessDeniedException"))
        calls = {
            "save": lambda: store.save(held),
            "load": lambda: store.load(key()),
            "workers": store.workers,
            "forget": lambda: store.forget(key()),
        }
        with pytest.raises(StoreUnusable, match=f"allow dynamodb:{operation} on the table t-") as raised:
            await calls[call]()
        assert man.counted() == [operation]
        assert PARTICIPANT_TOKEN not in f"{raised.value} {raised.value.__cause__}"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((400, "AccessDeniedException"), "allow dynamodb:DescribeTable"),
        ((400, "UnrecognizedClientException"), "aws sts get-caller-identity"),
        ((400, "ResourceNotFoundException"), "make it with `chat-agent table create`"),
        ((400, "ValidationException"), "chat-agent table check"),
    ],
)
async def test_what_is_wrong_at_the_start_is_said_at_the_start(
    moto: Moto, answer: tuple[int, str], sentence: str
) -> None:
    """Before any chat, with what to do."""
    settings = made_table(moto)
    async with between(moto.url) as man:
        man.always(answer)
        with pytest.raises(StoreUnusable) as raised:
            await DynamoDBStore.open(at(settings, man.url), clock=ManualClock())
    assert sentence in str(raised.value)


async def test_a_table_that_nobody_answers_for_is_unreachable(moto: Moto) -> None:
    """At the start."""
    settings = made_table(moto)
    with pytest.raises(StoreUnreachable, match=r"store\.endpoint_url"):
        await DynamoDBStore.open(at(settings, "http://127.0.0.1:1", patience=0.1), clock=ManualClock())


async def test_whoever_lost_the_contact_while_its_answer_was_lost_is_fenced(moto: Moto) -> None:
    """Its save took place, but somebody claimed before it could ask again: it has to fall silent."""
    async with disturbed(moto, patience=0.0) as (store, man):
        held = await store.claim(record(), owner=ANN)
        man.once("PutItem", Fate.LOSE_ANSWER)
        with pytest.raises(StoreUnreachable):
            await store.save(replace(held, state=b"last"))
        assert (await store.claim(record(), owner=BOB)).state == b"last"
        with pytest.raises(Fenced):
            await store.save(held)


async def test_who_read_before_another_wrote_reads_again(moto: Moto) -> None:
    """A claim stands on what lies there now: written since, claimed since, or forgotten since."""
    async with disturbed(moto) as (store, _):
        held = await store.claim(record(), owner=ANN)
        stale = await store._heads.read(key())
        await store.save(replace(held, state=b"since"))
        taken = await store._claim_stored(stale, BOB)
        assert taken is not None
        assert (taken.state, taken.epoch) == (b"since", 2)
        await store.heartbeat(BOB, ttl=10)
        with pytest.raises(AlreadyOwned):
            await store._claim_stored(stale, ANN)
        await store.forget(key())
        assert await store._claim_stored(await store._heads.read(key()), ANN) is None


async def test_a_claim_of_what_was_forgotten_meanwhile_stores_it_anew(moto: Moto) -> None:
    """It was in the way, and is not any more."""
    async with disturbed(moto) as (store, _):
        await store.claim(record(state=b"old"), owner=ANN)
        found = await store._heads.read(key())
        assert found is not None
        await store.forget(key())
        assert await store._claim_stored(found, BOB) is None
        assert (await store.claim(record(state=b"fresh"), owner=BOB)).state == b"fresh"
