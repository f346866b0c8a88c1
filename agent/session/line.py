"""One socket's life: dialled, subscribed, heard, ended. What its frames mean is the business of `agent.wire`."""

from collections.abc import Callable

import anyio

from agent.errors import SocketError, SocketRefused
from agent.ports import Connection, Socket
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


class Line:
    """One participant websocket.

    Attributes:
        connection: the address it was dialled with.
        subscribed: items have begun to arrive.
        why: what ended it, in a word, for the log.
        refused: the refusal, when it could not even be opened.
    """

    def __init__(
        self, connection: Connection, *, ports: Ports, timings: LinkTimings, heard: Callable[[Item], None]
    ) -> None:
        self.connection = connection
        self.subscribed = False
        self.why = "closed"
        self.refused: SocketRefused | None = None
        self._sockets = ports.sockets
        self._clock = ports.clock
        self._wire = ParticipantConnection(now=ports.clock.monotonic(), settings=timings)
        self._heard = heard
        self._useful = True
        self._scope = anyio.CancelScope()
        self._settled = anyio.Event()
        self._gone = anyio.Event()

    @property
    def ended(self) -> bool:
        """The socket is gone, whoever ended it."""
        return self._gone.is_set()

    async def run(self) -> None:
        """Keeps the socket until it ends or `close` is called; never raises for the network's sake."""
        try:
            with self._scope:
                async with self._sockets.connect(self.connection.url) as socket:
                    await self._listen(socket)
        except SocketRefused as refused:
            self.refused, self.why = refused, "refused"
        except SocketError as error:
            self.why = str(error)
        finally:
            self._settled.set()
            self._gone.set()

    def close(self) -> None:
        """Ends the socket, with close code 1000."""
        self._scope.cancel()

    async def settled(self) -> None:
        """Returns when the socket is subscribed or has ended."""
        await self._settled.wait()

    async def gone(self) -> None:
        """Returns when the socket has ended."""
        await self._gone.wait()

    async def _listen(self, socket: Socket) -> None:
        self._wire.socket_opened(self._clock.monotonic())
        while self._obey():
            for text in self._wire.texts_to_send():
                await socket.send(text)
            with anyio.move_on_after(self._patience()) as overdue:
                await self._hear(socket)
            if overdue.cancelled_caught:
                self._wire.receive_time(self._clock.monotonic())

    async def _hear(self, socket: Socket) -> None:
        """Takes frames until one of them changes what is waited for: all of them share one timer."""
        deadline = self._wire.next_deadline()
        while self._useful and self._wire.next_deadline() == deadline:
            self._wire.receive_text(await socket.receive(), self._clock.monotonic())
            self._obey()

    def _patience(self) -> float | None:
        deadline = self._wire.next_deadline()
        return None if deadline is None else max(0.0, deadline - self._clock.monotonic())

    def _obey(self) -> bool:
        """Passes on what the wire reports; False when the socket is of no more use."""
        for event in self._wire.events_received():
            match event:
                case Received(item=item):
                    self._heard(item)
                case Subscribed():
                    self.subscribed = True
                    self._settled.set()
                case Dead() | SubscribeFailed() | Closed():
                    self.why = type(event).__name__.lower()
                    self._useful = False
        return self._useful
