"""The upgrade of a connection to a websocket; what has been upgraded goes to a `PushedSocket`.

It stands in the place of the library's own connection: TCP, TLS, proxies and the time-out of opening are the
library's, and so is its reading of the answer. It lives no longer than that, and with it go the signed URL, the
answer's headers and the parser of HTTP. It knows no frame.
"""

import asyncio
from typing import cast

from websockets.client import ClientProtocol
from websockets.protocol import Protocol, Side, State

from agent.aws.pushing import PushedSocket, pour
from agent.aws.resuming import ResumingContext
from agent.ports import Hearer

_END = b"\r\n\r\n"


class Upgrading(asyncio.Protocol):
    """What `websockets.asyncio.client.connect` makes of a connection: it asks of it no more than this."""

    transport: asyncio.Transport

    def __init__(
        self, library: ClientProtocol, hearer: Hearer, *, close_timeout: float, tls: ResumingContext | None = None
    ) -> None:
        self._library = library
        self._hearer = hearer
        self._tls = tls
        self._close_timeout = close_timeout
        self._begun = False
        self._answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def handshake(self, additional_headers: object, user_agent: str) -> None:
        """Returns once the upgrade is granted; raises what the library says when it is not."""
        request = self._library.connect()
        request.headers["User-Agent"] = user_agent
        self._library.send_request(request)
        pour(self._library, self.transport)
        await self._answered

    def start_keepalive(self) -> None:
        """The protocol of the chat has its own heartbeats."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP, and TLS where it is wanted, are there."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """The first frame may come with the end of the answer: an answer that comes in pieces is read by lines."""
        at = 0
        while self._library.state is State.CONNECTING and at < len(data):
            after = self._readable(data, at)
            self._library.receive_data(data[at:after])
            at = after
        pour(self._library, self.transport)
        if self._library.state is State.OPEN:
            self._accept(data[at:])
        else:
            self._refuse()

    def _readable(self, data: bytes, at: int) -> int:
        """Up to where there can be no frame: the end of the whole answer, or else of a line."""
        begun, self._begun = self._begun, True
        if not begun and (end := data.find(_END)) >= 0:
            return end + len(_END)
        return data.find(b"\n", at) + 1 or len(data)

    def eof_received(self) -> None:
        """No more bytes come; the loop closes the transport."""
        self._library.receive_eof()
        self._refuse()

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody answered."""
        self._library.receive_eof()
        self._refuse()
        self._library.parser.close()

    def _accept(self, first: bytes) -> None:
        library = self._library
        library.parser.close()  # it and the library hold each other, and with them the URL
        fresh = Protocol(Side.CLIENT, max_size=library.max_message_size, logger=library.logger)
        socket = PushedSocket(fresh, self.transport, self._hearer, close_timeout=self._close_timeout)
        self.transport.set_protocol(socket)
        if self._tls is not None:
            self._tls.keep(self.transport)
        if not self._answered.done():
            self._answered.set_result(None)
        self._hearer.opened(socket)
        socket.data_received(first)

    def _refuse(self) -> None:
        """Once the library says why; before that more of the answer is to come."""
        if self._library.handshake_exc is not None and not self._answered.done():
            self._answered.set_exception(self._library.handshake_exc)
