"""Plain HTTP/1.1 on kept connections: as little as a call needs, for calls that are made thousands of times.

One request at a time on a connection, so many connections at most, and a line, first come, first served, for who finds
none free. What is next in line is written in the moment in which an answer has come, without waking anybody. The parser
is httptools' (Node's, in C). It follows no redirect, keeps no cookie, knows no proxy and no service.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import cast

import anyio
import httptools
from botocore import exceptions as aws

_TICK = 0.001
"""Seconds by which uvloop's timers may be early."""
_LARGEST = 16 * 1024 * 1024
"""Bytes of an answer. A page of a transcript is at most some 2 MB."""


class Answer:
    """An answer, read to its end. Its headers are read when they are asked for: mostly nobody does."""

    __slots__ = ("_heard", "content", "status")

    def __init__(self, status: int, content: bytes, *, heard: bytes) -> None:
        self.status = status
        self.content = content
        self._heard = heard

    @property
    def headers(self) -> Mapping[str, str]:
        """By their names in lower case."""
        return _Headers(self._heard).found


class _Headers:
    """What the parser tells of headers; those of an interim answer make place for the real ones."""

    def __init__(self, heard: bytes) -> None:
        self.found: dict[str, str] = {}
        self._whole = False
        self._parser = httptools.HttpResponseParser(self)
        try:
            self._parser.feed_data(heard)
        finally:
            del self._parser  # it holds us, too

    def on_message_begin(self) -> None:
        if not self._whole:
            self.found = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._whole:
            self.found[name.decode("ascii").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._whole = self._whole or self._parser.get_status_code() >= 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds for connecting, for silence within an answer, and how long an idle connection is kept."""

    connect: float
    read: float
    idle: float


class NoConnection(aws.EndpointConnectionError):
    """None came about, so nothing was sent."""


class _Flight:
    """One request on its way.

    Attributes:
        outcome: the answer, or None for whoever waits to dial: it is its turn, and no connection is free.
        answer: the answer, also where nobody waited for it just then.
        placed: whether it has left the line.
        ends: the moment by which the answer must be there.
        wire: what carries it, while it does.
    """

    __slots__ = ("answer", "ends", "outcome", "placed", "request", "seconds", "wire")

    def __init__(self, request: bytes, seconds: float, outcome: "asyncio.Future[Answer | None]") -> None:
        self.request = request
        self.seconds = seconds
        self.outcome = outcome
        self.answer: Answer | None = None
        self.placed = False
        self.ends = inf
        self.wire: _Wire | None = None


class Wires:
    """The kept connections to one origin.

    Args:
        tls: asked for once, when the first connection of an ``https`` origin is opened.
        at_once: how many requests may be under way.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: Callable[[], Awaitable[ssl.SSLContext]] | None,
        patience: Patience,
        at_once: int,
    ) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._patience = patience
        self._url = f"{'https' if tls else 'http'}://{host}:{port}"
        self._loop = asyncio.get_running_loop()
        self._places = at_once
        self._line: deque[_Flight] = deque()
        self._idle: list[_Wire] = []
        self._made: set[_Wire] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._rings = inf

    @property
    def open(self) -> int:
        """How many connections there are."""
        return len(self._made)

    async def exchange(self, request: bytes, seconds: float = inf, *, to_the_end: bool = False) -> Answer:
        """Sends `request`, head and body, and reads the answer, within `seconds` from when it leaves the line.

        Cancelled, it closes the connection; but what has been sent `to_the_end` is waited for all the same, and the
        cancellation comes at whatever is awaited next.

        Raises:
            ConnectTimeoutError, SSLError, NoConnection: no connection came about; nothing was sent.
            ReadTimeoutError, TimeoutError, ConnectionClosedError, HTTPClientError: it may have had its effect.
        """
        flight = _Flight(request, seconds, self._loop.create_future())
        if self._places:
            self._places -= 1
            self._depart(flight)
        else:
            self._line.append(flight)
        try:
            while (answer := await flight.outcome) is None:
                await self._dial(flight)
        except asyncio.CancelledError as cancelled:
            if to_the_end and (flight.wire is not None or flight.answer is not None):
                return await self._landing(flight, cancelled)
            self._give_up(flight)
            raise
        except BaseException:
            self._give_up(flight)
            raise
        return answer

    async def _landing(self, flight: _Flight, cancelled: asyncio.CancelledError) -> Answer:
        """Waits on for what is under way; who was cancelled meanwhile is cancelled then."""
        answer = flight.answer
        try:
            if answer is None:
                flight.outcome = self._loop.create_future()
                with anyio.CancelScope(shield=True):
                    answer = await flight.outcome
        except asyncio.CancelledError:  # twice cancelled: it is meant now, and not once more afterwards
            self._give_up(flight)
            raise
        except Exception:
            _cancel_again(cancelled)
            raise
        _cancel_again(cancelled)
        return cast("Answer", answer)

    def close(self) -> None:
        """Cuts all connections."""
        if self._timer is not None:
            self._timer.cancel()
        for flight in self._line:
            if not flight.outcome.done():
                flight.outcome.set_exception(NoConnection(endpoint_url=self._url, error="closed"))
        self._line.clear()
        for wire in list(self._made):
            wire.abort()
        self._idle.clear()

    # ---------------------------------------------------------------------------------------- the line
    def _depart(self, flight: _Flight) -> None:
        """`flight` has a place. It takes the connection that was used last, so that those not needed grow old."""
        flight.placed = True
        flight.ends = self._loop.time() + flight.seconds
        while self._idle:
            wire = self._idle.pop()
            if not wire.broken:
                wire.carry(flight)
                return
        flight.outcome.set_result(None)

    def landed(self, wire: "_Wire") -> None:
        """`wire` has done what it was to do."""
        if wire.reusable:
            self._idle.append(wire)
            self.ring(wire, self._loop.time() + self._patience.idle)
        else:
            wire.abort()
        self._leave()

    def _leave(self) -> None:
        while self._line:
            flight = self._line.popleft()
            if not flight.outcome.done():
                self._depart(flight)
                return
        self._places += 1

    def _give_up(self, flight: _Flight) -> None:
        if flight.wire is not None:
            flight.wire.drop()
            flight.wire = None
        if flight.placed:
            flight.placed = False
            self._leave()

    # -------------------------------------------------------------------------------------- the clock
    def ring(self, wire: "_Wire", due: float) -> None:
        """At `due`, unless told otherwise until then, `wire` is overdue. All share one timer, which seldom moves."""
        wire.due = due
        if due < self._rings:
            self._set(due)

    def _set(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings = due
        self._timer = None if due == inf else self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer, self._rings = None, inf
        now = self._loop.time() + _TICK
        for wire in list(self._made):
            if wire.due <= now:
                wire.overdue(now)
        self._idle = [wire for wire in self._idle if not wire.broken]
        self._set(min((wire.due for wire in self._made if not wire.broken), default=inf))

    # ------------------------------------------------------------------------------------- connections
    async def _dial(self, flight: _Flight) -> None:
        wire = await self._connected(flight)
        flight.outcome = self._loop.create_future()
        wire.carry(flight)

    async def _connected(self, flight: _Flight) -> "_Wire":
        try:
            async with asyncio.timeout_at(min(self._loop.time() + self._patience.connect, flight.ends)):
                tls = await self._tls() if self._tls else None
                _, wire = await self._loop.create_connection(self._wire, self._host, self._port, ssl=tls)
        except TimeoutError as error:
            raise aws.ConnectTimeoutError(endpoint_url=self._url) from error
        except ssl.SSLError as error:
            raise aws.SSLError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            raise NoConnection(endpoint_url=self._url, error=type(error).__name__) from error
        return wire

    def _wire(self) -> "_Wire":
        return _Wire(self._url, self._patience.read, self, among=self._made)


class _Wire(asyncio.Protocol):
    """One connection. The callbacks named ``on_…`` are the parser's."""

    def __init__(self, url: str, patience: float, wires: Wires, *, among: set["_Wire"]) -> None:
        self.broken = False
        self.due = inf
        self.reusable = False
        self._url = url
        self._patience = patience
        self._wires = wires
        self._among = among
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._flight: _Flight | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._read = 0
        self._heard = b""
        self._body: list[bytes] = []
        self._answer: Answer | None = None

    def carry(self, flight: _Flight) -> None:
        """Writes the request of `flight`, which ends here by its answer or by an error."""
        self._flight, flight.wire = flight, self
        self._read, self._heard, self._body, self._answer = 0, b"", [], None
        self._listen_on(flight)
        self._transport.write(flight.request)

    def drop(self) -> None:
        """Cuts the connection; whoever asked no longer listens."""
        self._flight = None
        self.abort()

    def abort(self) -> None:
        """Cuts the connection. May be repeated."""
        self.broken = True
        self._transport.abort()

    def overdue(self, now: float) -> None:
        """The peer was silent for too long, the whole took too long, or nobody needed this connection."""
        if self._flight is None:
            self.abort()
        else:
            late = now >= self._flight.ends
            self._fail(TimeoutError() if late else aws.ReadTimeoutError(endpoint_url=self._url))

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
        flight = self._flight
        if flight is None:  # nobody asked
            self.abort()
            return
        self._read += len(data)
        if self._read > _LARGEST:
            self._fail(aws.HTTPClientError(error="the answer is too large"))
            return
        if not self._body:
            self._heard += data
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(aws.HTTPClientError(error=type(error).__name__))
            return
        if self._answer is None:
            self._listen_on(flight)
        else:
            self._land(flight, self._answer)

    def eof_received(self) -> None:
        """An answer without a length ends with its connection; httptools cannot be told, and AWS sends none."""

    def _listen_on(self, flight: _Flight) -> None:
        self._wires.ring(self, min(self._loop.time() + self._patience, flight.ends))

    def _land(self, flight: _Flight, answer: Answer) -> None:
        self._flight, flight.wire, flight.placed, flight.answer = None, None, False, answer
        if not flight.outcome.done():
            flight.outcome.set_result(answer)
        self._wires.landed(self)

    def _fail(self, error: Exception) -> None:
        flight, self._flight = self._flight, None
        if flight is None:
            return
        self.reusable, flight.wire, flight.placed = False, None, False
        if not flight.outcome.done():
            flight.outcome.set_exception(error)
        self._wires.landed(self)

    # ------------------------------------------------------------------------------ what the parser tells
    def on_message_begin(self) -> None:
        if self._answer is not None:  # a second answer to one request is not the next one's
            self.reusable = False

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        status, body, self._body = self._parser.get_status_code(), self._body, []
        if status >= 200 and self._answer is None:  # before it come interim ones
            self._answer = Answer(status, body[0] if len(body) == 1 else b"".join(body), heard=self._heard)
            self.reusable = self._parser.should_keep_alive()


def _cancel_again(cancelled: asyncio.CancelledError) -> None:
    """The running task's cancellation was held up, not refused: it arrives at the next await."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
        task.cancel(*cancelled.args)


def refuse_line_breaks(*values: str) -> None:
    """Raises ValueError for a header value that would end its line: what follows would be another header."""
    for value in values:
        if "\r" in value or "\n" in value:
            raise ValueError("a header must not hold a line break")
