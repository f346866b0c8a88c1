"""A websocket for whoever would rather ask than be told: frames wait here until they are received.

For a conversation of a few frames, such as the doctor's trial. It bounds nothing, so a session does not use it.
"""

from asyncio import Queue
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from agent.errors import SocketClosed
from agent.ids import Secret
from agent.ports import Socket, SocketPort


class PulledSocket:
    """An open socket; a `Hearer`. A cancelled `receive` loses no frame.

    Attributes:
        code: the close code, once it is over.
    """

    def __init__(self) -> None:
        self.code: int | None = None
        self._socket: Socket | None = None
        self._frames: Queue[str | bytes | None] = Queue()
        self._gone = anyio.Event()

    def send(self, text: str) -> None:
        """Sends one text frame. Raises SocketClosed."""
        if self._socket is None or self.code is not None:
            raise SocketClosed(self.code or 1006)
        self._socket.send(text)

    async def receive(self) -> str | bytes:
        """The next frame. Raises SocketClosed."""
        frame = await self._frames.get()
        if frame is None:
            self._frames.put_nowait(None)
            raise SocketClosed(self.code or 1006)
        return frame

    async def leave(self) -> None:
        """Says goodbye, and returns when the socket is gone."""
        if self._socket is not None:
            self._socket.close()
            await self._gone.wait()

    def opened(self, socket: Socket) -> None:
        self._socket = socket

    def heard(self, frame: str | bytes) -> None:
        self._frames.put_nowait(frame)

    def lost(self, code: int) -> None:
        self.code = code
        self._frames.put_nowait(None)
        self._gone.set()


@asynccontextmanager
async def pulled(sockets: SocketPort, url: Secret) -> AsyncIterator[PulledSocket]:
    """An open socket, closed with code 1000 on leaving, under cancellation too.

    Raises SocketRefused on entering.
    """
    socket = PulledSocket()
    await sockets.connect(url, socket)
    try:
        yield socket
    finally:
        with anyio.CancelScope(shield=True):
            await socket.leave()
