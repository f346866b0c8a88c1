"""The daemon as operators meet it: started, stopped, killed, started again. Real processes, real signals."""

import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import anyio.to_thread
import pytest

from agent.emulator import Emulator, emulate

Finished: TypeAlias = Callable[..., tuple[int, list[str], str]]
Started: TypeAlias = Callable[..., Any]

pytestmark = pytest.mark.processes
BOUND = 50

BOT = """
import asyncio, os
from agent import Bot, Chat, Message

bot = Bot("mine")


@bot.on_message()
async def answer(chat: Chat, message: Message) -> None:
    await chat.say(message.text + " one")
    if message.text == os.environ.get("STUCK"):
        await asyncio.Event().wait()
    await chat.say(message.text + " two")
"""


class Stage:
    """A local Amazon Connect in this process, and its customers."""

    def __init__(self, connect: Emulator, directory: Path) -> None:
        self.connect = connect
        self.directory = directory
        self._event = anyio.Event()
        connect.region.listeners.append(self._happened)

    def _happened(self, _: Any) -> None:
        self._event.set()
        self._event = anyio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        with anyio.fail_after(BOUND):
            while not condition():
                await self._event.wait()

    def customer(self) -> tuple[str, str]:
        """The contact and the connection token of a customer who is on the chat."""
        answer = self.connect.start_chat()
        wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        connection = self.connect.call("CreateParticipantConnection", wanted, bearer=answer["ParticipantToken"])
        return answer["ContactId"], connection["ConnectionCredentials"]["ConnectionToken"]

    def says(self, token: str, text: str) -> None:
        self.connect.call("SendMessage", {"ContentType": "text/plain", "Content": text}, bearer=token)

    def bot_said(self, contact: str) -> list[str]:
        items = self.connect.transcript(contact)
        return [item["Content"] for item in items if item.get("ParticipantRole") == "CUSTOM_BOT" and "Content" in item]

    def arrivals(self, contact: str) -> int:
        joined = "application/vnd.amazonaws.connect.event.participant.joined"
        items = self.connect.transcript(contact)
        return sum(item["ContentType"] == joined and item["ParticipantRole"] == "CUSTOM_BOT" for item in items)

    def has_left(self, contact: str) -> bool:
        left = "application/vnd.amazonaws.connect.event.participant.left"
        items = self.connect.transcript(contact)
        return any(item["ContentType"] == left and item["ParticipantRole"] == "CUSTOM_BOT" for item in items)

    def arguments(self, *more: str) -> tuple[str, ...]:
        return ("run", "mine:bot", "--source", "local", "--endpoint-url", self.connect.url, *more)


@asynccontextmanager
async def _stage(directory: Path) -> AsyncIterator[Stage]:
    (directory / "mine.py").write_text(BOT, encoding="utf-8")
    async with emulate() as connect:
        yield Stage(connect, directory)


async def _ended(command: Any) -> int:
    code: int = await anyio.to_thread.run_sync(command.ended)
    return code


async def test_killed_in_the_middle_of_many_chats_it_goes_on_where_it_was(started: Started, tmp_path: Path) -> None:
    """``kill -9`` within turns: the same participants answer on, nothing is lost, nothing is said twice."""
    async with _stage(tmp_path) as stage:
        first = started(*stage.arguments(), STUCK="b")
        customers = [stage.customer() for _ in range(5)]
        for _, token in customers:
            stage.says(token, "a")
        await stage.until(lambda: all(stage.bot_said(contact) == ["a one", "a two"] for contact, _ in customers))
        for _, token in customers:
            stage.says(token, "b")
        await stage.until(lambda: all(stage.bot_said(contact)[2:] == ["b one"] for contact, _ in customers))
        first.signal(signal.SIGKILL)
        await _ended(first)
        for _, token in customers:
            stage.says(token, "c")
        second = started(*stage.arguments())
        whole = ["a one", "a two", "b one", "b two", "c one", "c two"]
        await stage.until(lambda: all(len(stage.bot_said(contact)) >= len(whole) for contact, _ in customers))
        assert [stage.bot_said(contact) for contact, _ in customers] == [whole] * 5
        assert [stage.arrivals(contact) for contact, _ in customers] == [1] * 5
        second.signal(signal.SIGTERM)
        assert await _ended(second) == 0


async def test_of_two_workers_one_goes_on_where_the_other_was_killed(started: Started, tmp_path: Path) -> None:
    """They share one store; the survivor notices a dead process of its own machine long before a lease lapses."""
    async with _stage(tmp_path) as stage:
        first = started(*stage.arguments(), STUCK="b", CHAT_AGENT_WORKER__LEASE="60")
        contact, token = stage.customer()
        stage.says(token, "a")
        await stage.until(lambda: len(stage.bot_said(contact)) == 2)
        second = started(*stage.arguments(), CHAT_AGENT_WORKER__LEASE="3")
        await anyio.to_thread.run_sync(second.logged, "worker.serving")
        stage.says(token, "b")
        await stage.until(lambda: stage.bot_said(contact)[2:] == ["b one"])
        first.signal(signal.SIGKILL)
        await _ended(first)
        await stage.until(lambda: len(stage.bot_said(contact)) == 4)
        assert stage.bot_said(contact) == ["a one", "a two", "b one", "b two"]
        assert stage.arrivals(contact) == 1
        second.signal(signal.SIGTERM)
        assert await _ended(second) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_stopped_it_keeps_its_chats_for_the_next_start(
    started: Started, tmp_path: Path, number: signal.Signals
) -> None:
    """With a durable store the bot stays on the chat; the next start goes on as the same participant."""
    async with _stage(tmp_path) as stage:
        first = started(*stage.arguments())
        contact, token = stage.customer()
        stage.says(token, "a")
        await stage.until(lambda: stage.bot_said(contact) == ["a one", "a two"])
        first.signal(number)
        assert await _ended(first) == 0
        assert not stage.has_left(contact)
        stage.says(token, "b")
        second = started(*stage.arguments())
        await stage.until(lambda: stage.bot_said(contact) == ["a one", "a two", "b one", "b two"])
        assert stage.arrivals(contact) == 1
        second.signal(number)
        assert await _ended(second) == 0


@pytest.mark.parametrize("more", [["--leave"], ["--store", "memory"]])
async def test_stopped_for_good_it_leaves_politely(started: Started, tmp_path: Path, more: list[str]) -> None:
    """Where nobody goes on, the customer's flow does."""
    async with _stage(tmp_path) as stage:
        command = started(*stage.arguments(*more))
        contact, token = stage.customer()
        stage.says(token, "a")
        await stage.until(lambda: len(stage.bot_said(contact)) == 2)
        command.signal(signal.SIGTERM)
        assert await _ended(command) == 0
        assert stage.has_left(contact)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_before_it_serves_it_ends_in_order(started: Started, tmp_path: Path, number: signal.Signals) -> None:
    """A rollout may change its mind while everything is still being imported."""
    slow = "import sys, threading\nprint('importing', file=sys.stderr, flush=True)\nthreading.Event().wait(50)\n"
    (tmp_path / "mine.py").write_text(slow, encoding="utf-8")
    command = started("run", "mine:bot", "--source", "local")
    command.logged("importing")
    command.signal(number)
    assert (command.ended(), command.errors) == (0, "importing\n")


def test_asked_to_reload_before_it_serves_it_goes_on(started: Started, tmp_path: Path) -> None:
    """A unit that is reloaded right after its start must not end by it."""
    slow = "import sys\nprint('importing', file=sys.stderr, flush=True)\ninput()\nraise RuntimeError\n"
    (tmp_path / "mine.py").write_text(slow, encoding="utf-8")
    command = started("run", "mine:bot", "--source", "local")
    command.logged("importing")
    command.signal(signal.SIGHUP)
    command.process.stdin.write("\n")
    command.process.stdin.flush()
    assert command.ended() == 2
    assert "RuntimeError" in command.errors


async def test_a_second_signal_forces(started: Started, tmp_path: Path) -> None:
    """A turn that does not end holds the first one up, never the second."""
    async with _stage(tmp_path) as stage:
        command = started(*stage.arguments(), STUCK="a")
        contact, token = stage.customer()
        stage.says(token, "a")
        await stage.until(lambda: stage.bot_said(contact) == ["a one"])
        command.signal(signal.SIGTERM)
        await anyio.to_thread.run_sync(command.logged, "worker.draining")
        command.signal(signal.SIGTERM)
        assert await _ended(command) == 130


async def test_without_anybody_who_reads_its_log_it_serves_on(started: Started, tmp_path: Path) -> None:
    """A log shipper that died must not take the customers' bot with it; nor end it as if it had been stopped."""
    async with _stage(tmp_path) as stage:
        command = started(*stage.arguments(), errors_until="worker.serving")
        contact, token = stage.customer()
        for number in range(3):
            stage.says(token, str(number))
            await stage.until(lambda number=number: len(stage.bot_said(contact)) == 2 * number + 2)
        command.signal(signal.SIGTERM)
        assert await _ended(command) == 0


async def test_the_log_is_json_with_ids_and_without_words_or_tokens(started: Started, tmp_path: Path) -> None:
    """Every line of standard error is one object; what the customer wrote is in none."""
    async with _stage(tmp_path) as stage:
        command = started(*stage.arguments("--log-level", "debug"))
        contact, token = stage.customer()
        stage.says(token, "my card is 4111")
        await stage.until(lambda: len(stage.bot_said(contact)) == 2)
        command.signal(signal.SIGTERM)
        assert await _ended(command) == 0
        lines = [json.loads(line) for line in command.errors.splitlines()]
        assert {line["event"] for line in lines} >= {"worker.serving", "contact.joined", "turn.committed"}
        assert any(line.get("contact_id") == contact for line in lines)
        assert "4111" not in command.errors
        assert token not in command.errors


def test_a_store_that_is_none_is_kept_and_told(finished: Finished, tmp_path: Path) -> None:
    """A foreign file at the store's place stays as it is."""
    foreign = tmp_path / "notes.txt"
    foreign.write_text("my notes", encoding="utf-8")
    arguments = ("run", "echo", "--source", "local", "--endpoint-url", "http://127.0.0.1:9")
    code, _, errors = finished(*arguments, "--store-path", str(foreign))
    assert code == 78, errors
    assert "Traceback" not in errors
    assert foreign.read_text(encoding="utf-8") == "my notes"
