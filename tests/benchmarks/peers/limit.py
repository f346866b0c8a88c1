"""The limit: raw HTTP and a bare websocket protocol on uvloop. No session, no retry, no order, nothing survives.

What a bot could reach on this machine if it had no duties. Nobody should run it.
"""

import asyncio
import json
import os
import re
import ssl
from base64 import b64encode
from collections import deque
from typing import Any
from urllib.parse import urlsplit

import uvloop

from tests.benchmarks.peers.starting import AT_ONCE, Task, task

POOL = 32
_KEY = b64encode(bytes(16))
_WORDS = re.compile(rb'\\"Content\\":\\"(.*?)\\"')
_ROLE = rb"\"ParticipantRole\":\"CUSTOMER\""


def masked(text: bytes) -> bytes:
    """A client's frame under the mask of zeros."""
    return bytes((0x81, 0x80 | len(text))) + bytes(4) + text


SUBSCRIBE = masked(b'{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}')
HEARTBEAT = masked(b'{"topic":"aws/heartbeat"}')


class Post(asyncio.Protocol):
    """One kept HTTP connection."""

    def __init__(self, pool: "Pool") -> None:
        self.pool = pool
        self.waiting: asyncio.Future[bytes] | None = None
        self.buffer = b""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if found and len(body) == int(head.rpartition(b"Content-Length: ")[2]):
            waiting, self.waiting, self.buffer = self.waiting, None, b""
            self.pool.free(self)
            if waiting is not None and not waiting.done():
                waiting.set_result(body)


class Pool:
    """Kept connections; calls wait first come, first served."""

    def __init__(self, url: str, tls: ssl.SSLContext | None) -> None:
        self.address = urlsplit(url)
        self.tls = tls
        self.idle: list[Post] = []
        self.line: deque[tuple[bytes, asyncio.Future[bytes]]] = deque()
        self.host = self.address.netloc.encode()

    async def open(self) -> None:
        """Opens all connections."""
        loop = asyncio.get_running_loop()
        host, port = self.address.hostname or "", self.address.port or 80
        for _ in range(POOL):
            _, protocol = await loop.create_connection(lambda: Post(self), host, port, ssl=self.tls)
            self.idle.append(protocol)

    def call(self, path: bytes, bearer: bytes, body: bytes) -> asyncio.Future[bytes]:
        """The answer's body, some time."""
        head = b"POST %s HTTP/1.1\r\nHost: %s\r\nX-Amz-Bearer: %s\r\nContent-Length: %d\r\n\r\n"
        request = head % (path, self.host, bearer, len(body)) + body
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.line.append((request, answer))
        if self.idle:
            self.free(self.idle.pop())
        return answer

    def free(self, post: Post) -> None:
        """`post` has time for the next call."""
        if not self.line:
            self.idle.append(post)
            return
        request, post.waiting = self.line.popleft()
        post.transport.write(request)


class Socket(asyncio.Protocol):
    """One participant websocket."""

    def __init__(self, pool: Pool, path: str, token: bytes) -> None:
        self.pool, self.path, self.token = pool, path.encode(), token
        self.buffer = b""
        self.upgraded = False
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: Any = None
        self.sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.write(
            b"GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n" % (self.path, _KEY)
        )

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.upgraded:
            _, found, self.buffer = self.buffer.partition(b"\r\n\r\n")
            self.upgraded = bool(found)
            self.transport.write(SUBSCRIBE)
        while len(self.buffer) >= 4:
            length, start = self.buffer[1], 2
            if length == 126:
                length, start = int.from_bytes(self.buffer[2:4], "big"), 4
            if len(self.buffer) < start + length:
                return
            text, self.buffer = self.buffer[start : start + length], self.buffer[start + length :]
            if _ROLE in text and (words := _WORDS.search(text)):
                self.answer(words[1])

    def answer(self, words: bytes) -> None:
        """Says the same."""
        self.sent += 1
        body = b'{"ContentType":"text/plain","ClientToken":"%s-%d","Content":"%s"}' % (self.token, self.sent, words)
        self.pool.call(b"/participant/message", self.token, body)


async def chat(pool: Pool, contact: str, gate: asyncio.Semaphore, sockets: set[Socket]) -> None:
    """One chat: joined once, connected again whenever its socket is lost."""
    async with gate:
        details = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Echo"}
        body = json.dumps({"ContactId": contact, "ParticipantDetails": details}).encode()
        created = json.loads(await pool.call(b"/contact/create-participant", b"-", body))
    token = created["ParticipantCredentials"]["ParticipantToken"].encode()
    while True:
        async with gate:
            kinds = b'{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"],"ConnectParticipant":true}'
            connection = json.loads(await pool.call(b"/participant/connection", token, kinds))
            url = urlsplit(connection["Websocket"]["Url"])
            bearer = connection["ConnectionCredentials"]["ConnectionToken"].encode()
            _, socket = await asyncio.get_running_loop().create_connection(
                lambda: Socket(pool, f"{url.path}?{url.query}", bearer),  # noqa: B023 - dialled before the next turn
                url.hostname,
                url.port,
                ssl=pool.tls,
            )
        sockets.add(socket)
        await socket.lost
        sockets.discard(socket)


async def beat(sockets: set[Socket]) -> None:
    """One clock for all heartbeats."""
    while True:
        await asyncio.sleep(10)
        for socket in sockets:
            socket.transport.write(HEARTBEAT)


async def bot(work: Task) -> None:
    """Joins all chats and answers."""
    tls = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"]) if work.url.startswith("https") else None
    pool = Pool(work.url, tls)
    await pool.open()
    gate, sockets = asyncio.Semaphore(AT_ONCE), set[Socket]()
    async with asyncio.TaskGroup() as group:
        group.create_task(beat(sockets))
        for contact in work.contacts:
            group.create_task(chat(pool, contact, gate, sockets))


if __name__ == "__main__":
    uvloop.run(bot(task()))
