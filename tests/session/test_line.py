"""One socket: all its frames share one timer, which no frame may put off."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import anyio

from agent.clock import LoopClock
from agent.ports import Hearer
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
        self._hearer: Any = None

    async def connect(self, url: object, hearer: Hearer) -> None:
        self._hearer = hearer
        hearer.opened(self)
        self._says(_ACK)
        self._chats()

    def send(self, text: str) -> None:
        self.sent.append((asyncio.get_running_loop().time(), text))
        if self._answers and text == HEARTBEAT:
            self._says(HEARTBEAT)

    def close(self) -> None:
        asyncio.get_running_loop().call_soon(self._hearer.lost, 1000)

    def _says(self, frame: str) -> None:
        asyncio.get_running_loop().call_soon(self._hearer.heard, frame)

    def _chats(self) -> None:
        self._says('{"topic":"aws/chat"}')
        asyncio.get_running_loop().call_later(self._pause, self._chats)


def line_on(socket: Chatty) -> Line:
    ports: Any = SimpleNamespace(sockets=socket, clock=LoopClock())
    connection: Any = SimpleNamespace(url=None)
    return Line(connection, ports=ports, timings=LinkTimings(), heard=cast("Any", lambda item: None))


def test_frames_that_keep_coming_put_no_heartbeat_off() -> None:
    """A heartbeat each ten seconds, however busy the chat is."""
    socket = Chatty(pause=0.7, answers=True)

    async def story() -> None:
        began = anyio.current_time()
        line = line_on(socket)
        await line.open()
        await anyio.sleep(35)
        line.close()
        beats = [round(at - began) for at, text in socket.sent if text == HEARTBEAT]
        assert beats == [0, 10, 20, 30]

    virtual(story)()
    assert [text for _, text in socket.sent].count(SUBSCRIBE) == 1


def test_a_busy_socket_that_answers_no_heartbeat_is_dead() -> None:
    """Frames are no heartbeat [client code]: the line ends when one stays unanswered."""

    async def story() -> None:
        line, began = line_on(Chatty(pause=0.7, answers=False)), anyio.current_time()
        await line.open()
        assert line.subscribed
        await line.gone()
        assert round(anyio.current_time() - began) == 10
        assert (line.ended, line.why) == (True, "dead")

    virtual(story)()
