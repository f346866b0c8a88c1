"""An Amazon Connect as bare as it can be: it speaks the wire formats and checks nothing, so that it is no bottleneck.

It plays the customers too: who writes when is the workload. What it saw, it prints as lines of JSON: its addresses,
when all chats are on, when the measured window opens and closes, and at the end the figures. It shares no code with
the agent. Run by `race`, alone on a core.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import re
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Any

import uvloop

from agent.emulator.certificate import SelfMade

CONTACT = "00000000-0000-4000-8000-{:012d}"
_CONTENT = re.compile(rb'"Content":\s*"m(\d+)"')
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_ACK = b'{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}'
_HEARTBEAT = b'{"topic":"aws/heartbeat"}'
_PONG = b'{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}'
_WARM_UP, _WARM_UP_EACH = 1.0, 0.001
_LATER = "2099-01-01T00:00:00.000Z"


def frame(text: bytes) -> bytes:
    """A text frame as a server sends it."""
    if len(text) < 126:
        return bytes((0x81, len(text))) + text
    return bytes((0x81, 126)) + len(text).to_bytes(2, "big") + text


def item(chat: int, number: int, role: str, text: str) -> bytes:
    """One message as the websocket carries it: JSON in JSON."""
    inner = {
        "AbsoluteTime": moment(number),
        "Content": text,
        "ContentType": "text/plain",
        "Id": f"{number:032d}",
        "Type": "MESSAGE",
        "ParticipantId": f"{role}-{chat}",
        "DisplayName": role,
        "ParticipantRole": role,
        "InitialContactId": CONTACT.format(chat),
        "ContactId": CONTACT.format(chat),
    }
    return json.dumps(inner, separators=(",", ":")).encode()


def moment(number: int) -> str:
    """A time that grows with `number`."""
    seconds, milliseconds = divmod(number, 1000)
    return f"2026-01-01T{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{milliseconds:03d}Z"


@dataclass(slots=True)
class Chat:
    """One chat: whoever listens, and the message that waits for its answer."""

    number: int
    sockets: list[Wire] = field(default_factory=list)
    asked: dict[int, float] = field(default_factory=dict)
    replies: int = 0
    last: bytes = b""


class Connect:
    """The chats and the workload."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.chats = [Chat(number) for number in range(options.chats)]
        self.loop = asyncio.get_running_loop()
        self.done = asyncio.Event()
        self.on = 0
        self.items = 0
        self.first_join: float | None = None
        self.measuring = False
        self.latencies: list[float] = []
        self.opened = (0.0, 0.0)
        self.dropped_at = 0.0
        self.calls: dict[str, int] = {}
        self.templates: dict[tuple[int, str], tuple[bytes, bytes, bytes, bytes]] = {}

    # ------------------------------------------------------------------------------------- the workload
    def subscribed(self, chat: Chat, wire: Wire) -> None:
        """A socket began to listen."""
        new = not chat.sockets
        chat.sockets = [wire]
        self.on += new
        if self.on == len(self.chats) and new:
            self.all_on()

    def gone(self, chat: Chat, wire: Wire) -> None:
        """A socket is no more."""
        if wire in chat.sockets:
            chat.sockets.remove(wire)
            self.on -= not chat.sockets

    def all_on(self) -> None:
        """Every chat is heard."""
        now = perf_counter()
        if self.dropped_at:
            tell("back", seconds=now - self.dropped_at)
            self.close_window()
            return
        assert self.first_join is not None
        tell("joined", seconds=now - self.first_join)
        workload: dict[str, Callable[[], None]] = {
            "saturation": self.saturate,
            "offered": self.offer,
            "idle": self.rest,
            "join": self.close_window,
            "reconnect": lambda: self.after(_WARM_UP, self.drop_all),
        }
        workload[self.options.workload]()

    def after(self, seconds: float, action: Callable[..., object], *arguments: object) -> None:
        self.loop.call_later(seconds, action, *arguments)

    def saturate(self) -> None:
        """Every customer writes again as soon as it is answered."""
        for chat in self.chats:
            chat.replies = 0
            self.ask(chat)
        latest = self.loop.time() + _WARM_UP + len(self.chats) * _WARM_UP_EACH
        self.after(_WARM_UP, self.open_once_warm, latest)

    def open_once_warm(self, latest: float) -> None:
        """Once every chat was answered, or cannot be expected to be: the first wave of many chats comes slowly."""
        if all(chat.replies for chat in self.chats) or self.loop.time() > latest:
            self.open_window()
        else:
            self.after(0.1, self.open_once_warm, latest)

    def offer(self) -> None:
        """All customers together write at a fixed rate, whether they are answered or not."""
        self.after(_WARM_UP, self.open_window)
        self._tick(self.loop.time(), 0)

    def _tick(self, began: float, asked: int) -> None:
        due = int((self.loop.time() - began) * self.options.rate)
        for number in range(asked, due):
            self.ask(self.chats[number % len(self.chats)])
        if not self.done.is_set():
            self.after(0.001, self._tick, began, due)

    def rest(self) -> None:
        """Nobody writes; then everybody does."""
        self.after(self.options.settle, self.watch_rest)

    def watch_rest(self) -> None:
        """The chats are idle, for a whole number of heartbeats."""
        tell("resting")
        began = perf_counter()

        def wake() -> None:
            tell("rested", seconds=perf_counter() - began)
            self.saturate()

        self.after(self.options.rest, wake)

    def drop_all(self) -> None:
        """Every socket is lost at one moment."""
        self.open_window(close=False)
        self.dropped_at = perf_counter()
        for chat in self.chats:
            for wire in list(chat.sockets):
                wire.transport.abort()

    def open_window(self, *, close: bool = True) -> None:
        """What happens from now on counts."""
        for chat in self.chats:
            chat.replies = 0
        self.latencies.clear()
        self.measuring = True
        self.opened = (perf_counter(), process_time())
        tell("open")
        if close:
            self.after(self.options.seconds, self.close_window)

    def close_window(self) -> None:
        """The end: what was seen."""
        tell("closed")
        self.measuring = False
        wall = perf_counter() - self.opened[0]
        replies = [chat.replies for chat in self.chats]
        tell(
            "result",
            wall=wall,
            server_cpu=process_time() - self.opened[1],
            on=self.on,
            replies=sum(replies),
            served=sum(each > 0 for each in replies),
            jain=jain(replies),
            latencies=quantiles(self.latencies),
            calls=self.calls,
        )
        self.done.set()

    def ask(self, chat: Chat) -> None:
        """The customer of `chat` writes."""
        self.items += 1
        chat.asked[self.items] = perf_counter()
        self.publish(chat, "CUSTOMER", self.items, b"m%d" % self.items)

    def answered(self, chat: Chat, body: bytes) -> None:
        """The bot said what the customer wrote; ``sending`` has no customers."""
        if self.options.workload == "sending":
            return
        found = _CONTENT.search(body)
        if found is None or (asked_at := chat.asked.pop(int(found[1]), None)) is None:
            raise ValueError(f"an answer to no question: {body[:200]!r}")
        self.items += 1
        self.publish(chat, "CUSTOM_BOT", self.items, b"m" + found[1])
        chat.replies += 1
        if self.measuring:
            self.latencies.append(perf_counter() - asked_at)
        if self.options.workload in {"saturation", "idle"}:
            self.ask(chat)

    def publish(self, chat: Chat, role: str, number: int, text: bytes) -> None:
        """An item for everybody who listens, its sender too."""
        a, b, c, d = self.template(chat, role)
        inner = b"".join((a, moment(number).encode(), b, text, c, b"%032d" % number, d))
        data = frame(inner)
        for wire in chat.sockets:
            wire.transport.write(data)
        if role == "CUSTOMER":
            chat.last = item(chat.number, number, role, text.decode())

    def template(self, chat: Chat, role: str) -> tuple[bytes, bytes, bytes, bytes]:
        """A data frame's text around its time, words and id."""
        key = (chat.number, role)
        if key not in self.templates:
            outer = {"content": item(chat.number, 0, role, "@").decode(), "contentType": "application/json"}
            text = json.dumps({**outer, "topic": "aws/chat"}, separators=(",", ":")).encode()
            a, rest = text.split(moment(0).encode())
            b, rest = rest.split(b"@")
            c, d = rest.split(b"%032d" % 0)
            self.templates[key] = (a, b, c, d)
        return self.templates[key]

    # ----------------------------------------------------------------------------------- the operations
    def call(self, path: bytes, bearer: bytes, body: bytes) -> tuple[bytes, Callable[[], None] | None]:
        """The answer to a call, and what follows from it."""
        operation = path.rpartition(b"/")[2].decode()
        self.calls[operation] = self.calls.get(operation, 0) + 1
        if operation == "message":
            chat = self.chats[int(bearer)]
            answer = b'{"AbsoluteTime":"%s","Id":"%032d"}' % (moment(self.items + 1).encode(), self.items + 1)
            return answer, lambda: self.answered(chat, body)
        if operation == "connection":
            return self.connection(int(bearer)), None
        if operation == "create-participant":
            return self.participant(json.loads(body)["ContactId"]), None
        if operation == "transcript":
            last = self.chats[int(bearer)].last
            return b'{"InitialContactId":"%s","Transcript":[%s]}' % (self.contact(int(bearer)), last), None
        return b"{}", None

    def participant(self, contact: str) -> bytes:
        """CreateParticipant's answer."""
        if self.first_join is None:
            self.first_join = perf_counter()
            tell("first")
        number = int(contact[-12:])
        credentials = b'{"ParticipantToken":"%d","Expiry":"%s"}' % (number, _LATER.encode())
        return b'{"ParticipantCredentials":%s,"ParticipantId":"CUSTOM_BOT-%d"}' % (credentials, number)

    def connection(self, number: int) -> bytes:
        """CreateParticipantConnection's answer."""
        url = f"{self.options.socket_url}/ws?{number}"
        answer = {
            "Websocket": {"Url": url, "ConnectionExpiry": _LATER},
            "ConnectionCredentials": {"ConnectionToken": str(number), "Expiry": _LATER},
        }
        return json.dumps(answer).encode()

    def contact(self, number: int) -> bytes:
        return CONTACT.format(number).encode()


class Wire(asyncio.Protocol):
    """One TCP connection: HTTP until it becomes a websocket."""

    def __init__(self, connect: Connect) -> None:
        self.connect = connect
        self.buffer = b""
        self.chat: Chat | None = None
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.chat is not None:
            self.connect.gone(self.chat, self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self.buffer and (self._frame() if self.chat is not None else self._request()):
            pass

    # --------------------------------------------------------------------------------------------- HTTP
    def _request(self) -> bool:
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return False
        lines = head.split(b"\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        length = int(headers.get(b"content-length", 0))
        if len(rest) < length:
            return False
        self.buffer = rest[length:]
        path = lines[0].split(b" ")[1]
        if b"upgrade" in headers:
            self._upgrade(path, headers[b"sec-websocket-key"])
        else:
            self._answer(path, headers.get(b"x-amz-bearer", b"-1"), rest[:length])
        return True

    def _answer(self, path: bytes, bearer: bytes, body: bytes) -> None:
        if latency := self.connect.options.latency:
            self.connect.after(latency, self._reply, path, bearer, body)
        else:
            self._reply(path, bearer, body)

    def _reply(self, path: bytes, bearer: bytes, body: bytes) -> None:
        answer, then = self.connect.call(path, bearer, body)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
        if not self.transport.is_closing():
            self.transport.write(head + answer)
        if then:
            then()

    # ---------------------------------------------------------------------------------------- websocket
    def _upgrade(self, path: bytes, key: bytes) -> None:
        accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %s\r\n\r\n" % accept
        )
        self.chat = self.connect.chats[int(path.rpartition(b"?")[2])]

    def _frame(self) -> bool:
        """One masked frame of a client. Those of this protocol are short."""
        data = self.buffer
        if len(data) < 6:
            return False
        length = data[1] & 0x7F
        if length > 125:
            raise ValueError("a client's frame is longer than the protocol knows")
        if len(data) < 6 + length:
            return False
        mask, masked = data[2:6], data[6 : 6 + length]
        self.buffer = data[6 + length :]
        self._heard(data[0] & 0x0F, bytes(byte ^ mask[at & 3] for at, byte in enumerate(masked)))
        return True

    def _heard(self, opcode: int, text: bytes) -> None:
        if opcode == 8:
            self.transport.write(bytes((0x88, len(text))) + text)
            self.transport.close()
        elif opcode == 9:
            self.transport.write(bytes((0x8A, len(text))) + text)
        elif b"aws/subscribe" in text and self.chat is not None:
            self.transport.write(frame(_ACK))
            self.connect.subscribed(self.chat, self)
        elif b"aws/heartbeat" in text:
            self.transport.write(frame(_HEARTBEAT))
        elif b"aws/ping" in text:
            self.transport.write(frame(_PONG))


def jain(values: list[int]) -> float:
    """Jain's index of fairness: 1 when all got the same, 1/n when one got all."""
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 0.0


def quantiles(seconds: list[float]) -> dict[str, float]:
    """Milliseconds."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {name: ordered[min(len(ordered) - 1, int(len(ordered) * at))] * 1e3 for name, at in _QUANTILES.items()}


_WORKLOADS = ("saturation", "offered", "idle", "join", "reconnect", "sending")
_QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


def tell(what: str, **figures: object) -> None:
    """One line for `race`."""
    print(json.dumps({"what": what, **figures}), flush=True)


async def serve(options: argparse.Namespace) -> None:
    """Serves one workload."""
    connect = Connect(options)
    certificate = SelfMade("localhost") if options.tls else None
    tls = certificate.context if certificate else None
    server = await asyncio.get_running_loop().create_server(
        lambda: Wire(connect), "127.0.0.1", 0, ssl=tls, backlog=4096
    )
    host = f"{'localhost' if tls else '127.0.0.1'}:{server.sockets[0].getsockname()[1]}"
    options.socket_url = f"{'wss' if tls else 'ws'}://{host}"
    path = certificate and str(certificate.path)
    tell("serving", url=f"{'https' if tls else 'http'}://{host}", certificate=path)
    await connect.done.wait()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()
    if certificate:
        certificate.close()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--chats", type=int, required=True)
    parser.add_argument("--workload", choices=[*_WORKLOADS], required=True)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rate", type=float, default=400.0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--settle", type=float, default=2.0)
    parser.add_argument("--rest", type=float, default=10.0)
    parser.add_argument("--tls", action="store_true")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
