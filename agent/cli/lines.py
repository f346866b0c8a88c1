"""Lines from a file descriptor without blocking the event loop, and without a thread that could not be stopped.

It knows no chat.
"""

import os
import stat
from collections.abc import AsyncGenerator

import anyio

_CHUNK = 65_536


async def lines_of(descriptor: int) -> AsyncGenerator[str, None]:
    """Each line without its end; the last one may lack it. Bytes that are no UTF-8 are replaced."""
    rest = b""
    while chunk := await _read(descriptor):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield _text(line)
    if rest:
        yield _text(rest)


async def _read(descriptor: int) -> bytes:
    if _may_block(descriptor):
        await anyio.wait_readable(descriptor)
    return os.read(descriptor, _CHUNK)


def _may_block(descriptor: int) -> bool:
    """Plain files and /dev/null are always ready, and cannot be waited for."""
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")
