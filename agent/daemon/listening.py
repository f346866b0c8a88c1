"""An HTTP server on an address of the operator's choice, with a clear sentence when that cannot be had.

It does not know what is served.
"""

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from agent.errors import InvalidSetting, PortInUse

_FAREWELL = 1.0  # seconds


@asynccontextmanager
async def listening(application: web.Application, *, host: str, port: int, section: str) -> AsyncIterator[str]:
    """The server's address while it is open; `port` 0 takes a free one. `section` is whose `host` and `port` they are.

    Raises:
        PortInUse: another program listens there.
        InvalidSetting: the address cannot be listened on.
    """
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=_FAREWELL)
    await runner.setup()
    try:
        await _start(web.TCPSite(runner, host, port), host, port, section)
        yield f"http://{_written(*runner.addresses[0][:2])}"
    finally:
        await runner.cleanup()


async def _start(site: web.TCPSite, host: str, port: int, section: str) -> None:
    try:
        await site.start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"{section}.port: another program listens on port {port} of {host}; choose another one, or 0 for any."
            ) from error
        raise InvalidSetting(
            f"{section}.host",
            f"port {port} of {host} cannot be listened on ({error.strerror}); name an address of here.",
        ) from error


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
