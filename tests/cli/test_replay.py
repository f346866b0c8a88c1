"""A gate for deployments: the open conversations against a new build."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.app import app
from agent.clock import SystemClock
from agent.ids import WorkerId
from agent.store.sqlite import SQLiteStore
from agent.testing import chatting

BEFORE = """
from agent import Bot, Chat

bot = Bot("shop")


@bot.dialog("order")
async def order(chat: Chat) -> None:
    size = await chat.ask("Which size?", int)
    colour = await chat.ask("Which colour?")
    await chat.say(f"{size} {colour}")
"""
SAME = BEFORE.replace("await chat.say(f", "await chat.say('Done.', f")
OTHER = BEFORE.replace("Which size?", "How big?")


def _bot(folder: Path, name: str, source: str, monkeypatch: pytest.MonkeyPatch) -> str:
    (folder / f"{name}.py").write_text(source)
    monkeypatch.chdir(folder)
    return f"{name}:bot"


async def _store_with_an_open_chat(path: Path, target: str) -> None:
    from agent.bot.plugins import load

    async with chatting(load(target)) as customer:
        await customer.says("order")
        await customer.sees("Which size?")
        await customer.says("42")
        await customer.sees("Which colour?")
        record = await customer._worker.record()
    assert record is not None
    async with await SQLiteStore.open(path, clock=SystemClock()) as store:
        await store.heartbeat(WorkerId("somebody"), ttl=60)
        await store.claim(record, owner=WorkerId("somebody"))


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one open conversation, owned by a worker that lives."""
    target = _bot(tmp_path, "shop_before", BEFORE, monkeypatch)
    await _store_with_an_open_chat(tmp_path / "contacts.sqlite3", target)
    return tmp_path / "contacts.sqlite3"


def _saved(store: Path) -> Path:
    printed = CliRunner().invoke(app, ["journals", "--store-path", str(store)])
    assert printed.exit_code == 0, printed.output
    assert len(printed.stdout.splitlines()) == 1
    file = store.parent / "journals.jsonl"
    file.write_text(printed.stdout)
    return file


async def test_a_build_that_keeps_the_questions_breaks_nothing(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 0."""
    import anyio.to_thread

    target = _bot(tmp_path, "shop_same", SAME, monkeypatch)
    saved = await anyio.to_thread.run_sync(_saved, store)
    done = await anyio.to_thread.run_sync(lambda: CliRunner().invoke(app, ["replay", str(saved), "--against", target]))
    assert done.exit_code == 0, done.output
    assert "1 conversations, 1 waiting runs: nothing breaks" in done.stdout


async def test_a_build_that_asks_something_else_is_named_with_its_place(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 65, the dialog, what was expected and what came."""
    import anyio.to_thread

    target = _bot(tmp_path, "shop_other", OTHER, monkeypatch)
    saved = await anyio.to_thread.run_sync(_saved, store)
    arguments = ["replay", str(saved), "--against", target, "--json"]
    done = await anyio.to_thread.run_sync(lambda: CliRunner().invoke(app, arguments))
    assert done.exit_code == 65, done.output
    (finding,) = json.loads(done.stdout)["findings"]
    assert "order" in finding["handler"]
    assert "Which size?" in finding["error"]
    assert "How big?" in finding["error"]


def test_journals_of_a_memory_store_are_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clear sentence, not an empty list."""
    monkeypatch.setenv("CHAT_AGENT_STORE__KIND", "memory")
    done = CliRunner().invoke(app, ["journals"])
    assert "memory store" in str(done.exception)


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    """Missing, or not text."""
    done = CliRunner().invoke(app, ["replay", str(tmp_path / "none"), "--against", "echo"])
    assert "cannot be read" in str(done.exception)
