"""An open websocket that calls: what comes is told as it comes, with no task, no queue and no switch between.

It stands in the place of the library's own connection, which opens it: TCP, TLS, proxies and time-outs are the
library's. It knows transports and closing; what bytes mean is the business of `framing`, what messages mean of nobody
here.
"""

import asyncio
from typing import cast

from websockets.client import ClientProtocol
from websockets.frames import CloseCode
from websockets.protocol import State

from agent.aws.framing import Framing
from agent.ports import Hearer


class PushedSocket(asyncio.Protocol):
    """A `Socket`. From the handshake on `hearer` is told everything, at last that it is over, in bounded time."""

    __slots__ = ("_close_timeout", "_end", "_framing", "_hearer", "_library", "_open", "transport")

    def __init__(self, library: ClientProtocol, hearer: Hearer, *, close_timeout: float) -> None:
        self.transport: asyncio.Transport
        self._library = library
        self._hearer = hearer
        self._framing = Framing(library, hearer.heard)
        self._close_timeout = close_timeout
        self._open: asyncio.Future[None] | None = asyncio.get_running_loop().create_future()
        self._end: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------------------- as the session sees it

    def send(self, text: str) -> None:
        """Sends one text frame; nothing happens once the socket is closing."""
        if self._library.state is State.OPEN:
            self._library.send_text(text.encode())
            self._flush()

    def close(self) -> None:
        """Says goodbye with code 1000; the connection is cut when the answer takes longer than its timeout."""
        if self._library.state is State.OPEN:
            self._library.send_close(CloseCode.NORMAL_CLOSURE)
        self._flush()

    # -------------------------------------------------------------------------------- as the library sees it

    async def handshake(self, additional_headers: object, user_agent: str) -> None:
        """Asks for the upgrade, and returns once it is granted; raises what the library raises when it is not."""
        request = self._library.connect()
        request.headers["User-Agent"] = user_agent
        self._library.send_request(request)
        self._flush()
        assert self._open is not None  # noqa: S101 - it is there until the connection is open
        await self._open

    def start_keepalive(self) -> None:
        """The protocol has its own heartbeats."""

    # -------------------------------------------------------------------------------- as the loop sees it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._open is not None:
            self._shake_hands(data)
        elif self._framing.receive(data):
            self._flush()

    def eof_received(self) -> None:
        self._library.receive_eof()
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        self._library.receive_eof()
        self._library.parser.close()  # it holds the protocol in a circle, and that the signed URL; so does its error
        self._library.parser_exc = None
        if self._end is not None:
            self._end.cancel()
        if self._open is None:
            self._hearer.lost(self._code())
        else:
            self._refuse()

    def _shake_hands(self, data: bytes) -> None:
        """Line by line: the first frame may come with the last of the answer."""
        at = 0
        while self._library.state is State.CONNECTING and at < len(data):
            after = data.find(b"\n", at) + 1 or len(data)
            self._library.receive_data(data[at:after])
            at = after
        self._library.events_received()
        self._flush()
        if self._library.state is not State.CONNECTING:
            self._accept(data[at:])
        elif self._library.handshake_exc is not None:
            self._refuse()

    def _accept(self, first: bytes) -> None:
        opening, self._open = self._open, None
        if opening is not None and not opening.done():
            opening.set_result(None)
        self._hearer.opened(self)
        self.data_received(first)

    def _refuse(self) -> None:
        cause = self._library.handshake_exc
        if self._open is not None and not self._open.done() and cause is not None:
            self._open.set_exception(cause)

    def _code(self) -> int:
        """The peer's close code; ours when we ended it because of what came, such as 1009 for a frame too big."""
        close = self._library.close_rcvd or self._library.close_sent
        return int(close.code) if close is not None else CloseCode.ABNORMAL_CLOSURE

    def _flush(self) -> None:
        for written in self._library.data_to_send():
            if written:
                self.transport.write(written)
            elif self.transport.can_write_eof():
                self.transport.write_eof()
            else:
                self.transport.close()
        if self._end is None and self._library.close_expected():
            self._end = asyncio.get_running_loop().call_later(self._close_timeout, self.transport.abort)
