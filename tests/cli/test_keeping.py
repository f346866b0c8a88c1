"""``erase`` and ``store reseal`` as operators meet them: what they do, what they say, and what is noted."""

import base64
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from agent.cli.exits import Exit
from agent.clock import SystemClock
from agent.ids import Secret, WorkerId
from agent.store import AesGcmSealer
from agent.store.sqlite import SQLiteStore
from agent.testing.conformance.records import key, record

Quickly = Callable[..., tuple[int, str, str]]
KEYS = {name: base64.b64encode(bytes([number]) * 32).decode() for number, name in enumerate(("OLD", "NEW"), 1)}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one contact that nobody serves, sealed with the old key; the settings seal with the new one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    keys = 'encryption_keys = ["env:NEW", "env:OLD"]'
    kept = tmp_path / "kept.db"
    (tmp_path / "chat-agent.toml").write_text(
        f'[store]\npath = "{kept}"\n{keys}\n[connect]\ninstance = "{key(1).instance_id}"\n', encoding="utf-8"
    )
    anyio.run(_keep, kept)
    return kept


async def _keep(path: Path) -> None:
    sealer = AesGcmSealer([Secret(KEYS["OLD"])])
    async with await SQLiteStore.open(path, clock=SystemClock(), sealer=sealer) as store:
        await store.heartbeat(WorkerId("ann"), ttl=1)
        await store.claim(record(1), owner=WorkerId("ann"))
        await store.retire(WorkerId("ann"))


def _contacts(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        (count,) = connection.execute("SELECT count(*) FROM contacts").fetchone()
    connection.close()
    return int(count)


def test_a_contact_is_erased_and_that_is_noted(path: Path, quickly: Quickly, tmp_path: Path) -> None:
    """Once; the second time nothing is kept of it."""
    contact = key(1).contact_id
    code, said, _ = quickly("erase", contact, "--yes")
    assert (code, said.startswith("Erased: the record of"), "security.md" in said) == (Exit.OK, True, True)
    assert _contacts(path) == 0
    noted = [json.loads(line) for line in (tmp_path / "state" / "chat-agent" / "audit.jsonl").read_text().splitlines()]
    assert [(line["verb"], line["contact_id"], line["result"]) for line in noted] == [
        ("erase", contact, "asked"),
        ("erase", contact, "erased"),
    ]
    code, said, error = quickly("erase", contact, "--yes", "--json")
    assert code == Exit.USAGE
    assert json.loads(said)["erased"] is False
    assert "Nothing is kept of" in error


def test_nothing_is_erased_without_a_yes(path: Path, quickly: Quickly) -> None:
    """Who does not answer has not agreed."""
    code, _, said = quickly("erase", key(1).contact_id)
    assert (code, "--yes" in said, _contacts(path)) == (Exit.USAGE, True, 1)


def test_a_contact_is_nothing_without_its_instance(path: Path, quickly: Quickly, tmp_path: Path) -> None:
    """Contact ids are unique within an instance only."""
    (tmp_path / "chat-agent.toml").write_text("", encoding="utf-8")
    code, _, said = quickly("erase", "some-contact", "--yes", "--store-path", str(path))
    assert (code, "--instance" in said) == (Exit.CONFIGURATION, True)


def test_a_memory_store_has_nothing_to_erase(quickly: Quickly, tmp_path: Path) -> None:
    """It ended with its process."""
    (tmp_path / "chat-agent.toml").write_text('[store]\nkind = "memory"\n', encoding="utf-8")
    code, _, said = quickly("erase", "some-contact", "--yes", "--instance", "12345678-1234-1234-1234-123456789012")
    assert (code, "memory store" in said) == (Exit.CONFIGURATION, True)


def test_records_are_counted_then_sealed_anew(path: Path, quickly: Quickly) -> None:
    """Afterwards the new key alone is enough."""
    code, said, _ = quickly("store", "reseal", "--dry-run")
    assert (code, "1 sealed with key" in said, "0 sealed anew" in said) == (Exit.OK, True, True)
    code, said, _ = quickly("store", "reseal", "--json")
    assert (code, json.loads(said)["sealed"], json.loads(said)["unreadable"]) == (Exit.OK, 1, [])
    code, said, _ = quickly("store", "reseal")
    assert "0 sealed anew" in said


def test_a_record_that_no_key_opens_is_named(path: Path, quickly: Quickly, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the contact, so that the key can be found, or the record erased."""
    monkeypatch.setenv("OLD", KEYS["NEW"])
    code, _, said = quickly("store", "reseal")
    assert (code, key(1).contact_id in said) == (Exit.CONFIGURATION, True)
    code, said, _ = quickly("erase", key(1).contact_id, "--yes")
    assert (code, "could not be read" in said) == (Exit.OK, True)


def test_only_a_file_is_sealed_at_once(path: Path, quickly: Quickly, tmp_path: Path) -> None:
    """A table's records are sealed as they are saved; the sentence says when the old key may go."""
    (tmp_path / "chat-agent.toml").write_text('[store]\nkind = "dynamodb"\ntable = "chats"\n', encoding="utf-8")
    code, _, said = quickly("store", "reseal")
    assert (code, "store.keep_over" in said, path.exists()) == (Exit.CONFIGURATION, True, True)


@pytest.mark.parametrize("command", ["journals", "erase some-contact --yes", "store reseal", "store reseal --dry-run"])
def test_a_store_that_is_not_there_is_refused_and_not_made(command: str, path: Path, quickly: Quickly) -> None:
    """A mistyped path is no empty store: an empty answer would pass a gate, or let an old key go."""
    for place in (path.parent / "typo.db", path.parent / "no" / "such" / "typo.db"):
        before = {file.name for file in path.parent.iterdir()}
        code, said, error = quickly(*command.split(), "--store-path", str(place))
        assert (code, said) == (Exit.CONFIGURATION, "")
        assert f"store.path: {place} cannot be looked at (No such file or directory)" in error
        assert {file.name for file in path.parent.iterdir()} == before
