"""Participant websockets through the websockets library, stripped to what the protocol uses.

No compression and no library pings: frames are small, and the protocol has its own heartbeats. The URL is a
credential: it is checked before it is used, and neither message nor log ever holds it. It does not know what frames
mean, nor does it reconnect.
"""

from functools import cached_property
from typing import Any, Literal, cast

from botocore.httpsession import get_cert_path
from websockets import exceptions as ws
from websockets.asyncio import client as library
from websockets.client import ClientProtocol

from agent.aws.hosts import host_of, is_aws, is_loopback
from agent.aws.quiet import mute_logger
from agent.aws.resuming import ResumingContext
from agent.aws.settings import SocketSettings
from agent.aws.upgrading import Upgrading
from agent.errors import SocketRefused
from agent.ids import Secret
from agent.ports import Hearer


class _Upgrade(library.connect):
    """Follows no redirect: one could lead the signed URL to a host that nobody allowed."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class WebsocketsSocketPort:
    """A `SocketPort`. One for all chats: they share its TLS context, which takes a megabyte and 25 ms to build."""

    def __init__(self, settings: SocketSettings | None = None) -> None:
        self._settings = settings or SocketSettings()
        self._logger = mute_logger()

    @cached_property
    def _tls(self) -> ResumingContext:
        return ResumingContext.trusting(str(self._settings.ca_bundle or get_cert_path(True)))

    async def connect(self, url: Secret, hearer: Hearer) -> None:
        """Opens a socket and tells `hearer`; cancelled, it leaves no connection.

        Raises:
            SocketRefused: the URL is not allowed, nobody answers, or the upgrade is refused.
        """
        address = url.reveal()
        self._check(address)
        try:
            await self._upgrade(address, hearer)
        except ws.InvalidStatus as cause:
            status = cause.response.status_code
            raise SocketRefused(f"the websocket upgrade was refused with HTTP {status}", status) from cause
        except (ws.InvalidHandshake, OSError, EOFError) as cause:
            raise SocketRefused(f"the websocket cannot be opened ({type(cause).__name__})") from cause
        except (ws.InvalidURI, ws.InvalidProxy, ValueError, ImportError) as cause:
            # Their words quote the address.
            raise SocketRefused(f"the websocket cannot be opened ({type(cause).__name__})") from None

    def _upgrade(self, url: str, hearer: Hearer) -> _Upgrade:
        settings = self._settings
        tls = self._tls if url.startswith("wss:") else None

        def connection(protocol: ClientProtocol, **_: object) -> Upgrading:
            return Upgrading(protocol, hearer, close_timeout=settings.close_timeout, tls=tls)

        return _Upgrade(
            url,
            ssl=tls,
            compression=None,
            open_timeout=settings.open_timeout,
            max_size=settings.max_frame_bytes,
            create_connection=cast("Any", connection),
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
