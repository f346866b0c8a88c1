"""A man in the middle of the bot's websocket, who passes everything on and can put in what no service would send.

It knows frames, not what they mean.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


class Relay:
    """Between every bot and the service at `upstream`."""

    def __init__(self) -> None:
        self.upstream = 0
        self.port = 0
        self._bots: set[ServerConnection] = set()

    async def puts_in(self, frame: str | bytes) -> None:
        """Every bot receives `frame` next."""
        for bot in self._bots:
            await bot.send(frame)

    async def serve(self, bot: ServerConnection) -> None:
        """Passes on one bot's frames, both ways, until either side closes."""
        assert bot.request is not None
        address = f"ws://127.0.0.1:{self.upstream}{bot.request.path}"
        async with connect(address, compression=None, proxy=None) as service, anyio.create_task_group() as group:
            self._bots.add(bot)
            group.start_soon(_pass_on, service, bot)
            await _pass_on(bot, service)
            self._bots.discard(bot)
            group.cancel_scope.cancel()


async def _pass_on(source: Connection, target: Connection) -> None:
    try:
        async for frame in source:
            await target.send(frame)
    except ConnectionClosed:
        pass
    await target.close()


@asynccontextmanager
async def relay() -> AsyncIterator[Relay]:
    """A relay that listens; set its `upstream` before the first bot dials."""
    middle = Relay()
    async with serve(middle.serve, "127.0.0.1", 0, compression=None) as server:
        middle.port = next(iter(server.sockets)).getsockname()[1]
        yield middle
