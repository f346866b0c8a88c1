"""The contact flow's Lambda: the sample event goes in, an offer that the worker can read comes out."""

import json
import runpy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from agent.daemon.sources.reading import read
from agent.ports import Offer
from tests.aws.moto import Moto
from tests.aws.queues import queue_of
from tests.deploy.places import DEPLOY

INSTANCE = "12345678-1234-1234-1234-123456789012"
ARN = f"arn:aws:connect:us-east-1:123456789012:instance/{INSTANCE}"


def event(**parameters: str) -> dict[str, Any]:
    """A ContactFlowEvent of a chat, as it was captured [live]."""
    contact = {
        "Attributes": {"lang": "en"},
        "AwsRegion": "us-east-1",
        "Channel": "CHAT",
        "ContactId": "0c1b6f1e",
        "CustomerEndpoint": None,
        "CustomerId": None,
        "Description": None,
        "InitialContactId": "0c1b6f1e",
        "InitiationMethod": "API",
        "InstanceARN": ARN,
        "LanguageCode": "en-US",
        "MediaStreams": {"Customer": {"Audio": {}}},
        "Name": None,
        "PreviousContactId": "0c1b6f1e",
        "Queue": None,
        "References": {},
        "RelatedContactId": None,
        "SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:Chat"}},
        "SystemEndpoint": None,
        "Tags": {"aws:connect:instanceId": INSTANCE},
    }
    return {"Details": {"ContactData": contact, "Parameters": parameters}, "Name": "ContactFlowEvent"}


Handler = Callable[[dict[str, Any], object], dict[str, str]]


@pytest.fixture
def handler() -> Handler:
    """The function, as Lambda loads it."""
    found: Handler = runpy.run_path(str(DEPLOY / "flow_lambda.py"))["handler"]
    return found


def test_a_chat_is_offered_to_the_queue(handler: Handler, moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a real SQS; what the worker reads is this contact, with its attributes and the bot that the flow wants."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto.url)
    with queue_of(moto) as offers:
        monkeypatch.setenv("QUEUE_URL", offers.url)
        assert handler(event(bot="shop"), None) == {"status": "offered"}
        (body,) = offers.take()
    offer = read(body)
    assert isinstance(offer, Offer)
    assert (offer.key.instance_id, offer.key.contact_id) == (INSTANCE, "0c1b6f1e")
    assert (offer.bot, offer.attributes, offer.channel) == ("shop", {"lang": "en"}, "CHAT")


def test_timers_are_set_before_the_chat_is_offered(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    """They count from when the bot connects [documented], so afterwards would be too late."""
    called: list[tuple[str, dict[str, Any]]] = []

    def client(service: str) -> SimpleNamespace:
        return SimpleNamespace(
            update_participant_role_config=lambda **members: called.append((service, members)),
            send_message=lambda **members: called.append((service, members)),
        )

    monkeypatch.setattr(boto3, "client", client)
    monkeypatch.setenv("QUEUE_URL", "queue")
    handler(event(idleMinutes="5", disconnectMinutes="10"), None)
    (connect, members), (sqs, message) = called
    assert (connect, sqs) == ("connect", "sqs")
    timers = members["ChannelConfiguration"]["Chat"]["ParticipantTimerConfigList"]
    assert [(one["TimerType"], one["TimerValue"]["ParticipantTimerDurationInMinutes"]) for one in timers] == [
        ("IDLE", 5),
        ("DISCONNECT_NONCUSTOMER", 10),
    ]
    assert isinstance(read(message["MessageBody"]), Offer)
    assert json.loads(message["MessageBody"])["InstanceId"] == INSTANCE


def test_a_failure_is_the_flows_error_branch(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is swallowed: the block's Error branch leads to a person."""

    def client(service: str) -> SimpleNamespace:
        raise RuntimeError(service)

    monkeypatch.setattr(boto3, "client", client)
    monkeypatch.setenv("QUEUE_URL", "queue")
    with pytest.raises(RuntimeError):
        handler(event(), None)
