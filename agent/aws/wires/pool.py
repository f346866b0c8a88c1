"""The kept connections to one origin, and the line before them."""

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import cast

import anyio
from botocore import exceptions as aws

from agent.aws.wires.answer import Answer
from agent.aws.wires.wire import Flight, Wire

_TICK = 0.001
"""Seconds by which uvloop's timers may be early."""


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
        self._line: deque[Flight] = deque()
        self._idle: list[Wire] = []
        self._made: set[Wire] = set()
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
        flight = Flight(request, seconds, self._loop.create_future())
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

    async def _landing(self, flight: Flight, cancelled: asyncio.CancelledError) -> Answer:
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
    def _depart(self, flight: Flight) -> None:
        """`flight` has a place. It takes the connection that was used last, so that those not needed grow old."""
        flight.placed = True
        flight.ends = self._loop.time() + flight.seconds
        while self._idle:
            wire = self._idle.pop()
            if not wire.broken:
                wire.carry(flight)
                return
        flight.outcome.set_result(None)

    def landed(self, wire: Wire) -> None:
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

    def _give_up(self, flight: Flight) -> None:
        if flight.wire is not None:
            flight.wire.drop()
            flight.wire = None
        if flight.placed:
            flight.placed = False
            self._leave()

    # -------------------------------------------------------------------------------------- the clock
    def ring(self, wire: Wire, due: float) -> None:
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
    async def _dial(self, flight: Flight) -> None:
        wire = await self._connected(flight)
        flight.outcome = self._loop.create_future()
        wire.carry(flight)

    async def _connected(self, flight: Flight) -> Wire:
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

    def _wire(self) -> Wire:
        return Wire(self._url, self._patience.read, self, among=self._made)


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
