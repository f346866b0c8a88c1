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

from aiobotocore.client import AioBaseClient
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.parsers import create_parser

from agent.ports import Operation


@dataclass(frozen=True, slots=True)
class _Route:
    """How an operation's request is laid out: where it goes, and which member travels as which header."""

    operation: Operation
    model: OperationModel
    method: str
    url: str
    member: str
    header: str


class BearerCalls:
    """Calls operations of ``connectparticipant``; errors come out as botocore's own.

    Args:
        client: an open, unsigned client; it keeps the connections and closes them.
    """

    def __init__(self, client: AioBaseClient) -> None:
        # The client offers no other way to its HTTP session, which holds what the operator configured.
        self._http = client._endpoint.http_session  # noqa: SLF001
        self._base = str(client.meta.endpoint_url).rstrip("/")
        self._model = client.meta.service_model
        self._user_agent = str(client.meta.config.user_agent)
        self._parser = create_parser(self._model.resolved_protocol)
        self._routes: dict[Operation, _Route] = {}

    async def __call__(self, operation: Operation, **members: Any) -> Mapping[str, Any]:
        """The answer's JSON object as it came. Unlike a client's it keeps members that the model lacks."""
        route = self._route(operation)
        response = await self._http.send(self._request(route, members))
        content = await response.content
        if response.status_code >= 300:
            raise ClientError(self._error(route, response.status_code, response.headers, content), operation.value)
        answer = json.loads(content) if content else {}
        if not isinstance(answer, dict):
            raise TypeError("the answer is no JSON object")
        return answer

    def _request(self, route: _Route, members: dict[str, Any]) -> AWSPreparedRequest:
        headers = {
            route.header: members.pop(route.member),
            "Content-Type": "application/json",
            "User-Agent": self._user_agent,
        }
        body = json.dumps(members).encode()
        # The HTTP session only reads the pairs, and a plain dict is ten times cheaper than botocore's headers.
        return AWSPreparedRequest(route.method, route.url, headers, body, False)  # type: ignore[arg-type]

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
        return _Route(operation, model, model.http["method"], self._base + model.http["requestUri"], member, header)
