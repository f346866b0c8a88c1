"""The store in one file keeps the contract, in clear and sealed, with one handle and with several."""

import base64
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

import anyio
import pytest
from msgspec.structs import replace

from agent.clock import Clock
from agent.errors import Fenced, StoreUnreachable, StoreUnusable
from agent.ids import Secret, WorkerId
from agent.ports import ContactStore
from agent.store import AesGcmSealer, Sealer, SQLiteStore
from agent.store.file import Synchronous
from agent.testing.clocks import ManualClock
from agent.testing.conformance.records import PARTICIPANT_TOKEN, key, record
from agent.testing.conformance.store import StoreConformance

ANN, BOB = WorkerId("ann"), WorkerId("bob")
OLD, NEW = (Secret(base64.b64encode(bytes([n]) * 32).decode()) for n in (1, 2))


class TestSQLiteStore(StoreConformance):
    """One file; the second handle is a second connection, as another process has it."""

    sealer: Sealer | None = None

    @pytest.fixture(autouse=True)
    def _directory(self, tmp_path: Path) -> None:
        self.names = (tmp_path / f"{number}.db" for number in count())

    async def open(self, clock: Clock) -> ContactStore:
        self.path = next(self.names)
        return await SQLiteStore.open(self.path, clock=clock, sealer=self.sealer, synchronous=Synchronous.NORMAL)

    async def another(self, store: ContactStore, clock: Clock) -> ContactStore:
        return await SQLiteStore.open(self.path, clock=clock, sealer=self.sealer, synchronous=Synchronous.NORMAL)


class TestSealedSQLiteStore(TestSQLiteStore):
    """The same, encrypted."""

    sealer = AesGcmSealer([NEW, OLD])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contacts.db"


async def opened(path: Path, *keys: Secret) -> SQLiteStore:
    return await SQLiteStore.open(path, clock=ManualClock(), sealer=AesGcmSealer(keys) if keys else None)


def contents(path: Path) -> bytes:
    return path.read_bytes()


async def test_what_was_saved_is_there_after_opening_again(path: Path) -> None:
    """The file is the memory."""
    async with await opened(path) as store:
        written = replace(await store.claim(record(), owner=ANN), state=b"kept")
        await store.save(written)
    async with await opened(path) as store:
        assert await store.load(key()) == written


async def test_leases_outlive_a_handle(path: Path) -> None:
    """A worker that comes back by the same name within its lease is still alive."""
    async with await opened(path) as store:
        await store.heartbeat(ANN, ttl=10)
    async with await opened(path) as store:
        assert await store.workers() == [ANN]


async def test_sweeping_also_drops_the_rows_of_dead_workers(path: Path) -> None:
    """Lease rows do not pile up over months of rollouts."""
    clock = ManualClock()
    async with await SQLiteStore.open(path, clock=clock) as store:
        await store.heartbeat(ANN, ttl=10)
        clock.advance(20)
        await store.heartbeat(BOB, ttl=10)
        await store.sweep(older_than=1)
        rows = await store._writer.run(lambda connection: connection.execute("SELECT worker FROM workers").fetchall())
        assert rows == [("bob",)]


async def test_many_saves_at_once_share_few_commits(path: Path) -> None:
    """Group commit: what gathers during one commit goes into the next together."""
    async with await opened(path) as store:
        claimed = [await store.claim(record(number), owner=ANN) for number in range(100)]
        commits: list[str] = []
        await store._writer.run(lambda connection: connection.set_trace_callback(commits.append))
        async with anyio.create_task_group() as tasks:
            for mine in claimed:
                tasks.start_soon(store.save, mine)
        await store._writer.run(lambda connection: connection.set_trace_callback(None))
    assert commits.count("COMMIT") < 10


async def test_closing_commits_what_was_asked_for_before(path: Path) -> None:
    """Whoever still waits for his save gets it; whoever comes later is told that the store is closed."""
    store = await opened(path)
    written = replace(await store.claim(record(), owner=ANN), state=b"last")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store.save, written)
        await anyio.lowlevel.checkpoint()
        await store.aclose()
    with pytest.raises(StoreUnusable, match="closed"):
        await store.save(written)
    async with await opened(path) as store:
        assert await store.load(key()) == written


async def test_closing_under_cancellation_joins_the_thread(path: Path) -> None:
    """Nothing is left behind, whoever is in a hurry."""
    store = await opened(path)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await store.aclose()
    assert not store._writer._thread.is_alive()


async def test_cancelling_every_waiter_leaves_a_consistent_store(path: Path) -> None:
    """Each contact is as it was, or as it was to be; none is half, and the next save is the last word."""
    async with await opened(path) as store:
        claimed = [await store.claim(record(number), owner=ANN) for number in range(50)]
        async with anyio.create_task_group() as tasks:
            for mine in claimed:
                tasks.start_soon(store.save, replace(mine, state=b"new"))
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        for mine in claimed:
            found = await store.load(mine.key)
            assert found in (mine, replace(mine, state=b"new"))
            await store.save(replace(mine, state=b"last"))
        assert {found.state for mine in claimed if (found := await store.load(mine.key))} == {b"last"}


async def test_a_full_disk_is_unreachable_and_passes(path: Path) -> None:
    """The save fails with a sentence, what was there stays, and with room it goes on."""
    async with await opened(path) as store:
        claimed = await store.claim(record(), owner=ANN)
        pages = await store._writer.run(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
        await store._writer.run(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchone())
        with pytest.raises(StoreUnreachable, match="no room left"):
            await store.save(replace(claimed, state=bytes(100_000)))
        assert await store.load(key()) == claimed
        await store._writer.run(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchone())
        await store.save(replace(claimed, state=bytes(100_000)))


async def test_a_lock_that_stays_is_unreachable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process that never lets go is named as the reason; afterwards it goes on."""
    monkeypatch.setattr("agent.store.file.BUSY_TIMEOUT", 0.0)
    async with await opened(path) as store:
        claimed = await store.claim(record(), owner=ANN)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnreachable, match="locked by another process"):
                await store.save(claimed)
        await store.save(claimed)


async def test_records_written_in_clear_are_sealed_by_their_next_save(path: Path) -> None:
    """A key may be configured at any time; until then the old records stay readable."""
    async with await opened(path) as store:
        claimed = await store.claim(record(), owner=ANN)
    assert PARTICIPANT_TOKEN.encode() in contents(path)
    async with await opened(path, NEW) as store:
        assert await store.load(key()) == claimed
        await store.save(claimed)
    assert PARTICIPANT_TOKEN.encode() not in contents(path)
    async with await opened(path) as store:
        with pytest.raises(StoreUnusable, match="encrypted and no key is configured"):
            await store.load(key())


async def test_a_rotated_key_opens_old_records_and_seals_new_ones(path: Path) -> None:
    """The new key first, the old one behind it; once all is written again the old one may go."""
    async with await opened(path, OLD) as store:
        claimed = await store.claim(record(), owner=ANN)
    async with await opened(path, NEW, OLD) as store:
        assert await store.load(key()) == claimed
        await store.save(claimed)
    async with await opened(path, NEW) as store:
        assert await store.load(key()) == claimed


async def test_a_record_that_cannot_be_opened_stays_and_leaves_the_others_alone(path: Path) -> None:
    """The refusal names the contact; its owner and epoch are as they were; the next contact works."""
    async with await opened(path, OLD) as store:
        claimed = await store.claim(record(1), owner=ANN)
    async with await opened(path, NEW) as store:
        other = await store.claim(record(2), owner=BOB)
        with pytest.raises(StoreUnusable, match=r"contact-000001.*add that key"):
            await store.claim(record(1), owner=BOB)
        await store.save(other)
        assert await store.claimable(BOB, after=key(1)) == [key(2)]
    async with await opened(path, OLD) as store:
        assert await store.load(key(1)) == claimed


@pytest.mark.parametrize("keys", [(), (NEW,)])
async def test_a_record_copied_to_another_contact_is_refused(path: Path, keys: tuple[Secret, ...]) -> None:
    """A token must not be moved to another chat by who can write the file."""
    copy = "UPDATE contacts SET body = (SELECT body FROM contacts WHERE contact_id = ?) WHERE contact_id = ?"
    async with await opened(path, *keys) as store:
        for number in (1, 2):
            await store.claim(record(number), owner=ANN)
        await store._writer.run(lambda c: c.execute(copy, (key(1).contact_id, key(2).contact_id)))
        with pytest.raises(StoreUnusable, match=r"contact-000002.*another contact"):
            await store.load(key(2))
        assert await store.load(key(1)) is not None


async def test_what_was_forgotten_is_not_in_the_file_any_more(path: Path) -> None:
    """Erased means overwritten, once the file is closed."""
    async with await opened(path) as store:
        await store.claim(replace(record(), state=b"what the customer said" * 1000), owner=ANN)
        await store.forget(key())
    assert b"what the customer said" not in contents(path)


async def test_a_fenced_save_in_a_shared_commit_fails_alone(path: Path) -> None:
    """Ten saves of one batch, one of them stale: the others are stored."""
    async with await opened(path) as store:
        claimed = [await store.claim(record(number), owner=ANN) for number in range(10)]
        outcomes: dict[int, type[BaseException] | None] = {}

        async def save(number: int) -> None:
            try:
                await store.save(replace(claimed[number], epoch=7 if number == 3 else 1, state=b"new"))
            except Fenced as error:
                outcomes[number] = type(error)
            else:
                outcomes[number] = None

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(save, number)
        assert outcomes == {number: Fenced if number == 3 else None for number in range(10)}
