"""Live chats as operators meet them: a real daemon, real commands, its socket, and what a ``kill -9`` leaves."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from agent.emulator import emulate
from tests.cli.live_scene import BOT, BOUND, Finished, Scene, Started

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]
PAGE = Path(__file__).parents[2] / "docs" / "live.md"


@pytest.fixture
def set_up(started: Started, finished: Finished, tmp_path: Path) -> Callable[[], Any]:
    """Opens the scene."""
    (tmp_path / "mine.py").write_text(BOT, encoding="utf-8")

    @asynccontextmanager
    async def opened() -> AsyncIterator[Scene]:
        async with emulate() as connect:
            yield Scene(connect, started, finished)

    return opened


async def test_an_operator_speaks_looks_and_hands_off(set_up: Callable[[], Any], tmp_path: Path) -> None:
    """Once each, in order, and no word of the chat is in what is shown or noted."""
    async with set_up() as scene:
        await scene.talks()
        (chat,) = await scene.asked("ps")
        assert (chat["contact_id"], chat["bot"], chat["waiting"]) == (scene.contact, "mine", 0)
        begin = scene.contact[:6]
        assert (await scene.asked("say", begin, "--as-operator", text="From the desk\n"))["sent"]
        assert scene.said() == ["hello", "From the desk"]
        shown = await scene.asked("show", begin)
        assert [entry["name"] for entry in shown["timeline"]].count("turn.committed") == 3
        code, output, _ = await scene.command("show", begin)
        assert code == 0
        assert "Amazon Connect accepted a message" in output
        assert not any(word in output + json.dumps(shown) for word in ("hello", "From the desk"))
        await scene.asked("hand-off", begin, "--attribute", "why=stuck", "--say", "Bye")
        assert scene.said()[-1] == "Bye"
        asked = {"InstanceId": chat["instance_id"], "InitialContactId": scene.contact}
        assert scene.connect.call("GetContactAttributes", asked)["Attributes"]["why"] == "stuck"
        noted = (tmp_path / "state" / "chat-agent" / "audit.jsonl").read_text()
        assert [json.loads(line)["verb"] for line in noted.splitlines()] == ["say", "say", "hand-off", "hand-off"]
        assert "desk" not in noted


async def test_a_kept_word_survives_kill_9(set_up: Callable[[], Any]) -> None:
    """The worker is killed while its customer's turn hangs; its successor says what was kept, nobody what was not."""
    async with set_up() as scene:
        daemon = await scene.talks()
        scene.says("stuck")
        await scene.until(lambda: scene.connect.transcript(scene.contact)[-1].get("Content") == "stuck")
        with anyio.fail_after(BOUND):
            while (await scene.asked("ps"))[0]["state"] != "in a turn":
                pass
        async with anyio.create_task_group() as group:
            told: list[Any] = []

            async def say() -> None:
                told.extend(await scene.command("say", scene.contact, "Wait", "--as-operator", "--id", "once"))

            group.start_soon(say)
            await anyio.to_thread.run_sync(daemon.logged, "control.used")
            daemon.signal(signal.SIGKILL)
        assert told[0] == 75
        assert "--id once" in told[2]
        code, _, errors = await scene.command("ps")
        assert (code, "No worker listens" in errors, "docs/deploy.md" in errors) == (69, True, True)
        second = scene.daemon(CHAT_AGENT_SESSION__TURN_TIMEOUT="1")
        await anyio.to_thread.run_sync(second.logged, "control.open")
        await scene.until(lambda: len(scene.said()) == 2)
        for _ in range(2):
            code, output, errors = await scene.command("say", scene.contact, "Wait", "--as-operator", "--id", "once")
            assert (code, output) == (0, "Said."), errors
        assert scene.said()[2:] == ["Wait"]
        assert len(list((Path(second.directory) / "chat-agent" / "control").iterdir())) == 1


async def test_a_chat_moves_between_two_daemons(set_up: Callable[[], Any]) -> None:
    """The customer notices nothing; commands find the worker that has the chat."""
    async with set_up() as scene:
        await scene.talks(CHAT_AGENT_WORKER__LEASE="2")
        code, _, errors = await scene.command("move", scene.contact)
        assert (code, "no other worker" in errors) == (69, True)
        (before,) = await scene.asked("ps")
        other = scene.daemon(CHAT_AGENT_WORKER__LEASE="2")
        await anyio.to_thread.run_sync(other.logged, "control.open")
        moved = await scene.asked("move", scene.contact)
        assert moved["owner"] not in (None, before["worker"])
        (after,) = await scene.asked("ps")
        assert after["worker"] == moved["owner"]
        await scene.asked("say", scene.contact, "Still here", "--as-operator")
        scene.says("good")
        await scene.until(lambda: scene.said() == ["hello", "Still here", "good"])
        code, _, errors = await scene.command("drain")
        assert (code, "Several workers" in errors) == (2, True)
        code, output, _ = await scene.command("drain", "--all")
        assert (code, output.count("and ends")) == (0, 2)
        assert await anyio.to_thread.run_sync(other.ended) == 0


async def test_a_full_worker_and_a_bot_that_has_gone_are_told(set_up: Callable[[], Any], started: Started) -> None:
    """In the list and in the log: nobody wonders why offers wait, or forgets the chats of a bot that is not run."""
    async with set_up() as scene:
        daemon = await scene.talks(CHAT_AGENT_WORKER__MAX_CHATS="1")
        await anyio.to_thread.run_sync(daemon.logged, "worker.full")
        _, output, _ = await scene.command("ps", "--once")
        assert "1 of 1 chats, takes none on (full)" in output
        daemon.signal(signal.SIGTERM)
        assert await anyio.to_thread.run_sync(daemon.ended) == 0
        other = started("run", "echo", "--source", "local", "--endpoint-url", scene.connect.url)
        await anyio.to_thread.run_sync(other.logged, '"bot": "mine", "chats": 1, "event": "bot.not_served"')


async def test_mistakes_are_told_in_a_sentence(set_up: Callable[[], Any]) -> None:
    """With an exit code that a program can use."""
    async with set_up() as scene:
        code, _, errors = await scene.command("ps")
        assert (code, "No worker listens" in errors) == (69, True)
        await scene.talks()
        for arguments, wanted, sentence in [
            (("show", "zzz"), 2, "No worker here knows"),
            (("say", scene.contact, "x"), 2, "confirm with"),
            (("say", scene.contact, "--as-operator"), 2, "nothing to say"),
            (("hand-off", scene.contact, "--attribute", "x"), 2, "name=value"),
            (("dlq", "retry", scene.contact, "none"), 2, "no dead letter"),
            (("drain", "zzz"), 2, "No worker here begins"),
        ]:
            code, _, errors = await scene.command(*arguments)
            assert (code, sentence in errors.replace("\n", " ")) == (wanted, True), errors


async def test_tail_follows_until_it_is_interrupted(set_up: Callable[[], Any], started: Started) -> None:
    """In lines, for people and for programs; a worker that goes is told."""
    async with set_up() as scene:
        daemon = await scene.talks()
        people, program = started("tail"), started("tail", scene.contact, "--json")
        with anyio.fail_after(BOUND):
            while True:
                scene.says("again")
                if not people._lines.empty() and not program._lines.empty():
                    break
                await anyio.sleep(0.2)
        lines = [json.loads(await anyio.to_thread.run_sync(program.line)) for _ in range(3)]
        assert {line["contact_id"] for line in lines} == {scene.contact}
        program.signal(signal.SIGINT)
        assert await anyio.to_thread.run_sync(program.ended) == 0
        daemon.signal(signal.SIGTERM)
        assert await anyio.to_thread.run_sync(people.ended) == 0
        assert "has gone" in people.errors


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_another_user_gets_nowhere(set_up: Callable[[], Any], tmp_path: Path) -> None:
    """The directory is closed to others; so is the socket for whoever got past it."""
    async with set_up() as scene:
        daemon = await scene.talks()
        (path,) = (Path(daemon.directory) / "chat-agent" / "control").iterdir()
        intruder = (
            "import os, socket, sys; s = socket.socket(socket.AF_UNIX); os.chdir(sys.argv[1]); os.setuid(65534)\n"
            "try: s.connect(sys.argv[2])\n"
            "except PermissionError: sys.exit(13)"
        )
        for where in (Path(daemon.directory), path.parent):
            name = str(path.relative_to(where))  # a whole path may be too long for a socket's name
            command = [sys.executable, "-c", intruder, str(where), name]
            ended = await anyio.run_process(command, check=False, stderr=subprocess.STDOUT)
            assert ended.returncode == 13, ended.stdout


async def test_every_command_on_the_page_works(set_up: Callable[[], Any]) -> None:
    """In the order in which they stand there; a chat that is over gives way to the next one."""
    commands = re.findall(r"^\$ chat-agent (.*)$", PAGE.read_text(encoding="utf-8"), re.M)
    assert len(commands) == 13
    async with set_up() as scene:
        await scene.talks()
        scene.says("bad")
        await scene.until(lambda: len(scene.said()) == 2)
        (letter,) = await scene.asked("dlq", "ls")
        ordered = sorted(commands, key=_last_things_last)
        for command in ordered:
            if command.startswith("close"):
                scene.begins()
                scene.says("hello")
                await scene.until(lambda: scene.said() == ["hello"])
            words = command.replace("CONTACT", scene.contact).replace("LETTER", letter["letter"])
            code, _, errors = await scene.command(*_split(words))
            assert (code, errors) in [(0, ""), (69, "It failed with ValueError; see the log.\n")], command


def _last_things_last(command: str) -> int:
    ends = ("hand-off", "close", "drain --stay", "drain --undo", "drain")
    return next((number for number, one in enumerate(ends, 1) if command.startswith(one)), 0)


def _split(words: str) -> list[str]:
    return [found[0] or found[1] for found in re.findall(r'"([^"]*)"|(\S+)', words)]
