"""aiobotocore's HTTP session at its extension point, with the one thing changed that would give tokens away.

aiohttp follows redirects and takes custom headers along, the bearer token among them, to whatever host the answer
names. The services never redirect, so here a redirect is an answer like any other. It does not know the services.
"""

from typing import Any

from aiobotocore.httpsession import AIOHTTPSession
from aiohttp import ClientResponse, ClientSession


class _Straight:
    def __init__(self, session: ClientSession) -> None:
        self._session = session

    async def request(self, *arguments: Any, **options: Any) -> ClientResponse:
        return await self._session.request(*arguments, allow_redirects=False, **options)


class StraightSession(AIOHTTPSession):  # type: ignore[misc]
    """Follows no redirect; otherwise aiobotocore's own session."""

    async def _get_session(self, proxy_url: str | None) -> _Straight:
        return _Straight(await super()._get_session(proxy_url))
