"""The short way to the Participant Service: botocore's models and HTTP session, without the machinery between.

A bearer call needs no signature, no retry and no endpoint rules beyond its path, yet two thirds of the time of a call
through a client go there. The service model says what path, header and body are; the client's own HTTP session sends
it, with its pool, proxies and TLS; botocore's parser reads every error. What is not said here is as the client does
it. It does not know what the operations mean.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii as quoted
from typing import Any
from urllib.parse import urlsplit

import msgspec
from aiobotocore.client import AioBaseClient
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.parsers import create_parser

from agent.aws.http import LeanSession, head
from agent.aws.wires import Answer, refuse_line_breaks
from agent.ports import Operation


@dataclass(frozen=True, slots=True)
class _Route:
    """How an operation's request is laid out: where it goes, and which member travels as which header."""

    model: OperationModel
    method: str
    url: str
    start: bytes
    member: str
    header: str


@dataclass(frozen=True, slots=True)
class _Relayed:
    """An answer that came by a proxy."""

    status: int
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class BearerCalls:
    """Calls operations of ``connectparticipant``; errors come out as botocore's own.

    Args:
        client: an open, unsigned client; it keeps the connections and closes them.
        timeout: seconds for one call, counted from when it leaves the line.

    Attributes:
        direct: whether it keeps calls in line and in time by itself: not where a proxy is between.
    """

    def __init__(self, client: AioBaseClient, *, timeout: float) -> None:
        # The client offers no other way to its HTTP session, which holds what the operator configured.
        self._http: LeanSession = client._endpoint.http_session  # noqa: SLF001
        self._base = str(client.meta.endpoint_url).rstrip("/")
        self._model = client.meta.service_model
        self._headers = {"Content-Type": "application/json", "User-Agent": str(client.meta.config.user_agent)}
        self._parts = urlsplit(self._base)
        self._parser = create_parser(self._model.resolved_protocol)
        self._routes: dict[Operation, _Route] = {}
        self._timeout = timeout
        self._wires = self._http.wires_to(self._parts.scheme, self._parts.netloc)
        self.direct = self._http.is_direct(self._base)

    async def __call__(self, operation: Operation, **members: Any) -> Mapping[str, Any]:
        """The answer's JSON object as it came. Unlike a client's it keeps members that the model lacks."""
        route = self._routes.get(operation) or self._read(operation)
        bearer = members.pop(route.member)
        refuse_line_breaks(bearer)
        body = written(members)
        answer: Answer | _Relayed
        if self.direct:
            request = b"%b%b\r\nContent-Length: %d\r\n\r\n%b" % (route.start, bearer.encode(), len(body), body)
            said = operation is Operation.SEND_MESSAGE
            answer = await self._wires.exchange(request, self._timeout, to_the_end=said)
        else:
            answer = await self._by_proxy(route, bearer, body)
        if answer.status >= 300:
            raise ClientError(self._error(route, answer), operation.value)
        return read(answer.content)

    async def _by_proxy(self, route: _Route, bearer: str, body: bytes) -> "_Relayed":
        headers = {**self._headers, route.header: bearer}
        # The HTTP session only reads the pairs, and a plain dict is ten times cheaper than botocore's headers.
        request = AWSPreparedRequest(route.method, route.url, headers, body, False)  # type: ignore[arg-type]
        response = await self._http.send(request)
        return _Relayed(response.status_code, await response.content, response.headers)

    def _error(self, route: _Route, answer: "Answer | _Relayed") -> Any:
        parts = {"status_code": answer.status, "headers": answer.headers, "body": answer.content, "context": {}}
        shape = route.model.output_shape
        return self._parser.parse(parts, shape)  # type: ignore[arg-type]  # the stubs forbid the None that it takes

    def _read(self, operation: Operation) -> _Route:
        model = self._model.operation_model(operation.value)
        headers = {
            name: shape.serialization["name"]
            for name, shape in model.input_shape.members.items()
            if shape.serialization.get("location") == "header"
        }
        ((member, header),) = headers.items()
        method, target = model.http["method"], model.http["requestUri"]
        start = head(method, self._parts.path + target, self._parts.netloc, self._headers) + f"{header}: ".encode()
        route = self._routes[operation] = _Route(model, method, self._base + target, start, member, header)
        return route


def written(members: Mapping[str, Any]) -> bytes:
    """`members` as `json.dumps` writes them, at a third of the cost where they are texts."""
    pairs = [
        f'"{name}": {quoted(value) if value.__class__ is str else json.dumps(value)}' for name, value in members.items()
    ]
    return f"{{{', '.join(pairs)}}}".encode()


def read(content: bytes) -> Mapping[str, Any]:
    """The JSON object `content`; what msgspec finds too odd, such as half a surrogate, `json` decides."""
    if not content:
        return {}
    try:
        found = _reader.decode(content)
    except (ValueError, RecursionError):
        found = json.loads(content)
    if not isinstance(found, dict):
        raise TypeError("the answer is no JSON object")
    return found


_reader = msgspec.json.Decoder()
