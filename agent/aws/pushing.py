"""An open websocket that calls: what comes is told as it comes, with no task, no queue and no switch between.

It knows transports and closing; what bytes mean is the business of `framing`, what messages mean of nobody here.
"""

import asyncio

from websockets.frames import CloseCode
from websockets.protocol import Protocol, State

from agent.aws.framing import Framing, text_frame
from agent.ports import Hearer


class PushedSocket(asyncio.Protocol):
    """A `Socket`. Its hearer is told everything, at last that it is over: in bounded time once it is closing."""

    __slots__ = ("_close_timeout", "_end", "_framing", "_hearer", "_library", "_transport")

    def __init__(
        self, library: Protocol, transport: asyncio.Transport, hearer: Hearer, *, close_timeout: float
    ) -> None:
        self._library = library
        self._transport = transport
        self._hearer = hearer
        self._framing = Framing(library, hearer.heard)
        self._close_timeout = close_timeout
        self._end: asyncio.TimerHandle | None = None

    def send(self, *texts: str) -> None:
        """Sends text frames, in one writing; nothing happens once the socket is closing."""
        if self._library.state is State.OPEN:
            self._transport.write(b"".join([text_frame(text.encode()) for text in texts]))

    def close(self) -> None:
        """Says goodbye with code 1000; the connection is cut when the answer takes longer than its timeout."""
        if self._library.state is State.OPEN:
            self._library.send_close(CloseCode.NORMAL_CLOSURE)
            self._flush()

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self._framing.receive(data):
            self._flush()

    def eof_received(self) -> None:
        """No more bytes come; the loop closes the transport."""
        self._library.receive_eof()
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self._library.receive_eof()
        self._library.parser_exc = None  # its frames hold the library, as the parser does
        self._library.parser.close()
        if self._end is not None:
            self._end.cancel()
        self._hearer.lost(self._code())

    def _code(self) -> int:
        """The peer's close code; ours when we ended it because of what came, such as 1009 for a frame too big."""
        close = self._library.close_rcvd or self._library.close_sent
        return int(close.code) if close is not None else CloseCode.ABNORMAL_CLOSURE

    def _flush(self) -> None:
        pour(self._library, self._transport)
        if self._end is None and self._library.close_expected():
            self._end = asyncio.get_running_loop().call_later(self._close_timeout, self._transport.abort)


def pour(library: Protocol, transport: asyncio.Transport) -> None:
    """Writes what the library wants written; its empty bytes mean that nothing more will be."""
    for written in library.data_to_send():
        if written:
            transport.write(written)
        elif transport.can_write_eof():
            transport.write_eof()
        else:
            transport.close()
