"""Contacts in one SQLite file: the embedded default, for one machine, without anything to install.

Many chats share each commit, and several processes may share the file: every read and its write are one transaction.
It knows rows, epochs and leases; how a commit becomes durable, what the file is and how a record is sealed are told
by the modules beside it.
"""

import sqlite3
from collections.abc import Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from msgspec.structs import replace

from agent.clock import Clock
from agent.errors import AlreadyOwned
from agent.ids import ContactId, ContactKey, InstanceId, WorkerId
from agent.record import ContactRecord, Phase
from agent.store.file import Synchronous, explain, open_file
from agent.store.resealing import Resealed, reseal
from agent.store.resting import fenced, lay_down, take_up
from agent.store.sealing import AesGcmSealer, Sealer
from agent.store.writer import Writer

Row: TypeAlias = tuple[bytes, int, WorkerId | None]

_ALIVE = "SELECT worker FROM workers WHERE abs(? - beat) < ttl"
_LOOK = "SELECT body, epoch, owner FROM contacts WHERE instance_id = ? AND contact_id = ?"
_FRESH = """
INSERT INTO contacts (instance_id, contact_id, epoch, owner, over, written, body) VALUES (?, ?, 1, ?, ?, ?, ?)
"""
_CLAIM = "UPDATE contacts SET epoch = epoch + 1, owner = ? WHERE instance_id = ? AND contact_id = ?"
_GO_ON = """
UPDATE contacts SET written = ?, body = ?
WHERE instance_id = ? AND contact_id = ? AND epoch = ? AND owner = ? AND NOT over
"""
"""The save of a turn: no index holds what it changes, so that one page is written, not two."""
_SAVE = """
UPDATE contacts SET over = ?, written = ?, body = ?
WHERE instance_id = ? AND contact_id = ? AND epoch = ? AND owner = ?
"""
_RELEASE = """
UPDATE contacts SET owner = NULL, over = ?, written = ?, body = ?
WHERE instance_id = ? AND contact_id = ? AND epoch = ? AND (owner = ? OR owner IS NULL)
"""
_CLAIMABLE = """
WITH RECURSIVE
holders(holder) AS (
    SELECT min(owner) FROM contacts WHERE NOT over
    UNION ALL
    SELECT (SELECT min(owner) FROM contacts WHERE NOT over AND owner > holder) FROM holders WHERE holder IS NOT NULL
),
free(holder) AS MATERIALIZED (
    SELECT holder FROM holders
    WHERE CASE holder WHEN ?3 THEN ?4 ELSE holder NOT IN (SELECT worker FROM workers WHERE abs(?5 - beat) < ttl) END
)
SELECT instance_id, contact_id FROM contacts INDEXED BY contacts_held
WHERE NOT over AND owner IS NULL AND (instance_id, contact_id) > (?1, ?2)
UNION ALL
SELECT instance_id, contact_id FROM free CROSS JOIN contacts INDEXED BY contacts_held
WHERE NOT over AND owner = holder AND (instance_id, contact_id) > (?1, ?2)
ORDER BY instance_id, contact_id LIMIT ?6
"""
_LIVE = """
SELECT instance_id, contact_id FROM contacts INDEXED BY contacts_held
WHERE NOT over AND (instance_id, contact_id) > (?, ?)
ORDER BY instance_id, contact_id LIMIT ?
"""
_FORGET = "DELETE FROM contacts WHERE instance_id = ? AND contact_id = ?"
_BEAT = "INSERT INTO workers VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET beat = excluded.beat, ttl = excluded.ttl"
_BEFORE_ALL = ContactKey(InstanceId(""), ContactId(""))


class SQLiteStore:
    """A `ContactStore` in one file. Open it with `open`; it belongs to the event loop that did.

    A write that has returned survives the end of the process and, with ``Synchronous.FULL``, a loss of power.
    """

    def __init__(self, writer: Writer, clock: Clock, sealer: Sealer | None) -> None:
        self._writer = writer
        self._clock = clock
        self._sealer = sealer

    @classmethod
    async def open(
        cls,
        path: str | PathLike[str],
        *,
        clock: Clock,
        sealer: Sealer | None = None,
        synchronous: Synchronous = Synchronous.FULL,
    ) -> "SQLiteStore":
        """The store in the file `path`, made with mode 0600 when there is none; its directory may be made, too, but
        not that one's parent.

        `clock` must be the machine's wall clock where several processes share the file. `sealer` encrypts what is
        written from now on; plain records stay readable.

        Raises:
            StoreUnusable: the file is foreign, damaged, of a later version or out of reach; it is left as it is.
            StoreUnreachable: the disk is full, or another process keeps the file locked.
        """
        file = Path(path)
        writer = Writer(partial(open_file, file, synchronous), partial(explain, path=file))
        await writer.start()
        return cls(writer, clock, sealer)

    async def __aenter__(self) -> "SQLiteStore":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._writer.aclose()

    async def claim(self, fresh: ContactRecord, *, owner: WorkerId) -> ContactRecord:
        key, now, body = fresh.key, self._now(), lay_down(fresh, self._sealer)

        def work(connection: sqlite3.Connection) -> ContactRecord:
            stored = self._look(connection, key)
            if stored is None:
                connection.execute(_FRESH, (*_at(key), owner, _over(fresh), now, body))
                return take_up(body, key, epoch=1, owner=owner, sealer=self._sealer)
            if stored.owner not in (None, owner) and stored.owner in _living(connection, now):
                raise AlreadyOwned(f"Contact {key}: {stored.owner} owns it and is alive.")
            connection.execute(_CLAIM, (owner, *_at(key)))
            return replace(stored, epoch=stored.epoch + 1, owner=owner)

        return await self._writer.run(work)

    async def load(self, key: ContactKey) -> ContactRecord | None:
        return await self._writer.run(lambda connection: self._look(connection, key))

    async def save(self, record: ContactRecord) -> None:
        over, *values = self._written(record)

        def work(connection: sqlite3.Connection) -> int:
            done = 0 if over else connection.execute(_GO_ON, values).rowcount
            return done or connection.execute(_SAVE, (over, *values)).rowcount

        if await self._writer.run(work) == 0:
            raise fenced(record)

    async def release(self, record: ContactRecord) -> None:
        if await self._execute(_RELEASE, self._written(record)) == 0:
            raise fenced(record)

    async def claimable(
        self, owner: WorkerId, *, own: bool = True, limit: int = 100, after: ContactKey | None = None
    ) -> Sequence[ContactKey]:
        return await self._keys(_CLAIMABLE, (*_at(after or _BEFORE_ALL), owner, own, self._now(), limit))

    async def live(self, *, limit: int = 100, after: ContactKey | None = None) -> Sequence[ContactKey]:
        return await self._keys(_LIVE, (*_at(after or _BEFORE_ALL), limit))

    async def _keys(self, query: str, asked: tuple[object, ...]) -> Sequence[ContactKey]:
        return await self._writer.run(lambda connection: [ContactKey(*row) for row in connection.execute(query, asked)])

    async def heartbeat(self, owner: WorkerId, *, ttl: float) -> None:
        await self._execute(_BEAT, (owner, self._now(), ttl))

    async def retire(self, owner: WorkerId) -> None:
        await self._execute("DELETE FROM workers WHERE worker = ?", (owner,))

    async def workers(self) -> Sequence[WorkerId]:
        now = self._now()
        return await self._writer.run(lambda connection: sorted(_living(connection, now)))

    async def forget(self, key: ContactKey) -> None:
        await self._execute(_FORGET, _at(key))

    async def sweep(self, *, older_than: float) -> None:
        now = self._now()
        await self._execute("DELETE FROM contacts WHERE over AND written < ?", (now - older_than,))
        await self._execute("DELETE FROM workers WHERE abs(? - beat) >= ttl", (now,))

    async def reseal(self, sealer: AesGcmSealer, *, dry_run: bool = False) -> Resealed:
        """Seals every record anew that is not under the first key of `sealer`; workers may go on meanwhile.

        Raises:
            StoreUnreachable: the disk is full, or the file stays locked; what was sealed so far stays so.
        """
        return await reseal(self._writer, sealer, dry_run=dry_run)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _look(self, connection: sqlite3.Connection, key: ContactKey) -> ContactRecord | None:
        row: Row | None = connection.execute(_LOOK, _at(key)).fetchone()
        if row is None:
            return None
        body, epoch, owner = row
        return take_up(body, key, epoch=epoch, owner=owner, sealer=self._sealer)

    def _written(self, record: ContactRecord) -> tuple[object, ...]:
        """What a write says: whether it is over, when, what; and whose."""
        content = (_over(record), self._now(), lay_down(record, self._sealer))
        return (*content, *_at(record.key), record.epoch, record.owner)

    async def _execute(self, statement: str, values: Sequence[object]) -> int:
        return await self._writer.run(lambda connection: connection.execute(statement, values).rowcount)


def _at(key: ContactKey) -> tuple[str, str]:
    return key.instance_id, key.contact_id


def _over(record: ContactRecord) -> bool:
    return record.phase is Phase.OVER


def _living(connection: sqlite3.Connection, now: float) -> set[WorkerId]:
    return {worker for (worker,) in connection.execute(_ALIVE, (now,))}
