"""A gate before somebody else's HTTP service: lets calls through, or holds back those of one operation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import anyio
from aiohttp import web

_TARGET = "X-Amz-Target"


class Gate:
    """Attributes:
    url: where it listens.
    held: the operation whose calls are never answered, "" for none.
    """

    def __init__(self, beyond: str) -> None:
        self.url = ""
        self.held = ""
        self.passed: list[str] = []
        self.reached: list[str] = []
        self._beyond = beyond
        self._changed = anyio.Event()

    async def until_reached(self, operation: str) -> None:
        """Returns when the operation was asked for since the last `forget`."""
        await self._until(self.reached, operation)

    async def until_passed(self, operation: str) -> None:
        """Returns when the operation was answered since the last `forget`."""
        await self._until(self.passed, operation)

    def forget(self) -> None:
        self.passed.clear()
        self.reached.clear()

    async def _until(self, seen: list[str], operation: str) -> None:
        while operation not in seen:
            await self._changed.wait()

    def _note(self, seen: list[str], operation: str) -> None:
        seen.append(operation)
        self._changed.set()
        self._changed = anyio.Event()

    async def serve(self, session: aiohttp.ClientSession, request: web.BaseRequest) -> web.Response:
        operation = request.headers.get(_TARGET, "").rpartition(".")[2]
        self._note(self.reached, operation)
        if operation == self.held:
            await anyio.sleep_forever()
        kept = {name: text for name, text in request.headers.items() if name.lower() not in ("host", "content-length")}
        try:
            async with session.post(self._beyond, data=await request.read(), headers=kept) as answer:
                body = await answer.read()
        except aiohttp.ClientError:
            return web.Response(status=502)
        self._note(self.passed, operation)
        return web.Response(status=answer.status, body=body, content_type=answer.content_type)


@asynccontextmanager
async def gate_before(beyond: str) -> AsyncIterator[Gate]:
    """A gate on loopback before the service at `beyond`."""
    gate = Gate(beyond)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            return await gate.serve(session, request)

        runner = web.ServerRunner(web.Server(answer, access_log=None), handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            gate.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield gate
        finally:
            await runner.cleanup()
