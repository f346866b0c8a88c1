"""A bot that may use the real network has real time for it, and only for that."""

import asyncio
import selectors
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from unittest.mock import Mock

import anyio
import pytest

from agent import Bot, Chat, Message
from agent.telemetry import Happening
from agent.testing import chatting, run_virtually
from agent.testing.pace import Pace
from agent.testing.virtual import Leap

LONG = 5.0


@contextmanager
def _server(waits: threading.Event) -> Iterator[int]:
    """The port of one that answers each connection once, when somebody really waits for it."""

    def answer() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(1)
                connection.sendall(b"late\n" if waits.wait(LONG) else b"never\n")

    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


async def _ask(port: int, waits: threading.Event) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waits.clear()
    writer.write(b"?")
    try:
        async with asyncio.timeout(30):
            return (await reader.readline()).decode().strip()
    finally:
        writer.close()
        await writer.wait_closed()


async def _chat(port: int, waits: threading.Event) -> None:
    @asynccontextmanager
    async def open_and_close() -> AsyncIterator[None]:
        assert await _ask(port, waits) == "late"
        yield
        assert await _ask(port, waits) == "late"

    bot = Bot("online", lifespan=open_and_close)

    @bot.on_message()
    async def ask(chat: Chat, message: Message) -> None:
        await chat.say(await _ask(port, waits))

    async with chatting(bot, network=True) as customer:
        await customer.says("x")
        await customer.sees("late")


@pytest.mark.parametrize("run", [asyncio.run, run_virtually])
def test_a_slow_answer_is_waited_for(run: object, waits: threading.Event) -> None:
    """In a turn, and while the bot begins and ends."""
    assert callable(run)
    with _server(waits) as port:
        run(_chat(port, waits))


async def test_between_turns_time_leaps() -> None:
    """Hours pass in no time, although a connection is open."""
    bot = Bot("online")
    before = time.monotonic()
    async with chatting(bot, network=True) as customer:
        with socket.socket() as ours, socket.create_server(("127.0.0.1", 0)) as theirs:
            ours.connect(theirs.getsockname())
            asyncio.get_running_loop().add_reader(ours, bool)
            await customer.waits("2h")
            asyncio.get_running_loop().remove_reader(ours)
    assert time.monotonic() - before < 60


async def test_a_turn_without_sockets_leaps() -> None:
    """Although the bot might use the network: hours of a handler pass in no time."""
    bot = Bot("idle")

    @bot.on_message()
    async def answer(chat: Chat, message: Message) -> None:
        await anyio.sleep(50)
        await chat.say("done")

    before = time.monotonic()
    async with chatting(bot, network=True) as customer:
        await customer.says("x")
        await customer.sees("done")
    assert time.monotonic() - before < 50


def test_a_turn_that_is_abandoned_has_ended() -> None:
    """By a crash or by the end of the chat."""
    pace = Pace()
    pace.hear(Happening(name="turn.abandoned"))
    assert not pace()


def test_what_was_really_waited_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timeouts of the bot strike after as long as the server let it wait."""
    ready = [(selectors.SelectorKey(0, 0, 0, None), 1)]
    real = Mock(select=Mock(side_effect=[[], ready]), get_map=lambda: {0: 0, 1: 1})
    leap = Leap(real)
    monkeypatch.setattr(time, "monotonic", iter([100.0, 100.4]).__next__)
    monkeypatch.setattr(asyncio, "get_running_loop", Mock)
    with leap.patiently(lambda: True):
        assert leap.select(3) == ready
    assert leap.now == pytest.approx(0.4)
