"""AWS's service models as the contract: checks, routes and error names."""

from __future__ import annotations

from typing import Any

import pytest

from agent.emulator import INSTANCE_ID, ServiceError
from agent.emulator.errors import STATUS, InvalidInput
from agent.emulator.model import Routes, operation, service_model
from agent.emulator.operations import OFFERED


@pytest.mark.parametrize(("name", "service"), sorted(OFFERED.items()))
def test_every_modelled_error_has_the_models_status(name: str, service: str) -> None:
    """So that any of them can be produced on demand, and SDKs raise its class."""
    for shape in service_model(service).operation_model(name).error_shapes:
        assert STATUS[shape.name] == shape.metadata["error"]["httpStatusCode"]


def test_the_whole_participant_service_is_offered() -> None:
    """All eleven operations of its model."""
    offered = {name for name, service in OFFERED.items() if service == "connectparticipant"}
    assert offered == set(service_model("connectparticipant").operation_names)


CHAT: dict[str, Any] = {
    "InstanceId": INSTANCE_ID,
    "ContactFlowId": "default",
    "ParticipantDetails": {"DisplayName": "Ana"},
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"InstanceId": None}, "'instanceId' failed to satisfy constraint: Member must not be null"),
        ({"InstanceId": "x" * 101}, "length less than or equal to 100"),
        ({"InstanceId": ""}, "length greater than or equal to 1"),
        ({"ParticipantDetails": {}}, "'participantDetails.displayName'"),
        ({"ParticipantDetails": []}, "must be an object"),
        ({"ParticipantDetails": {"DisplayName": 7}}, "of type string"),
        ({"Attributes": []}, "must be a map"),
        ({"Attributes": {"a": 1}}, "'attributes.value'"),
        ({"Attributes": {"a": None}}, "'attributes.value'"),
        ({"Attributes": {"": "a"}}, "'attributes.key'"),
        ({"ChatDurationInMinutes": 59}, "value greater than or equal to 60"),
        ({"ChatDurationInMinutes": 10081}, "value less than or equal to 10080"),
        ({"ChatDurationInMinutes": 61.5}, "of type integer"),
        ({"ChatDurationInMinutes": True}, "of type integer"),
        ({"SupportedMessagingContentTypes": "text/plain"}, "must be a list"),
        ({"SupportedMessagingContentTypes": [None]}, "'supportedMessagingContentTypes.1.member'"),
        ({"ParticipantConfiguration": {"ResponseMode": "MAYBE"}}, "enum value set: [INCREMENTAL, COMPLETE]"),
        ({"SegmentAttributes": {"a": {"ValueMap": {"b": {"ValueString": 7}}}}}, "valueString"),
    ],
)
def test_requests_against_the_model(change: dict[str, Any], told: str) -> None:
    """AWS's wording, the place, and never the value."""
    with pytest.raises(ServiceError) as caught:
        operation("connect", "StartChatContact").validate(CHAT | change)
    assert caught.value.code == "InvalidRequestException"
    assert told in caught.value.message


def test_null_and_unknown_members_are_ignored() -> None:
    """As AWS does."""
    operation("connect", "StartChatContact").validate(CHAT | {"Attributes": None, "NoSuchMember": 7})


def test_a_union_takes_exactly_one() -> None:
    """Both of two is as wrong as neither."""
    check = operation("connect", "UpdateParticipantRoleConfig")
    entry = {"ParticipantRole": "CUSTOMER", "TimerType": "IDLE", "TimerValue": {}}
    params = {
        "InstanceId": INSTANCE_ID,
        "ContactId": "x",
        "ChannelConfiguration": {"Chat": {"ParticipantTimerConfigList": [entry]}},
    }
    with pytest.raises(ServiceError, match="Exactly one member"):
        check.validate(params)


def test_answers_are_checked_too() -> None:
    """An answer that breaks the model fails a test instead of a client."""
    with pytest.raises(InvalidInput):
        operation("connectparticipant", "SendMessage").check_answer({"Id": ""}, "")
    with pytest.raises(InvalidInput):
        operation("connectparticipant", "GetAttachment").check_answer({}, "")
    with pytest.raises(InvalidInput):
        operation("connectparticipant", "DisconnectParticipant").check_answer({"Id": 7}, "")


def test_routes_know_paths_and_verbs() -> None:
    """Path parameters are unquoted; a wrong verb is another status than an unknown path."""
    routes = Routes(OFFERED)
    arn = "arn%3Aaws%3Aconnect%3Aus-east-1%3A123456789012%3Ainstance%2Fx"
    found, parameters = routes.find("GET", f"/contacts/{arn}/abc")
    assert found.name == "DescribeContact"
    assert parameters == {"InstanceId": "arn:aws:connect:us-east-1:123456789012:instance/x", "ContactId": "abc"}
    for method, path, status in (("POST", "/contacts/a/b", 405), ("GET", "/contacts/a", 404), ("GET", "//", 404)):
        with pytest.raises(ServiceError) as caught:
            routes.find(method, path)
        assert caught.value.status == status
    assert routes.methods("/contacts/a/b") == ["GET"]
    assert routes.methods("/contact/chat") == ["PUT"]
