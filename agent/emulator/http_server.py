"""The HTTP server under the emulator: aiohttp's, with bounds for those who do not finish what they began.

What is no HTTP at all (a port scan, a TLS hello, a broken chunk) is answered 400 and its connection closed; that is
the sender's fault and no event of ours, so it leaves no traceback in the log. It must not know what is answered.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError

LONGEST_HEADER = 64 * 1024  # bytes; a token that is too long is refused in AWS's words
LINGER = 1.0  # seconds for the rest of a body after its answer; what may come has been read before
Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def http_server(answer: Answer, *, idle: float) -> web.Server:
    """A server that passes every request to `answer` and closes connections idle for so many seconds."""

    async def expected(request: web.BaseRequest) -> web.StreamResponse:
        """Whoever asks first whether to send the body is told to [RFC 9110, 10.1.1]."""
        if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= HttpVersion11:
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        return await answer(request)

    return web.Server(
        expected,
        access_log=None,
        auto_decompress=False,
        logger=_log,
        keepalive_timeout=idle,
        lingering_time=LINGER,
        max_field_size=LONGEST_HEADER,
    )


def _is_ours(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_log = logging.getLogger(__name__)
_log.addFilter(_is_ours)
