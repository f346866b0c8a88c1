"""Where the HTTP server writes what went wrong on the wire.

What is no HTTP at all (a port scan, a TLS hello, a broken chunk) is answered 400 and its connection closed; that is
the sender's fault and no event of ours, so it leaves no traceback in the log. It must not hide anything else.
"""

import logging

from aiohttp.http_exceptions import HttpProcessingError


def _is_ours(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


WIRE_LOG = logging.getLogger(__name__)
WIRE_LOG.addFilter(_is_ours)
