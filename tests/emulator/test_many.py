"""Many emulators, thousands of connections that say nothing, and senders that do not speak HTTP."""

from __future__ import annotations

import asyncio
import gc
import resource
import socket
import threading
from pathlib import Path

import aiohttp
import anyio
import anyio.lowlevel
import pytest
import websockets

from agent.emulator import Emulator, Settings, emulate


def chat(connect: Emulator) -> str:
    """The websocket URL of a customer whose chat runs."""
    started = connect.start_chat(connected=True)
    kinds = {"Type": ["WEBSOCKET"]}
    answer = connect.call("CreateParticipantConnection", kinds, bearer=started["ParticipantToken"])
    return str(answer["Websocket"]["Url"])


def things() -> tuple[int, ...]:
    """How many tasks, threads, open files and emulators there are."""
    gc.collect()
    emulators = sum(isinstance(thing, Emulator) for thing in gc.get_objects())
    return len(asyncio.all_tasks()), threading.active_count(), len(list(Path("/dev/fd").iterdir())), emulators


async def test_hundreds_of_emulators_leave_nothing_behind() -> None:
    """Ready when entered, closed on exit, with sockets and streams still open: no task, thread, file, object stays."""
    left = []
    for number in range(300):
        if number in (100, 299):
            left.append(things())
        async with emulate() as connect, aiohttp.ClientSession() as http:
            opened = await websockets.connect(chat(connect))
            stream = await http.get(f"{connect.url}/_emulator/offers")
            await connect.close()
            with pytest.raises(websockets.ConnectionClosed):
                await opened.recv()
            stream.close()
    assert left[0] == left[1]


HALF_OPEN = [
    b"",
    b"GET /web",
    b"POST /participant/message HTTP/1.1\r\nHost: x\r\n",
    b"POST /participant/message HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{",
]


async def test_half_open_connections_do_no_harm(connect: Emulator) -> None:
    """Thousands of connections that never finish their request: everybody else is served, and chats go on."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    sockets = []
    for number in range(min(3_000, (files - 200) // 2)):
        sockets.append(socket.create_connection(("127.0.0.1", connect.port)))
        sockets[-1].send(HALF_OPEN[number % len(HALF_OPEN)])
        await anyio.lowlevel.checkpoint()
    async with aiohttp.ClientSession() as http, http.get(connect.url) as answer:
        assert answer.status == 200
    async with websockets.connect(chat(connect)) as opened:
        await opened.send('{"topic":"aws/heartbeat"}')
        assert await opened.recv() == '{"topic":"aws/heartbeat"}'
    for half_open in sockets:
        half_open.close()


@pytest.mark.parametrize("begun", HALF_OPEN)
async def test_a_half_open_connection_ends(begun: bytes) -> None:
    """One that does not finish its request is closed, in the midst of a body after a modelled error."""
    async with emulate(settings=Settings(request_within=0.05)) as connect:
        reader, writer = await asyncio.open_connection("127.0.0.1", connect.port)
        writer.write(begun)
        with anyio.fail_after(20):
            answer = await reader.read()
        assert (b"ValidationException" in answer) == (begun is HALF_OPEN[-1])
        writer.close()


@pytest.mark.parametrize(
    "broken",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"BREW /contact/chat HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /contact/stop HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /contact/stop HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_http(connect: Emulator, broken: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """400 and a closed connection; no traceback, neither to the client nor in the log."""
    reader, writer = await asyncio.open_connection("127.0.0.1", connect.port)
    writer.write(broken)
    with anyio.fail_after(20):
        answer = await reader.read()
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert b"Traceback" not in answer
    assert "Traceback" not in caplog.text
    writer.close()
