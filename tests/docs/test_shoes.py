"""The example of the documentation: as a test in ten lines, and over real processes that are killed."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from agent.bot.plugins import load
from agent.emulator import Emulator, emulate
from agent.testing import chatting, run_virtually
from agent.testing.scenario import difference, parse, play

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
BOUND = 50


@pytest.fixture(autouse=True)
def _in_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES)
    monkeypatch.setattr(sys, "path", [str(EXAMPLES), *sys.path])


async def test_order() -> None:
    """Ten lines of test for ten lines of bot."""
    async with chatting(load("shoes:bot")) as customer:
        await customer.says("order")
        await customer.sees("Which size?")
        await customer.says("42")
        await customer.kill_worker()
        await customer.picks("today")
        await customer.sees("Done: 42-today")


def test_the_conversation_of_the_page_is_the_bots() -> None:
    """The file that docs/testing.md shows is a test that passes, and shows all lines of the bot."""
    page = (EXAMPLES.parent / "testing.md").read_text()
    (text,) = re.findall(r"^```\n(bot: .*?)^```$", page, re.MULTILINE | re.DOTALL)
    kept = parse(text)
    assert difference(kept, run_virtually(play(load(kept.bot), kept))) == ""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts the daemon with a SQLite store; whatever still runs at the end is killed."""
    running: list[subprocess.Popen[bytes]] = []

    def start(url: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "agent", "run", "shoes:bot", "--source", "local", "--endpoint-url", url]
        store = ["--store", "sqlite", "--store-path", str(tmp_path / "chats.sqlite")]
        with (tmp_path / "log").open("ab") as log:
            running.append(subprocess.Popen([*command, *store], cwd=EXAMPLES, stdout=log, stderr=log))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


class Stage:
    """The customer's side of one chat on a local Amazon Connect."""

    def __init__(self, connect: Emulator) -> None:
        self.connect = connect
        self._news = anyio.Event()
        connect.region.listeners.append(self._happened)
        started = connect.start_chat()
        wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        answer: Any = connect.call("CreateParticipantConnection", wanted, bearer=started["ParticipantToken"])
        self._contact, self._token = started["ContactId"], answer["ConnectionCredentials"]["ConnectionToken"]

    def _happened(self, _: object) -> None:
        self._news.set()
        self._news = anyio.Event()

    def says(self, text: str) -> None:
        self.connect.call("SendMessage", {"ContentType": "text/plain", "Content": text}, bearer=self._token)

    @property
    def bot_said(self) -> list[str]:
        items = self.connect.transcript(self._contact)
        return [one["Content"] for one in items if one.get("ParticipantRole") == "CUSTOM_BOT" and one.get("Content")]

    async def sees(self, count: int) -> None:
        with anyio.fail_after(BOUND):
            while len(self.bot_said) < count:
                await self._news.wait()


async def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    await anyio.to_thread.run_sync(process.wait)


@pytest.mark.processes
async def test_killed_between_the_questions_the_order_is_finished_as_if_nothing_had_happened(
    start: Callable[[str], subprocess.Popen[bytes]],
) -> None:
    """``kill -9`` twice, SQLite between the lives; the customer sees nothing twice and misses nothing."""
    async with emulate() as connect:
        stage = Stage(connect)
        daemon = start(connect.url)
        await stage.sees(1)
        stage.says("order")
        await stage.sees(2)
        await kill(daemon)
        stage.says("42")
        daemon = start(connect.url)
        await stage.sees(3)
        await kill(daemon)
        daemon = start(connect.url)
        stage.says("today")
        await stage.sees(4)
        greeting, size, when, done = stage.bot_said
        assert (greeting, size) == ("Hi! Ask me anything, or type *order*.", "Which size?")
        assert when == "When?\n1. today\n2. tomorrow"
        assert done.startswith("Done: 42-today-")
        daemon.send_signal(signal.SIGTERM)
        assert await anyio.to_thread.run_sync(daemon.wait) == 0
