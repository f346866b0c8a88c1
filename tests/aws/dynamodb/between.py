"""A man in the middle in front of moto: counts requests, loses answers, throttles, delays. Real HTTP both ways."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, TypeAlias

from aiohttp import ClientSession, web


class Fate(Enum):
    """What becomes of one request."""

    PASS = auto()
    LOSE_ANSWER = auto()
    """It takes effect; the connection closes without an answer."""
    LOSE_REQUEST = auto()
    """The connection closes; it never takes effect."""
    HOLD = auto()
    """It takes effect only once `release_held` was called; the connection is closed at once."""


Fault: TypeAlias = Fate | tuple[int, str]
"""Or an answer of DynamoDB's own: status and code."""


@dataclass(slots=True)
class Between:
    """The man in the middle. `judge` decides about each request by its operation and its members."""

    url: str = ""
    seen: list[str] = field(default_factory=list)
    judge: Callable[[str, Any], Fault] = lambda operation, members: Fate.PASS
    held: list[Callable[[], Awaitable[int]]] = field(default_factory=list)

    def once(self, operation: str, *faults: Fault) -> None:
        """The next calls of `operation` meet these faults, one each."""
        left = list(faults)
        self.judge = lambda asked, members: left.pop(0) if asked == operation and left else Fate.PASS

    def always(self, fault: Fault) -> None:
        """Every call meets this fault from now on."""
        self.judge = lambda asked, members: fault

    def counted(self) -> list[str]:
        """The operations since the last time."""
        seen, self.seen = self.seen, []
        return seen

    async def release_held(self) -> list[int]:
        """Lets what was held arrive late; the statuses that nobody hears."""
        held, self.held = self.held, []
        return [await one() for one in held]


@asynccontextmanager
async def between(target: str) -> AsyncIterator[Between]:
    """A man in the middle in front of `target`, listening on a free loopback port."""
    man = Between()
    async with ClientSession() as session:

        async def forward(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            operation = request.headers["X-Amz-Target"].rpartition(".")[2]
            man.seen.append(operation)

            async def pass_on() -> tuple[int, bytes]:
                async with session.post(target, data=body, headers=_passed(request)) as answer:
                    return answer.status, await answer.read()

            async def late() -> int:
                return (await pass_on())[0]

            match man.judge(operation, json.loads(body)):
                case Fate.PASS:
                    status, content = await pass_on()
                    return web.Response(status=status, body=content, content_type="application/x-amz-json-1.0")
                case Fate.LOSE_ANSWER:
                    await pass_on()
                case Fate.HOLD:
                    man.held.append(late)
                case Fate.LOSE_REQUEST:
                    pass
                case status, code:
                    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
                    return web.json_response({"__type": kind, "message": "secret words"}, status=status)
            assert request.transport is not None
            request.transport.close()
            raise asyncio.CancelledError

        app = web.Application(client_max_size=2**24)
        app.router.add_post("/{rest:.*}", forward)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        man.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield man
        finally:
            await runner.cleanup()


def _passed(request: web.Request) -> dict[str, str]:
    hop = {"host", "content-length", "connection", "transfer-encoding"}
    return {name: value for name, value in request.headers.items() if name.lower() not in hop}
