"""What it costs to read one frame: `json`, msgspec, this project's own wire, from text and from bytes."""

import json
from collections.abc import Callable
from functools import cache
from time import perf_counter, process_time
from typing import Any

import msgspec
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side

from agent.aws.framing import Framing
from agent.aws.settings import SocketSettings
from agent.wire.participant import ParticipantConnection
from agent.wire.timings import LinkTimings
from tests.benchmarks.bare_connect import item
from tests.benchmarks.suite import Result

_SECONDS = 0.2


def decodings(rounds: int) -> list[Result]:
    """Microseconds per frame, for a short message, a long one, and a heartbeat."""
    frames = {"short": _frame("hello"), "long": _frame("x" * 1_000), "heartbeat": '{"topic":"aws/heartbeat"}'}
    found = []
    for kind, frame in frames.items():
        readers: dict[str, Callable[[str], object]] = {
            "json": _twice(json.loads),
            "msgspec": _twice(msgspec.json.decode),
        }
        readers["product"] = _wire()
        readers["product, from bytes"] = _framing()
        for name, read in readers.items():
            runs = [{"µs": _timed(read, frame)} for _ in range(rounds)]
            found.append(Result(workload=f"decoding, {kind}", peer=name, chats=1, runs=runs))
    return found


def _frame(text: str) -> str:
    content = item(1, 1, "CUSTOMER", text).decode()
    return json.dumps({"topic": "aws/chat", "contentType": "application/json", "content": content})


def _twice(loads: Callable[[str], Any]) -> Callable[[str], object]:
    def read(frame: str) -> object:
        outer = loads(frame)
        return loads(outer["content"]) if "content" in outer else outer

    return read


def _wire() -> Callable[[str | bytes], object]:
    wire = ParticipantConnection(now=0.0, settings=LinkTimings())
    wire.socket_opened(0.0)
    wire.texts_to_send()
    wire.receive_text('{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}', 0.0)
    list(wire.events_received())

    def read(frame: str | bytes) -> object:
        wire.receive_text(frame, 0.0)
        return list(wire.events_received())

    return read


def _framing() -> Callable[[str], object]:
    """The same from the bytes on that the transport hands over."""
    framing = Framing(Protocol(Side.CLIENT, max_size=SocketSettings().max_frame_bytes), _wire())

    @cache
    def sent(frame: str) -> bytes:
        return Frame(Opcode.TEXT, frame.encode()).serialize(mask=False)

    return lambda frame: framing.receive(sent(frame))


def _timed(read: Callable[[str], object], frame: str) -> float:
    calls, until, began = 0, perf_counter() + _SECONDS, process_time()
    while perf_counter() < until:
        for _ in range(100):
            read(frame)
        calls += 100
    return (process_time() - began) / calls * 1e6
