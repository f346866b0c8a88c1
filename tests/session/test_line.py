"""One socket: all its frames share one timer, which no frame may put off."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import anyio

from agent.clock import LoopClock
from agent.session.line import Line
from agent.wire.envelope import HEARTBEAT, SUBSCRIBE
from agent.wire.timings import LinkTimings
from tests.session.hall import virtual

_ACK = '{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}'


class Chatty:
    """A `SocketPort` and its only socket: it accepts the subscription and then sends a frame each `pause` seconds."""

    def __init__(self, *, pause: float, answers: bool) -> None:
        self.sent: list[tuple[float, str]] = []
        self._pause = pause
        self._answers = answers
        self._frames = [_ACK]

    @asynccontextmanager
    async def connect(self, url: object) -> AsyncIterator["Chatty"]:
        yield self

    async def send(self, text: str) -> None:
        self.sent.append((anyio.current_time(), text))
        if self._answers and text == HEARTBEAT:
            self._frames.append(HEARTBEAT)

    async def receive(self) -> str:
        if not self._frames:
            await anyio.sleep(self._pause)
            return '{"topic":"aws/chat"}'
        return self._frames.pop(0)


def line_on(socket: Chatty) -> Line:
    ports: Any = SimpleNamespace(sockets=socket, clock=LoopClock())
    connection: Any = SimpleNamespace(url=None)
    return Line(connection, ports=ports, timings=LinkTimings(), heard=cast("Any", lambda item: None))


def test_frames_that_keep_coming_put_no_heartbeat_off() -> None:
    """A heartbeat each ten seconds, however busy the chat is."""
    socket = Chatty(pause=0.7, answers=True)

    async def story() -> None:
        began = anyio.current_time()
        with anyio.move_on_after(35):
            await line_on(socket).run()
        beats = [round(at - began) for at, text in socket.sent if text == HEARTBEAT]
        assert beats == [0, 10, 20, 30]

    virtual(story)()
    assert [text for _, text in socket.sent].count(SUBSCRIBE) == 1


def test_a_busy_socket_that_answers_no_heartbeat_is_dead() -> None:
    """Frames are no heartbeat [client code]: the line ends when one stays unanswered."""

    async def story() -> None:
        line, began = line_on(Chatty(pause=0.7, answers=False)), anyio.current_time()
        await line.run()
        assert round(anyio.current_time() - began) == 10
        assert (line.ended, line.why) == (True, "dead")

    virtual(story)()
