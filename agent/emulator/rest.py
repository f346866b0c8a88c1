"""Both AWS services on one port: rest-json over HTTP, with the CORS that browsers' SDKs need.

Reads a request, lets `Operations` do it, writes the answer or the modelled error the way SDKs read it. SigV4
is accepted unverified. It must not know what any operation does.
"""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

import anyio
import msgspec
from aiohttp import web

from agent.emulator.errors import ServiceError
from agent.emulator.faults import CallFault
from agent.emulator.model import Operation
from agent.emulator.operations import Operations
from agent.emulator.settings import Settings

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-amzn-ErrorType,x-amzn-RequestId,x-amzn-ErrorMessage,Date,ETag",
}
ASKED_HEADERS = (
    "authorization,content-type,x-amz-bearer,x-amz-content-sha256,x-amz-date,x-amz-user-agent,"
    "x-amz-security-token,amz-sdk-invocation-id,amz-sdk-request"
)
JSON_TYPES = ("application/json", "application/x-amz-json-1.0", "application/x-amz-json-1.1")
DRAIN_LIMIT = 64 * 1024 * 1024
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class BadBody(Exception):
    """A request body that is no JSON object; its text says why."""


class Rest:
    """The HTTP side of all operations."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._region = operations.region

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one AWS request, also a preflight; never raises but for cancellation."""
        request_id = self._region.mint.uuid()
        if request.method == "OPTIONS":
            return preflight(request, request_id)
        try:
            operation, parameters = self._operations.routes.find(request.method, request.rel_url.raw_path)
        except ServiceError as error:
            await drain(request, self._region.settings)
            self._region.timeline.note("error", request.method, status=error.status, payload=error.message)
            return refuse(error, request_id)
        return await self._do(request, operation, parameters, request_id)

    async def _do(
        self, request: web.BaseRequest, operation: Operation, parameters: dict[str, str], request_id: str
    ) -> web.StreamResponse:
        began = self._region.clock.time()
        params: dict[str, Any] = {}
        bearer = request.headers.get("X-Amz-Bearer") if operation.bearer else None
        contact_id = None
        try:
            params = {**await self._params(request, operation), **parameters}
            if operation.query:
                params |= read_query(request, operation)
            contact_id = self._operations.contact_of(operation.name, params, bearer)
            answer = await self._through_weather(request, operation, params, bearer, contact_id)
            response, status = respond(answer, request_id), 200
            said: object = answer
        except ServiceError as error:
            response, status = refuse(error, request_id), error.status
            said = {"code": error.code, "message": error.message}
        if abs(self._region.clock.drift) >= 1.0:
            response.headers["Date"] = format_datetime(self._region.clock.now(), usegmt=True)
        self._region.timeline.note(
            "call",
            operation.name,
            contact_id=contact_id,
            duration=self._region.clock.time() - began,
            status=status,
            payload={"request": params, "response": said},
        )
        return response

    async def _params(self, request: web.BaseRequest, operation: Operation) -> dict[str, Any]:
        try:
            return read_json(await read_body(request, self._region.settings), request)
        except BadBody as error:
            raise ServiceError(operation.invalid, str(error)) from None

    async def _through_weather(
        self,
        request: web.BaseRequest,
        operation: Operation,
        params: dict[str, Any],
        bearer: str | None,
        contact_id: str | None,
    ) -> dict[str, Any]:
        weather = self._region.weather
        fault = None if weather.calm else weather.call(operation.name, contact_id, self._operations.caller_of(bearer))
        if fault is not None and fault.when == "before":
            await self._suffer(request, fault)
        answer = self._operations.call(operation.name, params, bearer=bearer)
        if fault is not None and fault.when == "after":
            await self._suffer(request, fault)
        return answer

    async def _suffer(self, request: web.BaseRequest, fault: CallFault) -> None:
        if fault.delay:
            await anyio.sleep(fault.delay / self._region.clock.pace)
        if fault.then is not None:
            fault.then()
        if fault.hang_up and request.transport is not None:
            request.transport.abort()
        if fault.error is not None or fault.hang_up:
            code = fault.error or "InternalServerException"
            raise ServiceError(code, "Weather.", status=fault.status)


def read_query(request: web.BaseRequest, operation: Operation) -> dict[str, Any]:
    """The members that travel in the query string. A number that is none stays a text, which the model refuses."""
    found: dict[str, Any] = {}
    for wire, (name, kind) in operation.query.items():
        values = request.query.getall(wire, [])
        if kind == "list" and values:
            found[name] = list(values)
        elif values:
            found[name] = int(values[-1]) if kind == "integer" and values[-1].isdecimal() else values[-1]
    return found


async def read_body(request: web.BaseRequest, settings: Settings, limit: int | None = None) -> bytes:
    """The whole body. One over `limit` is read to its end and refused; so is one that does not come. Raises BadBody."""
    if not request.can_read_body:
        return b""
    most = settings.body_limit if limit is None else limit
    if request.content.is_eof():  # it has come already, as nearly all do
        return await _read(request, most)
    try:
        with anyio.fail_after(settings.request_within):
            return await _read(request, most)
    except TimeoutError:
        raise BadBody("The body did not arrive in time.") from None


async def _read(request: web.BaseRequest, limit: int) -> bytes:
    body, size = bytearray(), 0
    try:
        async for chunk in request.content.iter_any():
            size += len(chunk)
            if size <= limit:
                body += chunk
            elif size > DRAIN_LIMIT:
                break
    except (web.RequestPayloadError, ConnectionError) as error:
        raise BadBody("The body could not be read.") from error
    if size > limit:
        raise BadBody(f"The body is larger than {limit} bytes.")
    return bytes(body)


async def drain(request: web.BaseRequest, settings: Settings) -> None:
    """Read a body nobody wants, so that its sender gets to see the answer."""
    try:
        await read_body(request, settings, 0)
    except BadBody:
        return


def read_json(body: bytes, request: web.BaseRequest) -> dict[str, Any]:
    """The JSON object of a body; an empty one is an empty object. Raises BadBody."""
    if not body:
        return {}
    if request.content_type not in JSON_TYPES and "Content-Type" in request.headers:
        raise BadBody("Content-Type is application/json.")
    try:
        value = _decode(body)
    except (ValueError, RecursionError, msgspec.DecodeError):
        raise BadBody("The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise BadBody("The body is not a JSON object.")
    return value


def preflight(request: web.BaseRequest, request_id: str) -> web.Response:
    """The answer to any OPTIONS: everything a browser's SDK asks for is allowed [client code]."""
    headers = {
        **CORS,
        "x-amzn-RequestId": request_id,
        "Access-Control-Allow-Methods": "GET,POST,PUT,DELETE,OPTIONS",
        "Access-Control-Allow-Headers": request.headers.get("Access-Control-Request-Headers", ASKED_HEADERS),
        "Access-Control-Max-Age": "600",
        "Vary": "Access-Control-Request-Headers",
    }
    return web.Response(status=204, headers=headers)


def respond(answer: dict[str, Any], request_id: str, status: int = 200) -> web.Response:
    """A good answer, as rest-json."""
    return web.Response(
        body=_encode(answer),
        status=status,
        content_type="application/json",
        headers={**CORS, "x-amzn-RequestId": request_id},
    )


def refuse(error: ServiceError, request_id: str) -> web.Response:
    """A modelled error: the type in a header and, for clients that cannot read it, in the body as well."""
    body = {"__type": error.code, "Message": error.message, "message": error.message, **error.extra}
    response = respond(body, request_id, error.status)
    response.headers["x-amzn-ErrorType"] = error.code
    return response
