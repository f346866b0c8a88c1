"""A TCP proxy on loopback that can be cut: the network between one worker and one service.

Connect tells a bot where its websocket is, by address; that address is replaced by the cable's own, so that the
websocket runs through it as well. Both addresses have ports of five digits, so nothing changes its length. What was
sent while the cable was cut never arrives: a network that delivers minutes later is not what is tried here. It knows
neither HTTP nor websockets.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import ByteReceiveStream, ByteSendStream, SocketAttribute, SocketStream

HOST = "127.0.0.1"
LEAST_PORT = 10_000


class Cable:
    """Attributes:
    url: where it can be reached instead of the service.
    """

    def __init__(self, port: int, beyond: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self._beyond = beyond
        self._their_address = f"{HOST}:{beyond}".encode()
        self._our_address = f"{HOST}:{port}".encode()
        self._connections: set[anyio.CancelScope] = set()
        self._cut = False
        self._silent = False

    def cut(self, *, silent: bool) -> None:
        """Every connection breaks and new ones are refused; or, silent, stays, and swallows what is sent."""
        self._cut, self._silent = True, silent
        if not silent:
            self._break()

    def mend(self) -> None:
        """New connections work again; the old ones have missed something, so they break."""
        self._cut = False
        self._break()

    def _break(self) -> None:
        for scope in self._connections:
            scope.cancel()

    async def connect(self, near: SocketStream) -> None:
        """Carries one connection to its end."""
        async with near:
            if self._cut and not self._silent:
                return
            with anyio.CancelScope() as scope:
                self._connections.add(scope)
                try:
                    await self._carry(near)
                except OSError:  # nobody listens there any more: the near end hears of it by the end of this one
                    return
                finally:
                    self._connections.discard(scope)

    async def _carry(self, near: SocketStream) -> None:
        async with await anyio.connect_tcp(HOST, self._beyond) as far, anyio.create_task_group() as group:

            async def pump(source: ByteReceiveStream, sink: ByteSendStream) -> None:
                try:
                    async for chunk in source:
                        if not self._cut:
                            await sink.send(chunk.replace(self._their_address, self._our_address))
                except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                    pass  # either end may vanish at any moment; both are closed below
                group.cancel_scope.cancel()

            group.start_soon(pump, near, far)
            group.start_soon(pump, far, near)


@asynccontextmanager
async def cable_to(url: str) -> AsyncIterator[Cable]:
    """A whole cable to the service at `url`."""
    listener = await anyio.create_tcp_listener(local_host=HOST)
    port, beyond = listener.extra(SocketAttribute.local_port), int(url.rpartition(":")[2])
    if min(port, beyond) < LEAST_PORT:
        raise RuntimeError(f"This machine gives out port {min(port, beyond)}; a cable needs ports of five digits.")
    cable = Cable(port, beyond)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, cable.connect)
        try:
            yield cable
        finally:
            group.cancel_scope.cancel()
