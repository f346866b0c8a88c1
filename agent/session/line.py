"""One socket's life: dialled, subscribed, heard, ended. What its frames mean is the business of `agent.wire`.

It has no task of its own: the socket calls when something comes, and one timer when something is due.
"""

import asyncio
from collections.abc import Callable

from agent.errors import SocketClosed, SocketRefused
from agent.ports import Connection, Socket
from agent.session.deadlines import NEVER, Deadline
from agent.session.moment import Moment
from agent.session.surroundings import Ports
from agent.wire.items import Item
from agent.wire.participant import (
    Closed,
    Dead,
    LinkTimings,
    ParticipantConnection,
    Received,
    Subscribed,
    SubscribeFailed,
)

_LATE = 0.5
"""Seconds after which a timer that rings tells that the loop was busy, and has not read its sockets yet."""
_ONE_TURN = 0.01


class Line:
    """One participant websocket; the `Hearer` of its socket.

    Attributes:
        connection: the address it was dialled with.
        subscribed: items have begun to arrive.
        ended: the socket is gone, whoever ended it.
        why: what ended it, in a word, for the log.
        refused: the refusal, when it could not even be opened.
    """

    __slots__ = (
        "_alarm", "_clock", "_deadlines", "_gone", "_heard", "_rings_at", "_settled", "_socket", "_sockets", "_useful",
        "_wire", "connection", "ended", "refused", "subscribed", "why",
    )  # fmt: skip

    def __init__(
        self, connection: Connection, *, ports: Ports, timings: LinkTimings, heard: Callable[[Item], None]
    ) -> None:
        self.connection = connection
        self.subscribed = False
        self.ended = False
        self.why = "closed"
        self.refused: SocketRefused | None = None
        self._sockets = ports.sockets
        self._clock = ports.clock
        self._deadlines = ports.deadlines
        self._wire = ParticipantConnection(now=ports.clock.monotonic(), settings=timings)
        self._heard = heard
        self._useful = True
        self._socket: Socket | None = None
        self._alarm: Deadline | None = None
        self._rings_at = 0.0
        self._settled = Moment()
        self._gone = Moment()

    async def open(self) -> None:
        """Returns when the socket is subscribed or has ended; never raises for the network's sake."""
        try:
            await self._sockets.connect(self.connection.url, self)
        except SocketRefused as refused:
            self.refused = refused
            self._end("refused")
        await self._settled.wait()

    def close(self) -> None:
        """Ends the socket, with close code 1000: nothing of it is heard any more."""
        if self._socket is None:
            self._end(self.why)
        else:
            self._give_up(self.why)

    async def gone(self, *, within: float = NEVER) -> None:
        """Returns when the socket has ended, or after so many seconds."""
        await self._gone.wait(within=within)

    # ------------------------------------------------------------------------------ as the socket sees it

    def opened(self, socket: Socket) -> None:
        """The upgrade succeeded."""
        self._socket = socket
        self._wire.socket_opened(self._clock.monotonic())
        self._obey()

    def heard(self, frame: str | bytes) -> None:
        """A frame came."""
        if self._useful:
            self._wire.receive_text(frame, self._clock.monotonic())
            self._obey()

    def lost(self, code: int) -> None:
        """The socket is gone."""
        self._end(str(SocketClosed(code)) if self._useful else self.why)

    # --------------------------------------------------------------------------------------------------

    def _obey(self) -> None:
        """Does what the wire wants: passes on what it reports, sends, wakes when it has to be woken."""
        for event in self._wire.events_received():
            match event:
                case Received(item=item):
                    self._heard(item)
                case Subscribed():
                    self.subscribed = True
                    self._settled.set()
                case Dead() | SubscribeFailed() | Closed():
                    self._give_up(type(event).__name__.lower())
        if self._useful and self._wire.stirred:
            self._speak()
            self._set_alarm()

    def _speak(self) -> None:
        texts = self._wire.texts_to_send()
        if texts and self._socket is not None:
            self._socket.send(*texts)

    def _set_alarm(self) -> None:
        """One timer for all deadlines; one that rings too early looks again."""
        deadline = self._wire.next_deadline()
        if deadline is None or (self._alarm is not None and self._rings_at <= deadline):
            return
        self._quiet()
        self._rings_at = deadline
        self._alarm = self._call_later(deadline - self._clock.monotonic(), self._ring)

    def _ring(self) -> None:
        """It is time. Late in coming, frames are read first that came meanwhile: a late reader is no dead server."""
        if self._clock.monotonic() - self._rings_at > _LATE:
            self._alarm = self._call_later(_ONE_TURN, self._look)
        else:
            self._look()

    def _look(self) -> None:
        self._alarm = None
        self._wire.receive_time(self._clock.monotonic())
        self._obey()

    def _call_later(self, delay: float, act: Callable[[], None]) -> Deadline:
        return self._deadlines.at(asyncio.get_running_loop().time() + delay, act)

    def _give_up(self, why: str) -> None:
        """The socket is of no more use."""
        self.why, self._useful = why, False
        self._quiet()
        if self._socket is not None:
            self._socket.close()

    def _end(self, why: str) -> None:
        self.why, self._useful, self.ended, self._socket = why, False, True, None
        self._quiet()
        self._settled.set()
        self._gone.set()

    def _quiet(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
