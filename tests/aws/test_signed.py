"""The short way to the control plane and the whole client: the same requests, the same answers, the same errors."""

from typing import Any

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ParamValidationError

from agent.aws.calls import Caller, ClientCalls
from agent.aws.http import LeanSession
from agent.aws.signed import SignedCalls
from agent.ports import Operation
from tests.aws.conftest import Peer, Request, answer

CREATE: dict[str, Any] = {
    "InstanceId": "i",
    "ContactId": "c",
    "ClientToken": "t",
    "ParticipantDetails": {"ParticipantRole": "CUSTOM_BOT", "DisplayName": 'Ünï "bot" 👋'},
}
CALLS: list[tuple[Operation, dict[str, Any]]] = [
    (Operation.CREATE_PARTICIPANT, CREATE),
    (
        Operation.UPDATE_CONTACT_ATTRIBUTES,
        {"InstanceId": "i", "InitialContactId": "c", "Attributes": {"a": "b", "ü": "👋"}},
    ),
    (Operation.STOP_CONTACT, {"InstanceId": "i", "ContactId": "c"}),
    (
        Operation.START_CONTACT_STREAMING,
        {
            "InstanceId": "i",
            "ContactId": "c",
            "ChatStreamingConfiguration": {"StreamingEndpointArn": "arn:aws:sns:x"},
            "ClientToken": "t",
        },
    ),
    (Operation.STOP_CONTACT_STREAMING, {"InstanceId": "i", "ContactId": "c", "StreamingId": "s"}),
    (Operation.DESCRIBE_CONTACT, {"InstanceId": "i", "ContactId": "c"}),
    (Operation.GET_CONTACT_ATTRIBUTES, {"InstanceId": "i", "InitialContactId": "c"}),
]
COMPLETE = {
    "ParticipantId": "p",
    "ParticipantCredentials": {"ParticipantToken": "t", "Expiry": "2026-11-06T10:15:00.412Z"},
    "StreamingId": "s",
    "Attributes": {"a": "b"},
    "Contact": {"Id": "c", "InitiationTimestamp": 1762424100.5},
    "Unknown": "member",
}
NOT_COMPARED = {"user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "content-length", "x-amz-date"}


def client(peer: Peer, **options: Any) -> Any:
    """Temporary credentials, as a role has them."""
    return AioSession().create_client(
        "connect",
        endpoint_url=peer.url,
        region_name="eu-west-2",
        aws_access_key_id="key",
        aws_secret_access_key="hush",
        aws_session_token="session",
        config=AioConfig(user_agent="x", proxies={}, retries={"total_max_attempts": 1}, http_session_cls=LeanSession),
        **options,
    )


def essence(request: Request) -> tuple[Any, ...]:
    headers = {name: value for name, value in request.headers.items() if name not in NOT_COMPARED}
    authorization = headers.pop("authorization")
    return request.method, request.path, headers, authorization.partition(", SignedHeaders")[0], request.body


def signature(peer: Peer, request: Request) -> str:
    """What botocore's signer makes of the request as it arrived: of those headers that it says were signed."""
    signed = request.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    again = AWSRequest(method=request.method, url=peer.url + request.path, data=request.body)
    for name in signed:
        again.headers[name] = request.headers[name]
    again.context["timestamp"] = request.headers["x-amz-date"]
    auth = SigV4Auth(Credentials("key", "hush", "session").get_frozen_credentials(), "connect", "eu-west-2")
    return auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)


@pytest.mark.parametrize(("operation", "members"), CALLS, ids=[operation.value for operation, _ in CALLS])
async def test_requests_and_answers_are_the_same(peer: Peer, operation: Operation, members: dict[str, Any]) -> None:
    """Method, path, headers, who signs for what, body to the byte; what comes back but for its own metadata."""
    peer.answers(answer(200, COMPLETE, x_amzn_RequestId="r"))
    async with client(peer) as opened:
        ways: list[Caller] = [SignedCalls(opened), ClientCalls(opened)]
        short, whole = [dict(await way(operation, **members)) for way in ways]
    first, second = peer.requests
    assert essence(first) == essence(second)
    for each in (short, whole):
        del each["ResponseMetadata"]
    assert short == whole


@pytest.mark.parametrize(("operation", "members"), CALLS, ids=[operation.value for operation, _ in CALLS])
async def test_the_signature_is_of_what_arrives(peer: Peer, operation: Operation, members: dict[str, Any]) -> None:
    """Its content type, host, date and session token among it."""
    peer.answers(answer(200, COMPLETE))
    async with client(peer) as opened:
        await SignedCalls(opened)(operation, **members)
    (request,) = peer.requests
    authorization = request.headers["authorization"]
    assert authorization.endswith(f"Signature={signature(peer, request)}")
    assert {"host", "x-amz-date", "x-amz-security-token"} <= set(
        authorization.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    )


async def test_errors_are_the_same(peer: Peer) -> None:
    """Code, message, status and request id, wherever AWS put them."""
    scripted = [
        answer(
            402,
            {"Message": "Too many."},
            x_amzn_ErrorType="ServiceQuotaExceededException:http://x/",
            x_amzn_RequestId="r",
        ),
        answer(429, {"message": "slow"}),
        answer(500, content=b"<html>oh</html>"),
    ]
    found: list[list[Any]] = []
    async with client(peer) as opened:
        for way in (SignedCalls(opened), ClientCalls(opened)):
            peer.answers(*scripted)
            found.append([])
            for _ in scripted:
                with pytest.raises(ClientError) as caught:
                    await way(Operation.CREATE_PARTICIPANT, **CREATE)
                response: Any = caught.value.response
                about = response["ResponseMetadata"]
                found[-1].append((response["Error"], about["HTTPStatusCode"], about.get("RequestId")))
    assert found[0] == found[1]


async def test_what_the_model_forbids_is_not_sent(peer: Peer) -> None:
    """By the client's own words."""
    wrong = {**CREATE, "ContactId": "", "Surprise": 1}
    said = []
    async with client(peer) as opened:
        for way in (SignedCalls(opened), ClientCalls(opened)):
            with pytest.raises(ParamValidationError) as caught:
                await way(Operation.CREATE_PARTICIPANT, **wrong)
            said.append(str(caught.value))
    assert said[0] == said[1]
    assert peer.requests == []
