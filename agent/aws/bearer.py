"""The short way to the Participant Service: botocore's models and HTTP session, without the machinery between.

A bearer call needs no signature, no retry and no endpoint rules beyond its path, yet two thirds of the time of a call
through a client go there. The service model says what path, header and body are; the client's own HTTP session sends
it, with its pool, proxies and TLS; botocore's parser reads every error. What is not said here is as the client does
it. It does not know what the operations mean.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

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

    operation: Operation
    model: OperationModel
    method: str
    url: str
    start: bytes
    member: str
    header: str


class BearerCalls:
    """Calls operations of ``connectparticipant``; errors come out as botocore's own.

    Args:
        client: an open, unsigned client; it keeps the connections and closes them.
    """

    def __init__(self, client: AioBaseClient) -> None:
        # The client offers no other way to its HTTP session, which holds what the operator configured.
        self._http: LeanSession = client._endpoint.http_session  # noqa: SLF001
        self._base = str(client.meta.endpoint_url).rstrip("/")
        self._model = client.meta.service_model
        self._headers = {"Content-Type": "application/json", "User-Agent": str(client.meta.config.user_agent)}
        self._parts = urlsplit(self._base)
        self._direct = self._http.is_direct(self._base)
        self._parser = create_parser(self._model.resolved_protocol)
        self._routes: dict[Operation, _Route] = {}

    async def __call__(self, operation: Operation, **members: Any) -> Mapping[str, Any]:
        """The answer's JSON object as it came. Unlike a client's it keeps members that the model lacks."""
        route = self._route(operation)
        bearer = members.pop(route.member)
        answer = await self._exchange(route, bearer, json.dumps(members).encode())
        if answer.status >= 300:
            raise ClientError(self._error(route, answer.status, answer.headers, answer.content), operation.value)
        found = json.loads(answer.content) if answer.content else {}
        if not isinstance(found, dict):
            raise TypeError("the answer is no JSON object")
        return found

    async def _exchange(self, route: _Route, bearer: str, body: bytes) -> Answer:
        refuse_line_breaks(bearer)
        if self._direct:
            start = b"%b%b: %b\r\n" % (route.start, route.header.encode(), bearer.encode())
            return await self._http.exchange(self._parts.scheme, self._parts.netloc, start, body)
        headers = {**self._headers, route.header: bearer}
        # The HTTP session only reads the pairs, and a plain dict is ten times cheaper than botocore's headers.
        request = AWSPreparedRequest(route.method, route.url, headers, body, False)  # type: ignore[arg-type]
        response = await self._http.send(request)
        return Answer(status=response.status_code, headers=response.headers, content=await response.content)

    def _error(self, route: _Route, status: int, headers: Mapping[str, str], content: bytes) -> Any:
        answer = {"status_code": status, "headers": headers, "body": content, "context": {}}
        shape = route.model.output_shape
        return self._parser.parse(answer, shape)  # type: ignore[arg-type]  # the stubs forbid the None that it takes

    def _route(self, operation: Operation) -> _Route:
        if operation not in self._routes:
            self._routes[operation] = self._read(operation)
        return self._routes[operation]

    def _read(self, operation: Operation) -> _Route:
        model = self._model.operation_model(operation.value)
        headers = {
            name: shape.serialization["name"]
            for name, shape in model.input_shape.members.items()
            if shape.serialization.get("location") == "header"
        }
        ((member, header),) = headers.items()
        method, target = model.http["method"], model.http["requestUri"]
        start = head(method, self._parts.path + target, self._parts.netloc, self._headers)
        return _Route(operation, model, method, self._base + target, start, member, header)
