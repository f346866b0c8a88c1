"""The websocket's door: an aiohttp upgrade around the pure connection.

Frames go straight onto the transport: one encoded text serves every socket it is sent to, no task waits per
socket, and a reader that does not read is cut off at a bound instead of growing a queue. It must not know
what a frame says.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import lru_cache

import anyio
from aiohttp import WSMsgType, web

from agent.emulator.connection import Connection, dial
from agent.emulator.errors import ServiceError
from agent.emulator.region import Region
from agent.emulator.rest import respond

ABNORMAL = 1006  # no close frame: the connection just breaks
CLOSE_TIMEOUT = 2.0


@lru_cache(maxsize=8)
def text_frame(text: str) -> bytes:
    """`text` as one unmasked websocket frame (RFC 6455, 5.2); the same for every socket of a fan-out."""
    payload = text.encode("utf-8", "replace")
    return _header(0x81, len(payload)) + payload


def close_frame(code: int) -> bytes:
    """A close frame without a reason."""
    return _header(0x88, 2) + struct.pack("!H", code)


def _header(first: int, length: int) -> bytes:
    if length < 126:
        return struct.pack("!BB", first, length)
    if length < 65536:
        return struct.pack("!BBH", first, 126, length)
    return struct.pack("!BBQ", first, 127, length)


class Socket:
    """A real websocket under a `Connection`."""

    __slots__ = ("_limit", "_request", "close_code", "scope")

    def __init__(self, request: web.BaseRequest, limit: int) -> None:
        self._request = request
        self._limit = limit
        self.scope = anyio.CancelScope()
        self.close_code: int | None = None

    def deliver(self, text: str) -> None:
        """Send one text, or cut off a reader that lags too far behind."""
        transport = self._request.transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > self._limit:
            transport.abort()
        else:
            transport.write(text_frame(text))

    def close(self, code: int) -> None:
        """Begin to close; the reading side ends and says goodbye."""
        self.close_code = code
        if code == ABNORMAL and self._request.transport is not None:
            self._request.transport.abort()
        self.scope.cancel()

    def drop(self, code: int) -> None:
        """Close without waiting for the peer's answer."""
        transport = self._request.transport
        if transport is not None and not transport.is_closing():
            transport.write(close_frame(code))
            transport.close()


class Gateway:
    """All open websockets of one server."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._open: dict[Connection, Socket] = {}

    def __len__(self) -> int:
        return len(self._open)

    async def upgrade(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one websocket until it closes; a URL that does not work is refused with 403."""
        settings = self._region.settings
        response = web.WebSocketResponse(
            compress=False, max_msg_size=settings.payload_limit, timeout=CLOSE_TIMEOUT, autoclose=True
        )
        if not response.can_prepare(request):
            return self._refuse(400, "This is a websocket's address.")
        socket = Socket(request, settings.send_buffer_limit)
        try:
            connection = await self._dial(request, socket.deliver, socket.close)
        except ServiceError as error:
            return self._refuse(403, error.message)
        self._open[connection] = socket
        try:
            await response.prepare(request)
            await self._serve(connection, socket, response)
        finally:
            del self._open[connection]
            connection.gone()
        return response

    async def _dial(
        self, request: web.BaseRequest, deliver: Callable[[str], None], on_close: Callable[[int], None]
    ) -> Connection:
        key = request.query.get("X-Amz-Connection", "")
        weather = self._region.weather
        if not weather.calm:
            ticket = self._region.credentials.of_ticket(key)
            fault = weather.upgrade(ticket.participant.id)
            if fault is not None and fault.delay:
                await anyio.sleep(fault.delay / self._region.clock.pace)
            if fault is not None and (fault.fail or fault.ignore):
                raise ServiceError("ForbiddenException", "Forbidden", status=403)
        return dial(self._region, key, deliver=deliver, on_close=on_close)

    async def _serve(self, connection: Connection, socket: Socket, response: web.WebSocketResponse) -> None:
        with socket.scope:
            async for message in response:
                if message.type is WSMsgType.TEXT:
                    connection.receive_text(message.data)
                elif message.type is WSMsgType.BINARY:
                    connection.receive_binary(message.data)
        if socket.close_code is not None and socket.close_code != ABNORMAL:
            await response.close(code=socket.close_code)

    def _refuse(self, status: int, message: str) -> web.Response:
        self._region.timeline.note("socket", "refused", status=status)
        response = respond({"message": message}, self._region.mint.uuid(), status)
        response.headers["x-amzn-ErrorType"] = "ForbiddenException"
        return response

    def shut(self) -> None:
        """Drop every socket, as a server does that goes away."""
        for connection, socket in list(self._open.items()):
            connection.gone()
            socket.drop(1001)
