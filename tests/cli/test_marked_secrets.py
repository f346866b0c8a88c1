"""Whole conversations full of marked secrets: nobody who looks after the daemon can read one of them anywhere.

Where they may be, and are: the store (unreadable there, as a key is given), the chat itself, what ``chat-agent
journals`` exports, and a log whose `show_error_text` was switched on for development.
"""

import base64
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from agent.emulator import emulate
from agent.emulator.participants import Role
from tests.cli.live_scene import BOUND, Finished, Started
from tests.cli.marked import (
    ATTRIBUTE,
    BOT,
    BOT_SAID,
    BOTS_KEY,
    CUSTOMER,
    HANDED,
    INTERACTIVE,
    MARKS,
    NAME,
    OPERATOR,
    PLANTED,
    SETTINGS,
    STORE,
    TOML,
    Marked,
    collector,
    faults,
    probed,
    secrets_around,
    systemd,
)

pytestmark = [pytest.mark.processes, pytest.mark.timeout(500)]


@asynccontextmanager
async def _scene(
    started: Started, finished: Finished, directory: Path, *, bot: str = BOT, **settings: str
) -> AsyncIterator[Marked]:
    (directory / "mine.py").write_text(bot, encoding="utf-8")
    (directory / "mystore.py").write_text(STORE, encoding="utf-8")
    filled = {"show_error_text": "false", "directory": str(directory), **settings}
    (directory / "chat-agent.toml").write_text(SETTINGS.format(**filled), encoding="utf-8")
    async with emulate() as connect:
        scene = Marked(connect, started, finished, directory)
        async with collector(scene) as traces:
            with systemd(scene, directory) as ear:
                more = {"OTEL_EXPORTER_OTLP_ENDPOINT": traces, "NOTIFY_SOCKET": ear}
                scene.around = {**secrets_around(), **more}
                yield scene


async def _started(scene: Marked, **more: str) -> Any:
    daemon = scene.daemon(**scene.around, **more)
    await anyio.to_thread.run_sync(daemon.logged, '"source.listening"')
    assert BOT_SAID in await scene.hears(f"hello {CUSTOMER}")
    return daemon


async def _ended(scene: Marked, daemon: Any, where: str) -> int:
    code: int = await anyio.to_thread.run_sync(daemon.ended)
    scene.sees(where, daemon.errors + "\n".join(daemon.rest()))
    return code


async def _talk(scene: Marked) -> None:
    """Everything that can go wrong in a conversation."""
    for word in ("raise", "group", "chain", "big", "timer", "thread", "remains"):
        await scene.hears(f"{word} {CUSTOMER}")
    scene.says(f"log {CUSTOMER}")
    for word in ("order", CUSTOMER, json.dumps({"templateType": CUSTOMER})):
        await scene.hears(word)
    await scene.hears(json.dumps({"templateType": CUSTOMER, "data": {"content": 7}}), INTERACTIVE)
    await scene.hears("42")
    scene.weather(*faults())
    for _ in range(3):
        await scene.hears(f"hello {CUSTOMER}")
    scene.connect.expire_tokens(scene.contact, Role.CUSTOM_BOT)
    await scene.hears(f"hello {CUSTOMER}")
    scene.connect.close_sockets(scene.contact, role=Role.CUSTOM_BOT)
    await scene.hears(f"hello {CUSTOMER}")
    for trouble in ("unreachable", "crash"):
        whole = scene.directory / "trouble-to-be"  # the daemon may look while it is written
        whole.write_text(trouble)
        whole.rename(scene.directory / "trouble")
        await scene.hears(f"hello {CUSTOMER}")
        await scene.hears(f"hello {CUSTOMER}")


async def _operate(scene: Marked) -> None:
    """Every command about live chats, and what an operator asks before and after."""
    await scene.operates("ps", "--json")
    await scene.operates("ps", "--once")
    await scene.operates("show", scene.contact)
    await scene.operates("show", scene.contact, "--json")
    letters = json.loads(await scene.operates("dlq", "ls", "--json"))
    assert letters
    letter = str(letters[0]["item_id"] if "item_id" in letters[0] else letters[0]["letter"])
    await scene.operates("dlq", "ls")
    await scene.operates("dlq", "show", scene.contact, letter)
    await scene.operates("dlq", "retry", scene.contact, letter, good=False)
    await scene.operates("say", scene.contact, "--as-operator", text=f"{OPERATOR}\n")
    await scene.operates("say", "no-such-contact", OPERATOR, "--as-operator", good=False)
    await scene.operates("say", scene.contact, OPERATOR, "--nonsense", good=False)
    endpoint = ("--endpoint-url", scene.connect.url)
    await scene.operates("doctor", "mine:bot", *endpoint, "--json", good=False)
    await scene.operates("doctor", "mine:bot", *endpoint, "--contact", scene.contact, good=False)
    await scene.operates("config", "show")
    await scene.operates("config", "show", "--json")


async def _blunder(scene: Marked) -> None:
    """A secret where only the place of a secret may stand."""
    wrong = scene.directory / "wrong.toml"
    wrong.write_text(f'[store]\nencryption_keys = ["{TOML}"]\n[source]\nsecret = "{TOML}"\nport = "{TOML}"\n')
    await scene.operates("run", "mine:bot", "--config", str(wrong), good=False)
    await scene.operates("config", "show", "--config", str(wrong), good=False)


async def _export(scene: Marked) -> None:
    """What is exported on purpose holds the customer's words, and says so in its help."""
    await scene.hears(f"order {CUSTOMER}")
    exported = ""
    with anyio.fail_after(BOUND):
        while CUSTOMER not in exported:  # the reply is read before its turn is stored
            code, output, errors = await scene.command("journals")
            assert code == 0, errors
            exported = "".join(
                base64.b64decode(json.loads(line)["journal"]).decode("latin-1") for line in output.splitlines()
            )
    await scene.hears("42")


async def test_no_secret_can_be_read_by_whoever_looks_after_the_daemon(
    started: Started, finished: Finished, tmp_path: Path
) -> None:
    """Words of customer, bot and operator, names, attributes, tokens, addresses, keys: not in logs at any level, of
    libraries neither, metrics, traces, probes, systemd's status, commands, doctor, audit log, mistakes, crash reports.
    """
    async with _scene(started, finished, tmp_path) as scene:
        daemon = await _started(scene)
        tail = scene._started("tail", "--json", **scene.around)
        await _talk(scene)
        await _operate(scene)
        await _blunder(scene)
        await probed(scene, daemon)
        await _export(scene)
        tail.signal(signal.SIGINT)
        await _ended(scene, tail, "the command tail")
        daemon.signal(signal.SIGKILL)
        await _ended(scene, daemon, "the log")
        heir = await _started(scene, CRASHES="yes")
        await scene.operates("hand-off", scene.contact, "--attribute", f"why={HANDED}", "--say", f"Bye {HANDED}")
        scene.begins()
        await scene.hears(f"leave {CUSTOMER}")
        heir.signal(signal.SIGTERM)
        assert await _ended(scene, heir, "the report of the crash") != 0
        scene.sees("the audit log", (tmp_path / "state" / "chat-agent" / "audit.jsonl").read_text())
        scene.sees("the store, for who has no key", _kept(tmp_path))
    assert scene.found() == {}
    _everything_was_looked_at(scene)


def _kept(directory: Path) -> str:
    return b"".join(path.read_bytes() for path in directory.glob("kept.sqlite3*")).decode("latin-1")


def _everything_was_looked_at(scene: Marked) -> None:
    """Each place said something, and the secrets were there to be leaked."""
    assert {"the log", "the report of the crash", "the audit log", "the health endpoint", "traces", "systemd"} <= set(
        scene.seen
    )
    log = scene.seen["the log"]
    for event in ("turn.failed", "chat.crashed", "store.unreachable", "call.repeated", "link.lost", '"library"'):
        assert event in log, event
    assert '"level": "debug"' in log
    assert log.count('"event": "uncaught"') == len(("thread", "remains"))
    assert "RuntimeError" in scene.seen["the report of the crash"]
    assert "chat.turn" in scene.seen["traces"]
    assert "chat_agent_turns_total" in scene.seen["the health endpoint"]
    assert len(scene.tokens) > 5


@pytest.mark.parametrize("leak", [*PLANTED, "the text of errors, for development"])
async def test_a_secret_that_leaks_is_found(started: Started, finished: Finished, tmp_path: Path, leak: str) -> None:
    """The search above can fail."""
    bot = BOT.replace(*PLANTED[leak]) if leak in PLANTED else BOT
    shown = str(leak not in PLANTED).lower()
    async with _scene(started, finished, tmp_path, bot=bot, show_error_text=shown) as scene:
        daemon = await _started(scene)
        await scene.hears(f"raise {CUSTOMER}")
        scene.says(f"log {CUSTOMER}")
        await scene.hears("hello")
        daemon.signal(signal.SIGTERM)
        await _ended(scene, daemon, "the log")
    assert set(scene.found()["the log"]) >= {CUSTOMER, NAME, BOTS_KEY}


def test_marks_are_marks() -> None:
    """None is part of another, so that what was found is what was meant."""
    assert all(one not in other for one in MARKS for other in MARKS if one != other)
    assert ATTRIBUTE in MARKS
