"""Lines from a stream, each of bounded length and time. It knows no request."""

import anyio
from anyio.abc import ByteReceiveStream

from agent.daemon.control.protocol import LONGEST_REQUEST, Code
from agent.errors import ControlRefused

_PATIENCE = 60.0  # seconds for a whole line


class Lines:
    """What comes in, line by line."""

    def __init__(self, stream: ByteReceiveStream) -> None:
        self._stream = stream
        self._read = bytearray()

    async def next(self) -> bytes | None:
        """The next line without its end; None when no other comes.

        Raises:
            ControlRefused: it is too long.
            TimeoutError: it does not come.
        """
        with anyio.fail_after(_PATIENCE):
            while (end := self._read.find(b"\n")) < 0:
                if len(self._read) > LONGEST_REQUEST:
                    raise ControlRefused(Code.BAD_REQUEST, f"A request has at most {LONGEST_REQUEST} bytes.")
                if not await self._more():
                    return None
        line = bytes(self._read[:end])
        del self._read[: end + 1]
        return line

    async def gone(self) -> None:
        """Returns when the other end has gone away; what comes before is kept for `next`."""
        while await self._more():
            if len(self._read) > LONGEST_REQUEST:
                await anyio.sleep_forever()

    async def _more(self) -> bool:
        try:
            self._read += await self._stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            return False
        return True
