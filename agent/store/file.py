"""The store's file: made whole or not at all, recognised before it is touched, opened for durable commits.

A file that is not ours, is damaged or comes from a later version is refused and left byte for byte as it is: its header
is read as plain bytes, and its body through a read-only connection, before anything opens it for writing. This module
knows the schema and the modes; what the rows mean is another's.
"""

import os
import sqlite3
import tempfile
from contextlib import closing
from enum import StrEnum
from pathlib import Path

from agent.errors import StoreError, StoreUnreachable, StoreUnusable

APPLICATION_ID = 0x63416753
"""In the header's application_id field, "cAgS": this file is a contact store."""

VERSION = 1
"""In the header's user_version field: the version of the tables. A later one is refused."""

BUSY_TIMEOUT = 5.0
"""Seconds a transaction waits for another process's."""

_SCHEMA = """
CREATE TABLE contacts (
    instance_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    owner TEXT,
    over INTEGER NOT NULL,
    written REAL NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (instance_id, contact_id)
);
CREATE INDEX contacts_over ON contacts (written) WHERE over;
CREATE TABLE workers (worker TEXT PRIMARY KEY, beat REAL NOT NULL, ttl REAL NOT NULL) WITHOUT ROWID;
"""
_HELD = "CREATE INDEX IF NOT EXISTS contacts_held ON contacts (owner, instance_id, contact_id) WHERE NOT over;"
"""By owner, so that looking for what nobody serves does not go through what others do; older files had another one."""
_TABLES = {"contacts", "workers"}
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100


class Synchronous(StrEnum):
    """What a commit survives: FULL a loss of power, NORMAL only the end of the process."""

    FULL = "FULL"
    NORMAL = "NORMAL"


def open_file(path: Path, synchronous: Synchronous) -> sqlite3.Connection:
    """A connection to the store at `path`, which is made when there is none; transactions are begun by hand.

    Raises:
        StoreUnusable: the file or its place cannot be used; the text says why and what to do.
        StoreUnreachable: the disk is full or the file stays locked.
    """
    try:
        if not path.exists():
            _create(path)
        _check_header(path)
        path.chmod(0o600)
        _check_body(path)
        return _connect(path, synchronous)
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreUnusable(f"The contact store {path} cannot be opened: {reason}. {_PLACE}") from error


_PLACE = "Give a file in a directory that exists and that this user may write to."


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """What SQLite said, in a sentence that says what to do."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if code in _PASSING:
        return StoreUnreachable(f"The contact store {path} {_PASSING[code]} ({name})")
    advice = _LASTING.get(code, "refused a statement; please report it.")
    return StoreUnusable(f"The contact store {path} {advice} ({name})")


_PASSING = {
    sqlite3.SQLITE_FULL: "has no room left on its disk; free some and it goes on.",
    sqlite3.SQLITE_BUSY: "is locked by another process; look who keeps it open.",
    sqlite3.SQLITE_LOCKED: "is locked by another process; look who keeps it open.",
    sqlite3.SQLITE_IOERR: "cannot be read or written; check disk and quota.",
    sqlite3.SQLITE_NOMEM: "finds no memory.",
    sqlite3.SQLITE_INTERRUPT: "was interrupted.",
}
_DAMAGED = "is damaged and was left as it is; restore it from a backup or move it away."
_LASTING = {
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_READONLY: "may not be written; give this user the right to write the file and its directory.",
    sqlite3.SQLITE_PERM: "may not be opened; give this user the right to write the file and its directory.",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that its directory exists and may be written.",
}


def _create(path: Path) -> None:
    """Makes the whole store beside its place and moves it there at one stroke; whoever else was first has won."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)  # mode 0600
    os.close(handle)
    try:
        with closing(sqlite3.connect(name, isolation_level=None)) as connection:
            connection.executescript(
                f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; {_SCHEMA}"
                "PRAGMA journal_mode = WAL;"
            )
        _link(name, path)
    finally:
        Path(name).unlink()


def _link(name: str, path: Path) -> None:
    try:
        path.hardlink_to(name)
    except FileExistsError:
        return
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _check_header(path: Path) -> None:
    # Opening a foreign database with SQLite may already roll back or checkpoint it.
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise StoreUnusable(f"{path} is no contact store{_LEFT}")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise StoreUnusable(f"{path} is another program's database{_LEFT}")
    version = int.from_bytes(header[60:64], "big")
    if version > VERSION:
        raise StoreUnusable(
            f"{path} was written by a later version (tables {version}, this version reads {VERSION}) "
            "and was left as it is; run that version again."
        )


_LEFT = " and was left as it is; give another file, or move this one away if nobody needs it."


def _check_body(path: Path) -> None:
    # Read-only: closing the last writing connection would checkpoint into a damaged file.
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT)) as connection:
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if found != _TABLES:
            raise StoreUnusable(f"{path} has other tables than a contact store{_LEFT}")
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise StoreUnusable(f"The contact store {path} {_DAMAGED}")


def _connect(path: Path, synchronous: Synchronous) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
    try:
        # secure_delete: what was erased is overwritten, not only unlinked.
        connection.executescript(
            f"PRAGMA synchronous = {synchronous}; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;"
            "PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 67108864; PRAGMA trusted_schema = OFF;"
            f"{_HELD} DROP INDEX IF EXISTS contacts_live;"
        )
    except BaseException:
        connection.close()
        raise
    return connection
