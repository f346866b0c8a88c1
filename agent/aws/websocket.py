"""Participant websockets through the websockets library, stripped to what the protocol uses.

No compression and no library pings: frames are small, and the protocol has its own heartbeats. The URL is a
credential: it is checked before it is used, and neither message nor log ever holds it. It does not know what frames
mean, nor does it reconnect.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Literal

import anyio
from botocore.httpsession import get_cert_path
from websockets import exceptions as ws
from websockets.asyncio import client as library

from agent.aws.hosts import host_of, is_aws, is_loopback
from agent.aws.quiet import mute_logger
from agent.aws.settings import SocketSettings
from agent.errors import SocketClosed, SocketRefused
from agent.ids import Secret

_NORMAL = 1000
_ABNORMAL = 1006


class _Upgrade(library.connect):
    """Follows no redirect: one could lead the signed URL to a host that nobody allowed."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Connection(library.ClientConnection):
    """Lost, it lets go of its parser, which holds the protocol in a circle, and that the signed URL."""

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.protocol.parser.close()
        self.protocol.parser_exc = None


class WebsocketsSocket:
    """An open participant websocket; a `Socket`. A cancelled `receive` loses no frame."""

    def __init__(self, connection: library.ClientConnection) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        """Sends one text frame."""
        try:
            await self._connection.send(text)
        except ws.ConnectionClosed as cause:
            raise SocketClosed(_code(cause)) from cause

    async def receive(self) -> str | bytes:
        """The next message, text as str and binary as bytes."""
        try:
            return await self._connection.recv()
        except ws.ConnectionClosed as cause:
            raise SocketClosed(_code(cause)) from cause


class WebsocketsSocketPort:
    """A `SocketPort`. One for all chats: they share its TLS context, which takes a megabyte and 25 ms to build."""

    def __init__(self, settings: SocketSettings | None = None) -> None:
        self._settings = settings or SocketSettings()
        self._logger = mute_logger()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_bundle or get_cert_path(True))

    @asynccontextmanager
    async def connect(self, url: Secret) -> AsyncIterator[WebsocketsSocket]:
        """An open socket; on leaving, closed with code 1000, or cut when that takes longer than its timeout.

        Raises:
            SocketRefused: the URL is not allowed, nobody answers, or the upgrade is refused.
        """
        connection = await self._open(url.reveal())
        try:
            yield WebsocketsSocket(connection)
        finally:
            await self._leave(connection)

    async def _leave(self, connection: library.ClientConnection) -> None:
        try:
            with anyio.move_on_after(self._settings.close_timeout, shield=True):
                await connection.close(_NORMAL)
        finally:
            connection.transport.abort()

    async def _open(self, url: str) -> library.ClientConnection:
        self._check(url)
        try:
            return await self._upgrade(url)
        except ws.InvalidStatus as cause:
            status = cause.response.status_code
            raise SocketRefused(f"the websocket upgrade was refused with HTTP {status}", status) from cause
        except (ws.InvalidHandshake, OSError, EOFError) as cause:
            raise SocketRefused(f"the websocket cannot be opened ({type(cause).__name__})") from cause
        except (ws.InvalidURI, ws.InvalidProxy, ValueError, ImportError) as cause:
            # Their words quote the address.
            raise SocketRefused(f"the websocket cannot be opened ({type(cause).__name__})") from None

    def _upgrade(self, url: str) -> _Upgrade:
        settings = self._settings
        return _Upgrade(
            url,
            create_connection=_Connection,
            ssl=self._tls if url.startswith("wss:") else None,
            compression=None,
            ping_interval=None,
            open_timeout=settings.open_timeout,
            close_timeout=settings.close_timeout,
            max_size=settings.max_frame_bytes,
            max_queue=settings.max_waiting_frames,
            user_agent_header=settings.user_agent,
            proxy=self._proxy(url),
            logger=self._logger,
        )

    def _proxy(self, url: str) -> str | Literal[True] | None:
        """websockets takes True for the environment's proxy and None for no proxy."""
        if is_loopback(host_of(url)):
            return None
        return True if self._settings.proxy_url is None else self._settings.proxy_url.reveal()

    def _check(self, url: str) -> None:
        host = host_of(url)
        named = host in self._settings.allowed_hosts
        local = is_loopback(host) and any(map(is_loopback, self._settings.allowed_hosts))
        scheme = url.partition(":")[0]
        if (scheme == "wss" and (is_aws(host) or named or local)) or (scheme == "ws" and (named or local)):
            return
        raise SocketRefused("the websocket URL names a host or scheme that is not allowed; see the endpoint settings")


def _code(cause: ws.ConnectionClosed) -> int:
    """The peer's close code; ours when we ended it because of what came, such as 1009 for a frame too big."""
    if cause.rcvd is not None:
        return int(cause.rcvd.code)
    return int(cause.sent.code) if cause.sent is not None else _ABNORMAL
