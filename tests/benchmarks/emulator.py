"""How fast and how small the emulator is, as ratios to a bare aiohttp server that does the same by hand.

Run ``python tests/benchmarks/emulator.py``. Server and load share the machine, so only the ratios carry over: rounds
of both servers take turns, and the CPU of the server's own process is what is compared.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import statistics
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from aiohttp import WSMsgType, web

from agent.emulator import INSTANCE_ID, Settings, emulate

SUBSCRIBE = b'{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
Wire = tuple[int, list[tuple[str, str]]]  # the port, and for each participant its token and websocket path


# --- the two servers -----------------------------------------------------------------------------------
@asynccontextmanager
async def the_emulator(chats: int) -> AsyncIterator[Wire]:
    """Chats with a customer and a bot each."""
    async with emulate(settings=Settings(timeline_length=1_000)) as connect:
        parties = []
        for _ in range(chats):
            started = connect.start_chat(connected=True)
            details = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Helper"}
            params = {"InstanceId": INSTANCE_ID, "ContactId": started["ContactId"], "ParticipantDetails": details}
            bot = connect.call("CreateParticipant", params)["ParticipantCredentials"]
            for token in (started["ParticipantToken"], bot["ParticipantToken"]):
                kinds = {"Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"]}
                answer = connect.call("CreateParticipantConnection", kinds, bearer=token)
                path = answer["Websocket"]["Url"].split(str(connect.port), 1)[1]
                parties.append((answer["ConnectionCredentials"]["ConnectionToken"], path))
        yield connect.port, parties


@asynccontextmanager
async def bare_aiohttp(chats: int) -> AsyncIterator[Wire]:
    """The same by hand: parse, make an item, send it to two sockets, answer. No rules, no checks."""
    sockets: dict[str, list[web.WebSocketResponse]] = {str(n): [] for n in range(chats)}

    async def websocket(request: web.Request) -> web.StreamResponse:
        response = web.WebSocketResponse(compress=False)
        await response.prepare(request)
        sockets[request.match_info["chat"]].append(response)
        async for message in response:
            if message.type is WSMsgType.TEXT:
                await response.send_str('{"topic":"aws/subscribe","content":{"status":"success"}}')
        return response

    async def message(request: web.Request) -> web.Response:
        body = await request.json()
        item = {"Content": body["Content"], "ContentType": body["ContentType"], "Id": "x" * 36, "Type": "MESSAGE"}
        item |= {"ParticipantId": "x" * 36, "DisplayName": "Helper", "ParticipantRole": "CUSTOM_BOT"}
        item |= {"AbsoluteTime": "2026-01-01T00:00:00.000Z", "InitialContactId": "x" * 36, "ContactId": "x" * 36}
        frame = {"content": json.dumps(item), "contentType": "application/json", "topic": "aws/chat"}
        for socket in sockets[request.headers["X-Amz-Bearer"]]:
            await socket.send_str(json.dumps(frame, separators=(",", ":")))
        return web.json_response({"Id": "x" * 36, "AbsoluteTime": "2026-01-01T00:00:00.000Z"})

    app = web.Application()
    app.add_routes([web.get("/websocket/{chat}", websocket), web.post("/participant/message", message)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1], [(str(n // 2), f"/websocket/{n // 2}") for n in range(2 * chats)]
    await runner.cleanup()


# --- the load, in a process of its own -----------------------------------------------------------------
class Receiver(asyncio.Protocol):
    """A websocket client that only counts items."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self.items = 0
        self.ready = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        transport.write(self._head)
        transport.write(struct.pack("!BBI", 0x81, 0x80 | len(SUBSCRIBE), 0) + SUBSCRIBE)

    def data_received(self, data: bytes) -> None:
        self.items += data.count(b'"topic":"aws/chat"}')
        if not self.ready.done() and b"success" in data:
            self.ready.set_result(None)


def load(pipe: Pipe, messages: int, workers: int) -> None:
    """Told port and participants: subscribe them all, send, and say how many frames came."""
    raise_file_limit()
    asyncio.run(_load(pipe, messages, workers))


async def _load(pipe: Pipe, messages: int, workers: int) -> None:
    port, parties = pipe.recv()
    receivers = [await _subscribe(port, path) for _, path in parties]
    pipe.send("subscribed")
    pipe.recv()
    began = perf_counter()
    tokens = [token for token, _ in parties]
    if messages:
        each = messages // workers
        await asyncio.gather(*(_send(port, tokens[n % len(tokens)], each, n) for n in range(workers)))
    pipe.send((perf_counter() - began, sum(receiver.items for receiver in receivers)))
    pipe.recv()


async def _subscribe(port: int, path: str) -> Receiver:
    head = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    _, receiver = await asyncio.get_running_loop().create_connection(lambda: Receiver(head.encode()), "127.0.0.1", port)
    await receiver.ready
    return receiver


async def _send(port: int, token: str, messages: int, worker: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(messages):
        body = {"ContentType": "text/plain", "Content": "Where is my parcel?", "ClientToken": f"{worker}-{number}"}
        text = json.dumps(body).encode()
        writer.write(
            b"POST /participant/message HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Amz-Bearer: "
            + token.encode()
            + b"\r\nContent-Length: %d\r\n\r\n" % len(text)
            + text
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head, head
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
    writer.close()


# --- measuring -----------------------------------------------------------------------------------------
def raise_file_limit() -> int:
    """As many sockets as the machine allows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def say(pipe: Pipe) -> Any:
    """What the load says next, without holding the server up."""
    while not pipe.poll():
        await asyncio.sleep(0.01)
    return pipe.recv()


async def throughput(server: Any, chats: int, messages: int) -> tuple[float, float]:
    """Messages a second, and CPU microseconds of the server for each."""
    mine, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=load, args=(theirs, messages, 32))
    process.start()
    async with server(chats) as wire:
        mine.send(wire)
        await say(mine)
        before = process_time()
        mine.send("go")
        seconds, items = await say(mine)
        spent = process_time() - before
        mine.send("end")
    process.join()
    if items < messages * 2 * 0.99:
        sys.exit(f"only {items} of {messages * 2} frames arrived")
    return messages / seconds, spent / messages * 1e6


async def memory(server: Any, chats: int) -> float:
    """Kilobytes of the server for one open, subscribed socket."""
    mine, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=load, args=(theirs, 0, 1))
    process.start()
    async with server(chats) as wire:
        gc.collect()
        before = resident()
        mine.send(wire)
        await say(mine)
        gc.collect()
        grown = resident() - before
        mine.send("go")
        await say(mine)
        mine.send("end")
    process.join()
    return grown / len(wire[1]) / 1024


def main() -> None:
    """Rounds in turn, then the medians and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--sockets", type=int, default=10_000)
    options = parser.parse_args()
    limit = raise_file_limit()
    sockets = min(options.sockets, limit - 500)
    print(
        f"emulator       {asyncio.run(memory(the_emulator, sockets // 2)):8.1f} KB for each of {sockets} open sockets"
    )
    results: dict[str, list[tuple[float, float]]] = {"emulator": [], "bare aiohttp": []}
    for _ in range(options.rounds):
        for name, server in (("emulator", the_emulator), ("bare aiohttp", bare_aiohttp)):
            results[name].append(asyncio.run(throughput(server, 50, options.messages)))
    rate, cpu = ({n: statistics.median(r[i] for r in rows) for n, rows in results.items()} for i in (0, 1))
    for name in results:
        print(f"{name:14} {rate[name]:8.0f} SendMessage/s to two sockets each, {cpu[name]:6.0f} µs of CPU for each")
    print(f"the emulator needs {cpu['emulator'] / cpu['bare aiohttp']:.2f} times the CPU of bare aiohttp")


if __name__ == "__main__":
    main()
