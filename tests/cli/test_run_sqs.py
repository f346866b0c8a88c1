"""The daemon on a queue: contact events of a local Amazon Connect through somebody else's SQS, and real kills."""

import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import pytest

from agent.emulator import Emulator, emulate, read_sink
from tests.aws.moto import CREDENTIALS, Moto
from tests.aws.queues import Queue, queue_of
from tests.cli.gate import Gate, gate_before

Started: TypeAlias = Callable[..., Any]
Finished: TypeAlias = Callable[..., tuple[int, list[str], str]]

pytestmark = pytest.mark.processes
BOUND = 50

BOT = """
from agent import Bot, Chat

bot = Bot("greeter")


@bot.on_join
async def greet(chat: Chat) -> None:
    await chat.say("Hello")
"""


class Stage:
    """A local Amazon Connect whose contact events go to a queue of moto's, behind a gate."""

    def __init__(self, connect: Emulator, queue: Queue, gate: Gate) -> None:
        self.connect = connect
        self.queue = queue
        self.gate = gate
        self._event = anyio.Event()
        connect.region.listeners.append(self._happened)

    def _happened(self, _: Any) -> None:
        self._event.set()
        self._event = anyio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._event.wait()

    def chat(self) -> str:
        answer = self.connect.start_chat(connected=True)
        contact: str = answer["ContactId"]
        return contact

    def greetings(self, contact: str) -> int:
        return sum(item.get("Content") == "Hello" for item in self.connect.transcript(contact))

    def arrivals(self, contact: str) -> int:
        joined = "application/vnd.amazonaws.connect.event.participant.joined"
        items = self.connect.transcript(contact)
        return sum(item["ContentType"] == joined and item["ParticipantRole"] == "CUSTOM_BOT" for item in items)

    @property
    def arguments(self) -> tuple[str, ...]:
        queue_url = self.gate.url + urlsplit(self.queue.url).path
        return ("run", "mine:bot", "--source", "sqs", "--queue-url", queue_url, "--endpoint-url", self.connect.url)


@asynccontextmanager
async def _stage(moto: Moto, directory: Path, notices: str = "contact-events") -> AsyncIterator[Stage]:
    (directory / "mine.py").write_text(BOT, encoding="utf-8")
    with queue_of(moto, put_aside_after=5) as queue, anyio.fail_after(BOUND):
        async with gate_before(moto.url) as gate, emulate(sinks=[read_sink(f"{notices}=sqs+{queue.url}")]) as one:
            yield Stage(one, queue, gate)


async def _ended(command: Any) -> int:
    code: int = await anyio.to_thread.run_sync(command.ended)
    return code


@pytest.mark.parametrize("notices", ["contact-events", "flow-events"])
async def test_what_connect_tells_on_the_queue_brings_the_bot(
    moto: Moto, started: Started, tmp_path: Path, notices: str
) -> None:
    """The flow's Lambda event, or the contact events: several offer one contact, and one bot comes."""
    async with _stage(moto, tmp_path, notices) as stage:
        worker = started(*stage.arguments, **CREDENTIALS)
        contacts = [stage.chat() for _ in range(3)]
        await stage.until(lambda: all(stage.greetings(contact) for contact in contacts))
        await stage.gate.until_passed("DeleteMessageBatch")
        worker.signal(signal.SIGTERM)
        assert await _ended(worker) == 0
        assert [(stage.arrivals(contact), stage.greetings(contact)) for contact in contacts] == [(1, 1)] * 3
        assert "queue.keeps_rubbish" not in worker.errors


async def test_killed_before_it_deleted_the_offer_there_is_still_one_bot(
    moto: Moto, started: Started, tmp_path: Path
) -> None:
    """``kill -9`` between claim and delete: the offer comes again, is recognised and deleted."""
    async with _stage(moto, tmp_path) as stage:
        stage.gate.held = "DeleteMessageBatch"
        first = started(*stage.arguments, **CREDENTIALS, CHAT_AGENT_SOURCE__VISIBILITY="5")
        contact = stage.chat()
        await stage.until(lambda: stage.greetings(contact) == 1)
        await stage.gate.until_reached("DeleteMessageBatch")
        first.signal(signal.SIGKILL)
        await _ended(first)
        stage.gate.held = ""
        stage.gate.forget()
        second = started(*stage.arguments, **CREDENTIALS)
        await stage.gate.until_passed("DeleteMessageBatch")
        second.signal(signal.SIGTERM)
        assert await _ended(second) == 0
        assert (stage.arrivals(contact), stage.greetings(contact)) == (1, 1)


async def test_what_a_stopping_worker_has_in_hand_is_another_s_at_once(
    moto: Moto, started: Started, tmp_path: Path
) -> None:
    """Its one place is taken, so the second contact was never taken from the queue, or was given back to it."""
    async with _stage(moto, tmp_path) as stage:
        worker = started(*stage.arguments, "--max-chats", "1", **CREDENTIALS)
        contacts = [stage.chat() for _ in range(2)]
        await stage.until(lambda: any(stage.greetings(contact) for contact in contacts))
        worker.signal(signal.SIGTERM)
        assert await _ended(worker) == 0
        second = started(*stage.arguments, **CREDENTIALS)
        await stage.until(lambda: all(stage.greetings(contact) for contact in contacts))
        second.signal(signal.SIGTERM)
        assert await _ended(second) == 0
        assert [stage.arrivals(contact) for contact in contacts] == [1, 1]


def test_a_queue_that_cannot_be_used_at_the_start_ends_it(moto: Moto, finished: Finished) -> None:
    """Not there: a mistake in the settings. Nobody at the address: perhaps later. None named: what to give."""
    wanted = ("run", "echo", "--source", "sqs", "--store", "memory", "--endpoint-url", "http://127.0.0.1:9")
    code, _, errors = finished(*wanted, "--queue-url", f"{moto.url}/123456789012/nope", **CREDENTIALS)
    assert (code, "there is no such queue" in errors) == (78, True), errors
    code, _, errors = finished(*wanted, "--queue-url", "http://127.0.0.1:9/123456789012/offers", **CREDENTIALS)
    assert (code, "nobody answers" in errors) == (75, True), errors
    code, _, errors = finished(*wanted)
    assert (code, "--queue-url" in errors) == (78, True), errors
