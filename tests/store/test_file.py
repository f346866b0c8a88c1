"""The store's file: its modes, and the files that are refused and left as they are."""

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.errors import StoreUnusable
from agent.ids import WorkerId
from agent.store import SQLiteStore
from agent.store.file import APPLICATION_ID, VERSION, Synchronous, open_file
from agent.testing.conformance.records import key, record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contacts.db"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def make(path: Path) -> None:
    """A store in `path` with one contact in it."""
    with closing(open_file(path, Synchronous.FULL)) as connection:
        connection.execute("INSERT INTO contacts VALUES ('i', 'c', 1, 'ann', 0, 0.0, ?)", (os.urandom(20_000),))


def refusal(path: Path) -> str:
    """The sentence with which `path` is refused, having seen that it was left byte for byte."""
    before = path.read_bytes()
    with pytest.raises(StoreUnusable) as refused:
        open_file(path, Synchronous.FULL).close()
    assert path.read_bytes() == before
    return str(refused.value)


async def test_only_its_owner_may_read_any_of_the_files(path: Path) -> None:
    """Tokens are in all three: 0600, whatever the umask, from the first byte on."""
    umask = os.umask(0)
    try:
        async with await SQLiteStore.open(path, clock=SystemClock()) as store:
            await store.claim(record(), owner=WorkerId("ann"))
            modes = modes_of(path)
    finally:
        os.umask(umask)
    assert modes == {"contacts.db": 0o600, "contacts.db-wal": 0o600, "contacts.db-shm": 0o600}


def modes_of(path: Path) -> dict[str, int]:
    return {file.name: mode(file) for file in path.parent.iterdir()}


def test_a_store_that_others_may_read_is_closed_to_them(path: Path) -> None:
    """A mode loosened by a copy or a backup is put right."""
    make(path)
    path.chmod(0o644)
    open_file(path, Synchronous.FULL).close()
    assert mode(path) == 0o600


def test_nothing_else_is_left_beside_the_store(path: Path) -> None:
    """What making it needed is gone, and so is the log once it is closed."""
    make(path)
    assert [file.name for file in path.parent.iterdir()] == ["contacts.db"]


def test_its_directory_is_made_for_the_owner_alone_but_not_that_ones_parent(tmp_path: Path) -> None:
    """A mistyped path is an error, not a tree of new directories."""
    make(tmp_path / "state" / "contacts.db")
    assert mode(tmp_path / "state") == 0o700
    with pytest.raises(StoreUnusable, match=r"No such file or directory.*directory that exists"):
        open_file(tmp_path / "a" / "b" / "contacts.db", Synchronous.FULL)
    assert not (tmp_path / "a").exists()


def test_whoever_makes_it_first_has_won(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that start at once end with one store, and it is the first one's."""
    link = Path.hardlink_to

    def late(self: Path, target: str) -> None:
        monkeypatch.setattr(Path, "hardlink_to", link)
        make(path)
        link(self, target)

    monkeypatch.setattr(Path, "hardlink_to", late)
    with closing(open_file(path, Synchronous.FULL)) as connection:
        assert connection.execute("SELECT count(*) FROM contacts").fetchone() == (1,)


def test_commits_are_durable_and_the_log_is_written_ahead(path: Path) -> None:
    """What the promise of durability rests on."""
    with closing(open_file(path, Synchronous.FULL)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    with closing(open_file(path, Synchronous.NORMAL)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (1,)


def test_text_is_no_store(path: Path) -> None:
    """A file that is no database at all."""
    path.write_text("my shopping list\n" * 100)
    assert "is no contact store and was left as it is; give another file" in refusal(path)


def test_an_empty_file_is_no_store(path: Path) -> None:
    """It may be what a full disk left of one: nobody starts over without being asked."""
    path.touch()
    assert "is no contact store" in refusal(path)


def foreign(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in ("CREATE TABLE songs (name)", *statements):
            connection.execute(statement)


@pytest.mark.parametrize("statement", ["SELECT 1", "PRAGMA application_id = 99", "PRAGMA journal_mode = WAL"])
def test_another_programs_database_is_refused(path: Path, statement: str) -> None:
    """With an application id or without, in any journal mode."""
    foreign(path, statement)
    assert "another program's database and was left as it is" in refusal(path)


def test_a_database_with_our_id_and_other_tables_is_refused(path: Path) -> None:
    """The id alone does not make it a store."""
    foreign(path, f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {VERSION}")
    assert "other tables than a contact store" in refusal(path)


def test_a_store_of_a_later_version_is_refused(path: Path) -> None:
    """Never guessed at; the sentence says which version to run."""
    make(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    assert f"later version (tables {VERSION + 1}, this version reads {VERSION})" in refusal(path)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def scribble(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)


def scribble_on_the_schema(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3000)


@pytest.mark.parametrize("damage", [cut, scribble, scribble_on_the_schema])
def test_a_damaged_store_is_refused_and_kept(path: Path, damage: Callable[[Path], None]) -> None:
    """Whatever can still be read from it is the operator's to save."""
    make(path)
    damage(path)
    assert "is damaged and was left as it is; restore it from a backup or move it away" in refusal(path)


def test_a_damaged_store_with_a_log_is_kept_with_its_log(path: Path, tmp_path: Path) -> None:
    """Nothing is checkpointed into a file that is refused."""
    live = tmp_path / "live.db"
    with closing(open_file(live, Synchronous.FULL)) as connection:
        connection.execute("INSERT INTO workers VALUES ('ann', 0.0, 1.0)")
        for end in ("", "-wal"):
            shutil.copy(f"{live}{end}", f"{path}{end}")
    scribble(path)
    log = path.with_name("contacts.db-wal")
    before = log.read_bytes()
    assert before
    assert "is damaged" in refusal(path)
    assert log.read_bytes() == before


def test_a_directory_is_no_store(tmp_path: Path) -> None:
    """A sentence, not a traceback of the operating system."""
    with pytest.raises(StoreUnusable, match="cannot be opened: Is a directory"):
        open_file(tmp_path, Synchronous.FULL)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a place where not even root may write")
def test_a_place_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    """Read-only for everybody."""
    with pytest.raises(StoreUnusable, match=r"/proc/contacts\.db cannot be opened.*may write to"):
        open_file(Path("/proc/contacts.db"), Synchronous.FULL)


async def test_a_refused_file_leaves_no_thread_behind(path: Path) -> None:
    """Opening fails whole."""
    foreign(path)
    with pytest.raises(StoreUnusable, match="another program"):
        await SQLiteStore.open(path, clock=SystemClock())


async def test_a_later_record_format_is_refused_alone(path: Path) -> None:
    """A record of a later version names its contact and stays; others are served."""
    async with await SQLiteStore.open(path, clock=SystemClock()) as store:
        for number in (1, 2):
            await store.claim(record(number), owner=WorkerId("ann"))
        body = b"\x82\xa6format\x02\xa6record\x80"
        await store._writer.run(
            lambda c: c.execute("UPDATE contacts SET body = ? WHERE contact_id = ?", (body, key(1).contact_id))
        )
        with pytest.raises(StoreUnusable, match=r"contact-000001.*format 2, this version reads 1"):
            await store.load(key(1))
        assert await store.load(key(2)) is not None
