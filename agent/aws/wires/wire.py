"""One connection, which carries one request at a time."""

import asyncio
from math import inf
from typing import Protocol, cast

import httptools
from botocore import exceptions as aws

from agent.aws.wires.answer import Answer

_LARGEST = 16 * 1024 * 1024
"""Bytes of an answer. A page of a transcript is at most some 2 MB."""


class Flight:
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
        self.wire: Wire | None = None


class Keeper(Protocol):
    """Whom a connection tells how it fares."""

    def landed(self, wire: "Wire") -> None:
        """`wire` has done what it was to do."""

    def ring(self, wire: "Wire", due: float) -> None:
        """At `due`, unless told otherwise until then, `wire` is overdue."""


class Wire(asyncio.Protocol):
    """One connection. The callbacks named ``on_…`` are the parser's."""

    def __init__(self, url: str, patience: float, keeper: Keeper, *, among: set["Wire"]) -> None:
        self.broken = False
        self.due = inf
        self.reusable = False
        self._url = url
        self._patience = patience
        self._keeper = keeper
        self._among = among
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._flight: Flight | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._read = 0
        self._heard = b""
        self._body: list[bytes] = []
        self._answer: Answer | None = None

    def carry(self, flight: Flight) -> None:
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
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(aws.HTTPClientError(error=type(error).__name__))
            return
        if self._answer is None:
            self._listen_on(flight)
        else:
            self._land(flight, self._answer)

    def eof_received(self) -> None:
        """An answer without a length ends with its connection; httptools cannot be told, and AWS sends none."""

    def _listen_on(self, flight: Flight) -> None:
        self._keeper.ring(self, min(self._loop.time() + self._patience, flight.ends))

    def _land(self, flight: Flight, answer: Answer) -> None:
        self._flight, flight.wire, flight.placed, flight.answer = None, None, False, answer
        if not flight.outcome.done():
            flight.outcome.set_result(answer)
        self._keeper.landed(self)

    def _fail(self, error: Exception) -> None:
        flight, self._flight = self._flight, None
        if flight is None:
            return
        self.reusable, flight.wire, flight.placed = False, None, False
        if not flight.outcome.done():
            flight.outcome.set_exception(error)
        self._keeper.landed(self)

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
