"""Plain HTTP/1.1 on kept connections: as little as a call needs, for calls that are made thousands of times.

One request at a time on a connection; the parser is httptools' (Node's, in C). Whoever calls bounds how many calls are
under way, and in time. It follows no redirect, keeps no cookie, knows no proxy and no service.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

import httptools
from botocore import exceptions as aws

_LARGEST = 16 * 1024 * 1024
"""Bytes of an answer. A page of a transcript is at most some 2 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, read to its end; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds for connecting, for silence within an answer, and how long an idle connection is kept."""

    connect: float
    read: float
    idle: float


class NoConnection(aws.EndpointConnectionError):
    """None came about, so nothing was sent."""


class Wires:
    """The kept connections to one origin.

    Args:
        tls: asked for once, when the first connection of an ``https`` origin is opened.
    """

    def __init__(
        self, host: str, port: int, *, tls: Callable[[], Awaitable[ssl.SSLContext]] | None, patience: Patience
    ) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._patience = patience
        self._url = f"{'https' if tls else 'http'}://{host}:{port}"
        self._idle: list[_Wire] = []
        self._made: set[_Wire] = set()
        self._sweeping: asyncio.TimerHandle | None = None

    @property
    def open(self) -> int:
        """How many connections there are."""
        return len(self._made)

    async def exchange(self, request: bytes) -> Answer:
        """Sends `request`, head and body, and reads the answer. Cancelled, it closes the connection.

        Raises:
            ConnectTimeoutError, SSLError, NoConnection: no connection came about; nothing was sent.
            ReadTimeoutError, ConnectionClosedError, HTTPClientError: the request may have had its effect.
        """
        wire = self._kept() or await self._connected()
        try:
            answer = await wire.exchange(request)
        except BaseException:
            wire.abort()
            raise
        if wire.reusable:
            self._keep(wire)
        else:
            wire.abort()
        return answer

    def close(self) -> None:
        """Cuts all connections."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for wire in list(self._made):
            wire.abort()
        self._idle.clear()

    # ------------------------------------------------------------------------------------- connections
    def _kept(self) -> "_Wire | None":
        """The connection that was used last, so that those that are not needed grow old."""
        while self._idle:
            wire = self._idle.pop()
            if not wire.broken:
                return wire
        return None

    def _keep(self, wire: "_Wire") -> None:
        loop = asyncio.get_running_loop()
        wire.idle_since = loop.time()
        self._idle.append(wire)
        if self._sweeping is None:
            self._sweeping = loop.call_later(self._patience.idle, self._sweep)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweeping = None
        oldest = loop.time() - self._patience.idle
        young = [wire for wire in self._idle if wire.idle_since > oldest and not wire.broken]
        for wire in self._idle:
            if wire not in young:
                wire.abort()
        self._idle = young
        if young:
            self._sweeping = loop.call_later(young[0].idle_since - oldest, self._sweep)

    async def _connected(self) -> "_Wire":
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._patience.connect):
                tls = await self._tls() if self._tls else None
                _, wire = await loop.create_connection(self._wire, self._host, self._port, ssl=tls)
        except TimeoutError as error:
            raise aws.ConnectTimeoutError(endpoint_url=self._url) from error
        except ssl.SSLError as error:
            raise aws.SSLError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            raise NoConnection(endpoint_url=self._url, error=type(error).__name__) from error
        return wire

    def _wire(self) -> "_Wire":
        return _Wire(self._url, self._patience.read, among=self._made)


class _Wire(asyncio.Protocol):
    """One connection. The callbacks named ``on_…`` are the parser's."""

    def __init__(self, url: str, patience: float, *, among: set["_Wire"]) -> None:
        self.broken = False
        self.idle_since = 0.0
        self.reusable = False
        self._url = url
        self._patience = patience
        self._among = among
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._silence: asyncio.TimerHandle
        self._answer: asyncio.Future[Answer] | None = None

    async def exchange(self, request: bytes) -> Answer:
        """One request, one answer."""
        self._begin()
        self._answer = self._loop.create_future()
        self._listen_on()
        self._transport.write(request)
        try:
            return await self._answer
        finally:
            self._answer = None
            self._silence.cancel()

    def abort(self) -> None:
        """Cuts the connection. May be repeated."""
        self.broken = True
        self._transport.abort()

    # --------------------------------------------------------------------------- what the transport tells
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._among.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.broken = True
        self._among.discard(self)
        vars(self).pop("_parser", None)  # it holds us, too
        self._fail(aws.ConnectionClosedError(endpoint_url=self._url))

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():  # nobody asked
            self.abort()
            return
        self._read += len(data)
        if self._read > _LARGEST:
            self._fail(aws.HTTPClientError(error="the answer is too large"))
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, UnicodeDecodeError) as error:
            self._fail(aws.HTTPClientError(error=type(error).__name__))
            return
        if not self._answer.done():
            self._silence.cancel()
            self._listen_on()

    def eof_received(self) -> None:
        """An answer without a length ends with its connection; httptools cannot be told, and AWS sends none."""

    def _listen_on(self) -> None:
        self._silence = self._loop.call_later(self._patience, self._silent)

    def _silent(self) -> None:
        self._fail(aws.ReadTimeoutError(endpoint_url=self._url))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    # ------------------------------------------------------------------------------ what the parser tells
    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._read = 0
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("ascii").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # an interim answer: the real one follows
            self._headers, self._body = {}, []
            return
        self.reusable = self._parser.should_keep_alive()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(status=status, headers=self._headers, content=b"".join(self._body)))


def refuse_line_breaks(*values: str) -> None:
    """Raises ValueError for a header value that would end its line: what follows would be another header."""
    for value in values:
        if "\r" in value or "\n" in value:
            raise ValueError("a header must not hold a line break")
