"""The operator's window: ``/livez``, ``/readyz`` and ``/metrics`` over HTTP, for probes and for Prometheus.

It only shows; nothing can be changed through it, and nothing it shows is a secret or anybody's words. It answers from
the loop that serves the chats: one that hangs answers nothing, which is what a liveness probe is for.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web

from agent.daemon.health import Verdict
from agent.daemon.listening import listening

_FRESH = {"Cache-Control": "no-store"}


class Exposing(Protocol):
    """Whatever shows its numbers to Prometheus."""

    def exposition(self, accept: str = "") -> tuple[bytes, str]: ...


@asynccontextmanager
async def health_endpoint(
    host: str, port: int, *, verdict: Callable[[], Verdict], metrics: Exposing
) -> AsyncIterator[str]:
    """The endpoint's address while it is open; `port` 0 takes a free one.

    Raises:
        PortInUse: another program listens there.
        InvalidSetting: the address cannot be listened on.
    """
    async with listening(_application(verdict, metrics), host=host, port=port, section="health") as address:
        yield address


def _application(verdict: Callable[[], Verdict], metrics: Exposing) -> web.Application:
    async def livez(request: web.Request) -> web.Response:
        return web.json_response({"live": True}, headers=_FRESH)

    async def readyz(request: web.Request) -> web.Response:
        now = verdict()
        return web.json_response(now.shown(), status=200 if now.ready else 503, headers=_FRESH)

    async def numbers(request: web.Request) -> web.Response:
        body, content_type = metrics.exposition(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type, **_FRESH})

    application = web.Application()
    application.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", numbers)])
    return application
