"""The bot and the contact store."""

import os
from pathlib import Path
from typing import Any

import pytest

from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.census import Notice
from agent.daemon.doctor import home
from agent.daemon.doctor.findings import Severity
from agent.daemon.doctor.home import bot, store
from agent.errors import StoreUnreachable
from agent.ids import WorkerId
from agent.store.sqlite import SQLiteStore
from tests.daemon.doctor.patients import Told, found

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def kept(path: Path, **more: Any) -> Configuration:
    """Settings with a store at `path`."""
    return Configuration(store={"path": path, **more})


@pytest.mark.parametrize(
    ("target", "severity"), [("echo", Severity.OK), ("ecco", Severity.FAIL), (None, Severity.SKIPPED)]
)
async def test_the_bot(target: str | None, severity: Severity) -> None:
    """Served, not to be had, not named."""
    (finding,) = await found(bot, Told(), Configuration(bot={"target": target}))
    assert finding.severity is severity


async def test_a_store_in_memory_is_warned_of() -> None:
    """After a crash its chats hang."""
    (finding,) = await found(store, Told(), Configuration(store={"kind": "memory"}))
    assert finding.severity is Severity.WARN


async def test_a_store_that_is_not_there_yet_needs_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made by looking."""
    path = tmp_path / "deep" / "contacts.sqlite3"
    (finding,) = await found(store, Told(), kept(path))
    assert finding.severity is Severity.OK
    assert not path.parent.exists()
    monkeypatch.setattr(os, "access", lambda *_: False)  # this test may be run by root, who may write anywhere
    (finding,) = await found(store, Told(), kept(path))
    assert finding.severity is Severity.FAIL
    assert f"{tmp_path} may not be written" in finding.cause


async def test_a_store_that_no_worker_would_make_is_told(tmp_path: Path) -> None:
    """Of a path that was given, a parent's parent that is missing is a mistake."""
    (finding,) = await found(store, Told(), kept(tmp_path / "no" / "such" / "contacts.sqlite3"))
    assert (finding.severity, f"{tmp_path / 'no'} is not there" in finding.cause) == (Severity.FAIL, True)


async def test_a_store_that_may_not_be_looked_at_is_told(tmp_path: Path) -> None:
    """As below another user's directory; here by a name that no disk takes, as root may look everywhere."""
    (finding,) = await found(store, Told(), kept(tmp_path / ("x" * 300)))
    assert (finding.severity, "cannot be looked at" in finding.what) == (Severity.FAIL, True)


async def test_a_store_that_is_there_is_opened_and_counted(tmp_path: Path) -> None:
    """Live chats and workers; what a worker tells the others is no worker."""
    async with await SQLiteStore.open(tmp_path / "s.sqlite3", clock=SystemClock()) as one:
        await one.heartbeat(WorkerId("w"), ttl=60)
        await one.heartbeat(Notice.LEAVING.of(WorkerId("w")), ttl=60)
    (finding,) = await found(store, Told(url="http://127.0.0.1:1"), kept(tmp_path / "s.sqlite3"))
    assert finding.severity is Severity.OK
    assert "0 live chats, 1 workers alive" in finding.what


async def test_on_aws_unsealed_tokens_are_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until a key is given."""
    async with await SQLiteStore.open(tmp_path / "s.sqlite3", clock=SystemClock()):
        pass
    severities = [one.severity for one in await found(store, Told(), kept(tmp_path / "s.sqlite3"))]
    assert severities == [Severity.OK, Severity.WARN]
    monkeypatch.setenv("KEY", KEY)
    sealed = kept(tmp_path / "s.sqlite3", encryption_keys=["env:KEY"])
    assert [one.severity for one in await found(store, Told(), sealed)] == [Severity.OK]
    monkeypatch.setenv("KEY", "no key")
    (finding,) = await found(store, Told(), sealed)
    assert finding.severity is Severity.FAIL


async def test_a_store_that_does_not_answer_is_told_from_one_that_is_unfit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one may mend itself."""
    (tmp_path / "s.sqlite3").write_bytes(b"x" * 200)
    (unfit,) = await found(store, Told(), kept(tmp_path / "s.sqlite3"))
    assert "cannot be used" in unfit.what

    def silent(*_: object) -> None:
        raise StoreUnreachable("The store is locked.")

    monkeypatch.setattr(home, "opened_store", silent)
    (locked,) = await found(store, Told(), kept(tmp_path / "s.sqlite3"))
    assert "does not answer" in locked.what
