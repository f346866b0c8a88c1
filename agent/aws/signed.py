"""The short way to the control plane: the client's credentials, signer, models and parser, without what is between.

A client's call costs ten times what signing and sending it costs. So operations whose members all travel in the body
go past the client's machinery: checked against the model, signed, sent, and read by botocore's own parts. All others,
and whatever goes by a proxy, go through the client. It does not know what the operations mean.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiobotocore.client import AioBaseClient
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.model import Shape
from botocore.parsers import create_parser
from botocore.validate import ParamValidator

from agent.aws.bearer import written
from agent.aws.calls import Answer, ClientCalls
from agent.aws.http import LeanSession, head, request_of, texts
from agent.ports import Operation


@dataclass(frozen=True, slots=True)
class _Route:
    asked: Shape
    answered: Shape | None
    method: str
    target: str


class SignedCalls:
    """Calls operations of ``connect``; answers and errors come out as the client's own.

    Args:
        client: an open client; it keeps the credentials and the connections.
    """

    def __init__(self, client: AioBaseClient) -> None:
        # The client offers no other way to its HTTP session and its signer.
        http: LeanSession = client._endpoint.http_session  # noqa: SLF001
        self._signer = client._request_signer  # noqa: SLF001
        self._model = client.meta.service_model
        self._base = str(client.meta.endpoint_url).rstrip("/")
        self._parts = urlsplit(self._base)
        self._signed_headers = {"Content-Type": "application/json", "Host": self._parts.netloc}
        self._other_headers = {"User-Agent": str(client.meta.config.user_agent)}  # the signer would only skip it
        self._version = str(client.meta.config.signature_version)
        self._validator = ParamValidator()
        self._parser = create_parser(self._model.resolved_protocol)
        self._wires = http.wires_to(self._parts.scheme, self._parts.netloc)
        self._direct = http.is_direct(self._base)
        self._whole = ClientCalls(client)
        self._routes: dict[Operation, _Route | None] = {}

    async def __call__(self, operation: Operation, **members: Any) -> Answer:
        """The answer as the client would have parsed it."""
        route = self._route(operation)
        if route is None:
            return await self._whole(operation, **members)
        self._check(route, members)
        request = await self._signed(route, written(members))
        answer = await self._wires.exchange(request)
        parts = {"status_code": answer.status, "headers": answer.headers, "body": answer.content, "context": {}}
        parsed: Any = self._parser.parse(parts, route.answered)  # type: ignore[arg-type]  # the stubs forbid the None
        if answer.status >= 300:
            raise ClientError(parsed, operation.value)
        return parsed  # type: ignore[no-any-return]

    def _check(self, route: _Route, members: dict[str, Any]) -> None:
        report = self._validator.validate(members, route.asked)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())

    async def _signed(self, route: _Route, body: bytes) -> bytes:
        request = AWSRequest(
            method=route.method, url=self._base + route.target, headers=self._signed_headers, data=body
        )
        auth = await self._signer.get_auth_instance(
            self._signer.signing_name, self._signer.region_name, signature_version=self._version
        )
        auth.add_auth(request)
        headers = self._other_headers | texts(request.headers.items())
        return request_of(head(route.method, self._parts.path + route.target, self._parts.netloc, headers), body)

    def _route(self, operation: Operation) -> _Route | None:
        if operation not in self._routes:
            self._routes[operation] = self._read(operation)
        return self._routes[operation]

    def _read(self, operation: Operation) -> _Route | None:
        model = self._model.operation_model(operation.value)
        asked = model.input_shape
        if (
            not self._direct
            or asked is None
            or any("location" in each.serialization for each in asked.members.values())
        ):
            return None
        return _Route(asked, model.output_shape, model.http["method"], model.http["requestUri"])
