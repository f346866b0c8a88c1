"""The upgrade, byte by byte: what comes with it and behind it is heard, and nothing of it stays."""

import asyncio
import gc
from typing import Any

import pytest
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri
from websockets.utils import accept_key

from agent.aws.pushing import PushedSocket
from agent.aws.quiet import mute_logger
from agent.aws.upgrading import Upgrading
from agent.ports import Socket

CLOSE_TIMEOUT = 0.02


class Wire:
    """A transport: what is written to it, and who reads from it."""

    def __init__(self) -> None:
        self.protocol: Any = None
        self.written = b""
        self.ended = False
        self.aborted = asyncio.Event()

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def write(self, written: bytes) -> None:
        self.written += written

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.aborted.set()


class Ear:
    """A `Hearer` that remembers."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.socket: Any = None

    def opened(self, socket: Socket) -> None:
        self.socket = socket
        self.told.append("opened")

    def heard(self, frame: str | bytes) -> None:
        self.told.append(frame)

    def lost(self, code: int) -> None:
        self.told.append(code)


def dialled() -> tuple[Wire, Ear, ClientProtocol, Upgrading]:
    wire, ear = Wire(), Ear()
    library = ClientProtocol(parse_uri("ws://127.0.0.1/?very-secret"), max_size=100, logger=mute_logger())
    wire.protocol = Upgrading(library, ear, close_timeout=CLOSE_TIMEOUT)
    wire.protocol.connection_made(wire)
    return wire, ear, library, wire.protocol


def granted(library: ClientProtocol) -> bytes:
    lines = ["HTTP/1.1 101 Fine", "Upgrade: websocket", "Connection: Upgrade"]
    return "\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept_key(library.key)}", "", ""]).encode()


def text(said: str) -> bytes:
    return Frame(Opcode.TEXT, said.encode()).serialize(mask=False)


async def opened() -> tuple[Wire, Ear]:
    wire, ear, library, upgrading = dialled()
    shaken = asyncio.ensure_future(upgrading.handshake(None, "tests"))
    await asyncio.sleep(0)
    wire.protocol.data_received(granted(library))
    await shaken
    return wire, ear


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_what_comes_with_the_answer_is_heard_after_it(size: int) -> None:
    """However it was cut on the way."""
    wire, ear, library, upgrading = dialled()
    shaken = asyncio.ensure_future(upgrading.handshake(None, "tests"))
    await asyncio.sleep(0)
    assert b"User-Agent: tests\r\n" in wire.written
    stream = granted(library) + text("one") + text("two")
    for at in range(0, len(stream), size):
        wire.protocol.data_received(stream[at : at + size])
    await shaken
    assert ear.told == ["opened", "one", "two"]


async def test_nothing_of_the_upgrade_stays() -> None:
    """Neither the signed URL nor the answer's headers: they would be kept for each idle chat."""
    gc.collect()
    gc.disable()
    try:
        wire, _ = await opened()
        kept = [one for one in gc.get_objects() if isinstance(one, Upgrading | ClientProtocol | Response)]
    finally:
        gc.enable()
    assert [type(one).__name__ for one in kept] == []
    assert isinstance(wire.protocol, PushedSocket)


async def test_an_answer_that_ends_early_is_a_refusal() -> None:
    """The peer hung up in the middle of its answer."""
    wire, ear, library, upgrading = dialled()
    shaken = asyncio.ensure_future(upgrading.handshake(None, "tests"))
    await asyncio.sleep(0)
    wire.protocol.data_received(granted(library)[:20])
    wire.protocol.eof_received()
    wire.protocol.connection_lost(None)
    with pytest.raises(InvalidHandshake):
        await shaken
    assert ear.told == []


async def test_a_peer_that_says_goodbye_and_stays_is_cut_off() -> None:
    """The library answers its goodbye; whoever keeps the connection open then does so in vain."""
    wire, ear = await opened()
    wire.written = b""
    wire.protocol.data_received(Frame(Opcode.CLOSE, b"\x0f\xa1").serialize(mask=False))
    assert wire.written[:1] == b"\x88"
    assert ear.told == ["opened"]
    async with asyncio.timeout(5):
        await wire.aborted.wait()
    wire.protocol.connection_lost(None)
    assert ear.told == ["opened", 4001]


async def test_goodbye_is_said_once_and_ends_what_is_sent() -> None:
    """The frames of a socket that is closing would only confuse the peer."""
    wire, ear = await opened()
    wire.written = b""
    ear.socket.close()
    said = len(wire.written)
    ear.socket.close()
    ear.socket.send("too late")
    assert (said, len(wire.written)) == (2 + 4 + 2, said)
    wire.protocol.data_received(Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=False))
    wire.protocol.eof_received()
    wire.protocol.connection_lost(None)
    assert wire.ended
    assert not wire.aborted.is_set()
    assert ear.told == ["opened", 1000]


async def test_text_that_is_none_ends_the_socket_with_1007() -> None:
    """As the library's own connection does."""
    wire, ear = await opened()
    wire.protocol.data_received(b"\x81\x02x\xff" + text("later"))
    wire.protocol.connection_lost(None)
    assert ear.told == ["opened", 1007]
