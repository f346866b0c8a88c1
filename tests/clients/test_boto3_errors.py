"""Every error that AWS's models list for every operation: it can be produced, and arrives as its own class."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from agent.emulator import INSTANCE_ID, emulate
from agent.emulator.model import operation
from agent.emulator.operations import OFFERED
from agent.emulator.weather_rules import Fault, Rule
from tests.clients.amazon import Amazon
from tests.clients.boto import Boto, check_refusal, refused

UUID = "00000000-0000-4000-8000-000000000000"
CONTACT = {"InstanceId": INSTANCE_ID, "ContactId": UUID}
INITIAL = {"InstanceId": INSTANCE_ID, "InitialContactId": UUID}
TIMER = {"ParticipantRole": "CUSTOMER", "TimerType": "IDLE", "TimerValue": {"ParticipantTimerAction": "Unset"}}
MINIMAL: dict[str, dict[str, Any]] = {
    "StartChatContact": {
        "InstanceId": INSTANCE_ID,
        "ContactFlowId": "no-bot",
        "ParticipantDetails": {"DisplayName": "A"},
    },
    "CreateParticipant": {**CONTACT, "ParticipantDetails": {"ParticipantRole": "CUSTOM_BOT"}},
    "StopContact": CONTACT,
    "DescribeContact": CONTACT,
    "GetContactAttributes": INITIAL,
    "UpdateContactAttributes": {**INITIAL, "Attributes": {}},
    "StartContactStreaming": {**CONTACT, "ChatStreamingConfiguration": {"StreamingEndpointArn": "arn:aws:sns"}},
    "StopContactStreaming": {**CONTACT, "StreamingId": UUID},
    "UpdateParticipantRoleConfig": {
        **CONTACT,
        "ChannelConfiguration": {"Chat": {"ParticipantTimerConfigList": [TIMER]}},
    },
    "CreatePersistentContactAssociation": {
        **INITIAL,
        "RehydrationType": "FROM_SEGMENT",
        "SourceContactId": UUID,
    },
    "DescribeInstance": {"InstanceId": INSTANCE_ID},
    "ListContactFlows": {"InstanceId": INSTANCE_ID},
    "DescribeContactFlow": {"InstanceId": INSTANCE_ID, "ContactFlowId": "no-bot"},
    "CreateParticipantConnection": {"Type": ["WEBSOCKET"]},
    "SendMessage": {"ContentType": "text/plain", "Content": "hello"},
    "SendEvent": {"ContentType": "application/vnd.amazonaws.connect.event.typing"},
    "DisconnectParticipant": {},
    "GetTranscript": {},
    "StartAttachmentUpload": {"ContentType": "text/plain", "AttachmentSizeInBytes": 1, "AttachmentName": "a.txt"},
    "CompleteAttachmentUpload": {"AttachmentIds": ["a"]},
    "GetAttachment": {"AttachmentId": "a"},
    "DescribeView": {"ViewToken": "v"},
    "GetAuthenticationUrl": {"SessionId": UUID, "RedirectUri": "https://example.com"},
    "CancelParticipantAuthentication": {"SessionId": UUID},
}
"""The smallest request of each operation that boto3 lets out."""
MODELLED = [
    (service, name, error) for name, service in OFFERED.items() for error in sorted(operation(service, name).errors)
]


def _weather(amazon: Amazon, *rules: Rule) -> None:
    """From now on this goes wrong."""
    amazon.do(amazon.emulator.weather.set, rules)


def _calls(amazon: Amazon) -> int:
    """How many requests came in so far."""
    return sum(1 for entry in amazon.emulator.timeline.entries() if entry.kind == "call")


@pytest.fixture(scope="module")
def stormy(portal: Any) -> Iterator[Amazon]:
    """An emulator for bad weather."""
    with portal.wrap_async_context_manager(emulate()) as emulator:
        yield Amazon(emulator=emulator, portal=portal)


@pytest.fixture(scope="module")
def hasty(stormy: Amazon, boto_session: Any) -> Iterator[Boto]:
    """boto3 that tries everything once."""
    with Boto(boto_session, stormy.url, retries={"max_attempts": 0}) as one:
        yield one


@pytest.fixture
def unhesitating(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore waits no time before its next try."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)


def _call(boto: Boto, service: str, name: str) -> Callable[[], Any]:
    client = boto.connect if service == "connect" else boto.participant
    method = next(m for m, op in client.meta.method_to_api_mapping.items() if op == name)
    token = {"ParticipantToken": "t"} if name == "CreateParticipantConnection" else {"ConnectionToken": "t"}
    params = MINIMAL[name] if service == "connect" else MINIMAL[name] | token
    return lambda: getattr(client, method)(**params)


@pytest.mark.parametrize(("service", "name", "error"), MODELLED, ids=lambda value: str(value))
def test_every_modelled_error_arrives_as_its_class(
    stormy: Amazon, hasty: Boto, service: str, name: str, error: str
) -> None:
    """Class, code, status, sentence and request id of each error of each operation."""
    _weather(stormy, Rule(fault=Fault.ERROR, operation=name, error=error))
    client = hasty.connect if service == "connect" else hasty.participant
    with refused(client, error):
        _call(hasty, service, name)()


@pytest.mark.usefixtures("unhesitating")
def test_a_throttled_call_is_tried_again(stormy: Amazon, boto_on: Any) -> None:
    """429 and 5xx are retried by boto3 itself, and the second try succeeds; the answer tells of one retry."""
    boto = boto_on(stormy, retries={"mode": "standard"})
    for error in ("ThrottlingException", "InternalServerException"):
        _weather(stormy)
        customer = boto.customer()
        _weather(stormy, Rule(fault=Fault.ERROR, error=error, times=1))
        assert customer.says("hello")["ResponseMetadata"]["RetryAttempts"] == 1


@pytest.mark.usefixtures("unhesitating")
def test_a_retry_after_a_lost_answer_does_nothing_twice(stormy: Amazon, boto_on: Any) -> None:
    """boto3 keeps its ClientToken through its own retries: a call whose answer was lost is not done again."""
    _weather(stormy)
    boto = boto_on(stormy, retries={"mode": "standard"})
    customer = boto.customer()
    _weather(stormy, Rule(fault=Fault.CUT, operation="SendMessage", when="after", times=1))
    assert customer.says("once")["ResponseMetadata"]["RetryAttempts"] == 1
    assert customer.reads().count("once") == 1
    lost = Rule(fault=Fault.ERROR, error="InternalServiceException", when="after", times=1)
    _weather(stormy, lost)
    chats = len(stormy.emulator.region.chats())
    assert boto.starts()["ResponseMetadata"]["RetryAttempts"] == 1
    assert len(stormy.emulator.region.chats()) == chats + 1


def test_a_mistake_is_tried_once(stormy: Amazon, boto_on: Any) -> None:
    """400, 403, 404, 409 and 410 are final for boto3 in every retry mode."""
    _weather(stormy)
    for mode in ("legacy", "standard", "adaptive"):
        boto = boto_on(stormy, retries={"mode": mode})
        customer = boto.customer()
        before = _calls(stormy)
        with refused(boto.participant, "ValidationException"):
            customer.says("hello", "text/html")
        with refused(boto.participant, "AccessDeniedException"):
            boto.participant.get_transcript(ConnectionToken="forged")
        with refused(boto.connect, "ResourceNotFoundException"):
            boto.creates(UUID)
        assert _calls(stormy) == before + 3


def test_request_ids_are_new_each_time(boto: Boto) -> None:
    """Good answers carry a request id as well."""
    customer = boto.customer()
    ids = {customer.signals("typing")["ResponseMetadata"]["RequestId"] for _ in range(5)}
    assert len(ids) == 5


def test_an_operation_that_is_not_offered(boto: Boto) -> None:
    """Anything else of Connect is a clear error of the client's kind, not a failure that is retried."""
    with pytest.raises(ClientError) as caught:
        boto.connect.list_queues(InstanceId=INSTANCE_ID)
    said = caught.value.response
    assert said["Error"]["Code"] == "UnknownOperationException"
    assert said["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert said["ResponseMetadata"]["RetryAttempts"] == 0


def test_quotas_are_429s(emulating: Any, boto_on: Any) -> None:
    """With quotas on, a burst is answered as Connect does: TooManyRequests for starts, Throttling for sends."""
    amazon = emulating(enforce_quotas=True)
    boto = boto_on(amazon, retries={"max_attempts": 0})
    customer = boto.customer()
    with refused(boto.participant, "ThrottlingException"):
        _often(lambda: customer.says("quick"))
    with pytest.raises(ClientError) as caught:
        _often(boto.starts)
    check_refusal(caught.value, "TooManyRequestsException")
    amazon.passes(10)
    customer.says("later")


def _often(call: Callable[[], Any]) -> None:
    for _ in range(30):
        call()


def test_an_emulator_that_is_gone(portal: Any, boto_session: Any) -> None:
    """Once it is closed its port refuses: a client gets its own connection error."""
    with portal.wrap_async_context_manager(emulate()) as emulator:
        url = emulator.url
    with Boto(boto_session, url, retries={"max_attempts": 0}) as boto, pytest.raises(EndpointConnectionError):
        boto.starts()
