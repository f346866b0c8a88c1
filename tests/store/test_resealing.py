"""Sealing a file anew: everything comes under the first key, nothing else changes, and what cannot be opened stays."""

import base64
import sqlite3
from pathlib import Path

from agent.clock import SystemClock
from agent.ids import Secret, WorkerId
from agent.record import Phase
from agent.store import AesGcmSealer
from agent.store.resealing import PLAIN
from agent.store.sqlite import SQLiteStore
from agent.testing.conformance.records import key, record

ANN = WorkerId("ann")
OLD, NEW, OTHER = (Secret(base64.b64encode(bytes([number]) * 32).decode()) for number in (1, 2, 3))


async def _kept(path: Path, number: int, *keys: Secret, phase: Phase = Phase.CLAIMED) -> None:
    """A contact that Ann owns, written with the first of `keys`."""
    sealer = AesGcmSealer(keys) if keys else None
    async with await SQLiteStore.open(path, clock=SystemClock(), sealer=sealer) as store:
        await store.heartbeat(ANN, ttl=600)
        claimed = await store.claim(record(number, phase=phase), owner=ANN)
        await store.save(claimed)


def _rows(path: Path) -> dict[str, tuple[int, str, int, float, bytes]]:
    with sqlite3.connect(path) as connection:
        query = "SELECT contact_id, epoch, owner, over, written, body FROM contacts"
        found = {row[0]: row[1:] for row in connection.execute(query)}
    connection.close()
    return found


async def test_all_records_come_under_the_first_key(tmp_path: Path) -> None:
    """Those in clear, those under the old key, finished ones too; the old key alone opens none any more."""
    path = tmp_path / "contacts.db"
    await _kept(path, 1)
    await _kept(path, 2, OLD)
    await _kept(path, 3, OLD, phase=Phase.OVER)
    await _kept(path, 4, NEW, OLD)
    before = _rows(path)
    sealer = AesGcmSealer([NEW, OLD])
    async with await SQLiteStore.open(path, clock=SystemClock(), sealer=sealer) as store:
        counted = await store.reseal(sealer, dry_run=True)
        assert (counted.sealed, _rows(path)) == (0, before)
        done = await store.reseal(sealer)
        again = await store.reseal(sealer)
    assert done.found == counted.found
    assert sorted(done.found.values()) == [1, 1, 2]
    assert done.found[PLAIN] == 1
    assert (done.sealed, again.sealed, done.unreadable) == (3, 0, ())
    after = _rows(path)
    assert {name: row[:-1] for name, row in after.items()} == {name: row[:-1] for name, row in before.items()}
    async with await SQLiteStore.open(path, clock=SystemClock(), sealer=AesGcmSealer([NEW])) as store:
        for number in (1, 2, 3, 4):
            kept = await store.load(key(number))
            assert kept
            assert kept.participant == record(number).participant


async def test_a_session_goes_on_over_it(tmp_path: Path) -> None:
    """Owner and epoch stay, so the next save is not fenced."""
    path = tmp_path / "contacts.db"
    sealer = AesGcmSealer([NEW, OLD])
    async with await SQLiteStore.open(path, clock=SystemClock(), sealer=AesGcmSealer([OLD])) as store:
        await store.heartbeat(ANN, ttl=600)
        claimed = await store.claim(record(1), owner=ANN)
        async with await SQLiteStore.open(path, clock=SystemClock(), sealer=sealer) as other:
            assert (await other.reseal(sealer)).sealed == 1
        await store.save(claimed)


async def test_what_no_key_opens_is_named_and_left(tmp_path: Path) -> None:
    """Byte for byte; the others are sealed all the same."""
    path = tmp_path / "contacts.db"
    await _kept(path, 1, OTHER)
    await _kept(path, 2, OLD)
    before = _rows(path)
    sealer = AesGcmSealer([NEW, OLD])
    async with await SQLiteStore.open(path, clock=SystemClock(), sealer=sealer) as store:
        done = await store.reseal(sealer)
    assert (done.sealed, done.unreadable) == (1, (key(1),))
    assert _rows(path)[key(1).contact_id] == before[key(1).contact_id]


async def test_a_file_longer_than_a_page_is_sealed_whole(tmp_path: Path) -> None:
    """Pages follow each other without a gap."""
    path = tmp_path / "contacts.db"
    async with await SQLiteStore.open(path, clock=SystemClock()) as store:
        await store.heartbeat(ANN, ttl=600)
        for number in range(450):
            await store.claim(record(number), owner=ANN)
        assert (await store.reseal(AesGcmSealer([NEW]))).sealed == 450
