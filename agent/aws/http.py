"""aiobotocore's HTTP session at its extension point: the same promises at a tenth of the cost.

Requests go over `Wires` unless a proxy is to be used; those keep aiohttp. Neither follows redirects, as aiohttp would
take the bearer token along to whatever host the answer names; the services never redirect, so a redirect is an answer
like any other. It does not know the services.
"""

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from aiobotocore.awsrequest import AioAWSResponse
from aiobotocore.httpsession import AIOHTTPSession
from aiohttp import ClientResponse, ClientSession
from botocore.awsrequest import AWSPreparedRequest

from agent.aws.wires import Patience, Wires, refuse_line_breaks


class _Straight:
    def __init__(self, session: ClientSession) -> None:
        self._session = session

    async def request(self, *arguments: Any, **options: Any) -> ClientResponse:
        return await self._session.request(*arguments, allow_redirects=False, **options)


class _Whole:
    """The body of an answer that was read to its end, as aiobotocore asks for it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def read(self) -> bytes:
        return self._content


class LeanSession(AIOHTTPSession):  # type: ignore[misc]
    """An HTTP session for clients whose requests and answers are short."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._wires: dict[tuple[str, str], Wires] = {}
        self._tls: ssl.SSLContext | None = None
        self._building = asyncio.Lock()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for wires in self._wires.values():
            wires.close()
        await super().__aexit__(kind, error, trace)

    async def _get_session(self, proxy_url: str | None) -> _Straight:
        return _Straight(await super()._get_session(proxy_url))

    def is_direct(self, url: str) -> bool:
        """Whether no proxy stands between here and `url`."""
        return self._proxy_config.proxy_url_for(url) is None

    async def send(self, request: AWSPreparedRequest) -> AioAWSResponse:
        """One request, as botocore's endpoint hands it over. Raises botocore's exceptions."""
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        if not isinstance(body, bytes) or request.stream_output or not self.is_direct(request.url):
            return await super().send(request)
        parts = urlsplit(request.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        start = head(request.method, target, parts.netloc, texts(request.headers.items()))
        answer = await self.wires_to(parts.scheme, parts.netloc).exchange(request_of(start, body))
        return AioAWSResponse(request.url, answer.status, answer.headers, _Whole(answer.content))

    def wires_to(self, scheme: str, origin: str) -> Wires:
        """The connections to `origin`, ``host`` or ``host:port``."""
        return self._wires.get((scheme, origin)) or self._opened(scheme, origin)

    def _opened(self, scheme: str, origin: str) -> Wires:
        parts = urlsplit(f"{scheme}://{origin}")
        secure = scheme == "https"
        wires = self._wires[scheme, origin] = Wires(
            parts.hostname or "",
            parts.port or (443 if secure else 80),
            tls=self._context if secure else None,
            patience=Patience(
                connect=self._timeout.sock_connect,
                read=self._timeout.sock_read,
                idle=self._connector_args["keepalive_timeout"],
            ),
            at_once=self._max_pool_connections,
        )
        return wires

    async def _context(self) -> ssl.SSLContext:
        """One for all connections, however many begin at once; reading the certificates blocks, so a thread does it."""
        if self._tls is not None:
            return self._tls
        async with self._building:
            if self._tls is None:
                self._tls, _ = await asyncio.to_thread(self._build_ssl_contexts, None)
        return self._tls


def head(method: str, target: str, origin: str, headers: Mapping[str, str]) -> bytes:
    """A request's head without the Content-Length and the empty line.

    Raises ValueError for a header that holds a line break.
    """
    refuse_line_breaks(target, *headers, *headers.values())
    lines = [f"{method} {target} HTTP/1.1", f"Host: {origin}", "Accept-Encoding: identity"]
    lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() not in _OWN]
    return "\r\n".join([*lines, ""]).encode()


def request_of(start: bytes, body: bytes) -> bytes:
    """A whole request: `start` is its head but for its end."""
    return b"%bContent-Length: %d\r\n\r\n%b" % (start, len(body), body)


_OWN = {"host", "content-length", "transfer-encoding", "accept-encoding"}
"""What is written here, whatever botocore says."""


def texts(headers: Iterable[tuple[str, str | bytes]]) -> dict[str, str]:
    """Headers as botocore has them, which are bytes here and there."""
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in headers}
