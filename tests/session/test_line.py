"""One socket: all its frames share one timer, which no frame may put off."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anyio

from agent.clock import LoopClock
from agent.errors import SocketRefused
from agent.ports import Hearer
from agent.session.deadlines import Deadlines
from agent.session.line import Line
from agent.wire.envelope import HEARTBEAT, SUBSCRIBE
from agent.wire.items import Item
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

    def send(self, *texts: str) -> None:
        self.sent += [(asyncio.get_running_loop().time(), text) for text in texts]
        if self._answers and HEARTBEAT in texts:
            self._says(HEARTBEAT)

    def close(self) -> None:
        asyncio.get_running_loop().call_soon(self._hearer.lost, 1000)

    def _says(self, frame: str) -> None:
        asyncio.get_running_loop().call_soon(self._hearer.heard, frame)

    def _chats(self) -> None:
        self._says('{"topic":"aws/chat"}')
        asyncio.get_running_loop().call_later(self._pause, self._chats)


def line_on(socket: object, heard: Callable[[Item], None] = lambda item: None) -> Line:
    ports: Any = SimpleNamespace(sockets=socket, clock=LoopClock(), deadlines=Deadlines())
    connection: Any = SimpleNamespace(url=None)
    return Line(connection, ports=ports, timings=LinkTimings(), heard=heard)


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


def be_busy(seconds: float) -> None:
    """The loop does nothing else for so long."""
    loop: Any = asyncio.get_running_loop()
    loop._leaping.now += seconds


class Silent:
    """A `SocketPort` and its only socket: the test says what comes."""

    def __init__(self, *refuse: SocketRefused) -> None:
        self.hearer: Any = None
        self.sent: list[str] = []
        self.closed = 0
        self._refuse = refuse

    async def connect(self, url: object, hearer: Hearer) -> None:
        for refusal in self._refuse:
            raise refusal
        self.hearer = hearer
        hearer.opened(self)
        hearer.heard(_ACK)

    def send(self, *texts: str) -> None:
        self.sent += texts

    def close(self) -> None:
        self.closed += 1


def test_a_late_reader_is_no_dead_server() -> None:
    """A loop that was busy rings its timers before it reads its sockets: the answer that waits there counts."""

    async def story() -> None:
        loop, socket = asyncio.get_running_loop(), Silent()
        line = line_on(socket)
        await line.open()
        began = loop.time()
        loop.call_at(began + 9.9, be_busy, 8.0)
        loop.call_at(began + 10.005, socket.hearer.heard, HEARTBEAT)
        await anyio.sleep(19)
        assert not line.ended
        assert socket.sent.count(HEARTBEAT) == 2

    virtual(story)()


def test_a_refusal_ends_the_line() -> None:
    """It is told, not raised: the link decides what it means."""

    async def story() -> None:
        refusal = SocketRefused("no", 403)
        line = line_on(Silent(refusal))
        await line.open()
        assert (line.ended, line.subscribed, line.refused, line.why) == (True, False, refusal, "refused")
        line.close()
        await line.gone()

    virtual(story)()


def test_a_closed_line_hears_nothing_and_ends_with_its_socket() -> None:
    """What still comes is another line's to hear; the end is the socket's to tell."""

    async def story() -> None:
        heard: list[Item] = []
        socket = Silent()
        line = line_on(socket, heard.append)
        await line.open()
        socket.hearer.heard('{"topic":"aws/chat","content":"{}"}')
        line.close()
        socket.hearer.heard('{"topic":"aws/chat","content":"{}"}')
        assert (len(heard), socket.closed, line.ended) == (1, 1, False)
        await anyio.sleep(60)
        assert socket.sent.count(HEARTBEAT) == 1
        socket.hearer.lost(1000)
        assert line.ended

    virtual(story)()


def test_a_lost_socket_says_with_which_code() -> None:
    """For the log."""

    async def story() -> None:
        socket = Silent()
        line = line_on(socket)
        await line.open()
        socket.hearer.lost(1001)
        await line.gone()
        assert line.why == "the websocket closed with code 1001"

    virtual(story)()
