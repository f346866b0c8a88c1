"""The control plane as boto3's `connect` client meets it: what works, and which exception arrives when it does not."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from agent.emulator import INSTANCE_ID
from tests.clients.amazon import INTERACTIVE, Amazon
from tests.clients.boto import Boto, refused

NOBODY = "00000000-0000-4000-8000-000000000000"
HELPER = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Helper"}


# --- StartChatContact ----------------------------------------------------------------------------------
def test_a_chat_is_started_and_described(boto: Boto) -> None:
    """StartChatContact answers ids and a token; DescribeContact's moments arrive as datetimes."""
    started = boto.starts(Attributes={"tier": "gold"})
    assert UUID(started["ContactId"])
    assert UUID(started["ParticipantId"])
    assert 1 <= len(started["ParticipantToken"]) <= 1000
    contact = boto.connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=started["ContactId"])["Contact"]
    assert contact["Id"] == started["ContactId"]
    assert contact["Channel"] == "CHAT"
    assert contact["InitiationMethod"] == "API"
    assert contact["Attributes"] == {"tier": "gold"}
    assert contact["Arn"].endswith(f"instance/{INSTANCE_ID}/contact/{started['ContactId']}")
    assert abs(contact["InitiationTimestamp"] - datetime.now(UTC)) < timedelta(minutes=1)
    assert "DisconnectReason" not in contact


def test_an_instance_arn_will_do(boto: Boto) -> None:
    """The instance may be named by its ARN in calls that carry it in the body."""
    arn = f"arn:aws:connect:us-east-1:123456789012:instance/{INSTANCE_ID}"
    details = {"DisplayName": "Ana"}
    started = boto.connect.start_chat_contact(InstanceId=arn, ContactFlowId="no-bot", ParticipantDetails=details)
    boto.ends(started["ContactId"])


def test_the_initial_message_is_the_customers_first(boto: Boto) -> None:
    """InitialMessage is in the transcript as the customer's own message, before anything else is said."""
    customer = boto.customer(InitialMessage={"ContentType": "text/plain", "Content": "Where is my parcel?"})
    first = customer.page(ScanDirection="FORWARD", SortOrder="ASCENDING")["Transcript"][0]
    assert (first["Content"], first["ParticipantRole"], first["ParticipantId"]) == (
        "Where is my parcel?",
        "CUSTOMER",
        customer.id,
    )


def test_supported_content_types_are_the_contacts_choice(boto: Boto) -> None:
    """A content type works when StartChatContact named it, and else is a ValidationException."""
    plain, rich = (
        boto.customer(),
        boto.customer(SupportedMessagingContentTypes=["text/plain", "text/markdown", "application/json"]),
    )
    rich.says("*hello*", "text/markdown")
    rich.says('{"a": 1}', "application/json")
    for kind in ("text/markdown", "application/json"):
        with refused(boto.participant, "ValidationException"):
            plain.says("{}", kind)


def test_a_persistent_chat_brings_its_past_along(boto: Boto) -> None:
    """A past session's items carry RelatedContactId, and the answer names the contact that is continued."""
    first = boto.customer()
    first.says("long ago")
    boto.ends(first.contact_id)
    wanted = {"SourceContactId": first.contact_id, "RehydrationType": "ENTIRE_PAST_SESSION"}
    started = boto.starts(PersistentChat=wanted)
    assert started["ContinuedFromContactId"] == first.contact_id
    again = boto.person(started["ContactId"], started["ParticipantId"], started["ParticipantToken"])
    past = [item for item in again.page(MaxResults=100)["Transcript"] if item.get("Content") == "long ago"]
    assert [item["RelatedContactId"] for item in past] == [first.contact_id]
    assert "ContactId" not in past[0]


def test_connection_types_spare_the_second_call(amazon: Amazon) -> None:
    """ConnectionTypes, newer than some SDKs, answers websocket and credentials at once."""
    body = {
        "InstanceId": INSTANCE_ID,
        "ContactFlowId": "no-bot",
        "ParticipantDetails": {"DisplayName": "Ana"},
        "ConnectionTypes": ["WEBSOCKET", "CONNECTION_CREDENTIALS"],
    }
    reply = amazon.ask("PUT", "/contact/chat", body)
    assert reply.status == 200
    assert reply.body["Websocket"]["Url"].startswith("ws://127.0.0.1:")
    assert reply.body["ConnectionCredentials"]["ConnectionToken"]


BAD_STARTS: list[dict[str, Any]] = [
    {"InstanceId": "not-an-instance"},
    {"ContactFlowId": "not a flow"},
    {"SupportedMessagingContentTypes": ["text/markdown"]},
    {"SupportedMessagingContentTypes": ["text/plain", "text/html"]},
    {"Attributes": {"big": "x" * 32_768}},
    {"InitialMessage": {"ContentType": "text/markdown", "Content": "unsupported"}},
    {"InitialMessage": {"ContentType": "text/plain", "Content": "ä" * 8_193}},
    {"ChatDurationInMinutes": 10_081},
    {"ClientToken": "x" * 501},
    {"ParticipantDetails": {"DisplayName": "x" * 257}},
]


@pytest.mark.parametrize("bad", BAD_STARTS, ids=lambda bad: str(next(iter(bad))))
def test_a_chat_that_cannot_be_started(boto: Boto, bad: dict[str, Any]) -> None:
    """What boto3 lets pass and Connect does not is an InvalidRequestException."""
    params = {"InstanceId": INSTANCE_ID, "ContactFlowId": "no-bot", "ParticipantDetails": {"DisplayName": "Ana"}}
    with refused(boto.connect, "InvalidRequestException"):
        boto.connect.start_chat_contact(**params | bad)


def test_too_many_chats_at_once(emulating: Any, boto_on: Any) -> None:
    """The instance's limit of concurrent chats is a LimitExceededException; an ended chat makes room."""
    boto = boto_on(emulating(concurrent_chats=1), retries={"max_attempts": 0})
    first = boto.starts()
    with refused(boto.connect, "LimitExceededException"):
        boto.starts()
    boto.ends(first["ContactId"])
    boto.starts()


# --- ClientToken ---------------------------------------------------------------------------------------
def test_a_repeated_client_token_is_the_same_call(boto: Boto) -> None:
    """StartChatContact, CreateParticipant and StartContactStreaming answer a repeated ClientToken as before."""
    token = str(uuid4())
    started = [boto.starts(ClientToken=token) for _ in range(2)]
    assert started[0]["ParticipantToken"] == started[1]["ParticipantToken"]
    contact_id = started[0]["ContactId"]
    assert started[1]["ContactId"] == contact_id
    created = [boto.creates(contact_id, ClientToken=token) for _ in range(2)]
    assert created[0]["ParticipantCredentials"] == created[1]["ParticipantCredentials"]
    streams = [_streams(boto, contact_id, ClientToken=token)["StreamingId"] for _ in range(3)]
    assert len(set(streams)) == 1


def test_another_client_token_is_another_call(boto: Boto) -> None:
    """A ClientToken counts per operation and instance, and a new one is a new call."""
    first, second = (boto.starts(ClientToken=str(uuid4())) for _ in range(2))
    assert first["ContactId"] != second["ContactId"]
    boto.creates(first["ContactId"], ClientToken=str(uuid4()))
    with refused(boto.connect, "ConflictException"):
        boto.creates(first["ContactId"], ClientToken=str(uuid4()))


def test_a_refusal_is_not_remembered(boto: Boto, amazon: Amazon) -> None:
    """A ClientToken whose call failed may be used again once the reason is gone."""
    contact_id, token = boto.customer().contact_id, str(uuid4())
    agent = amazon.do(amazon.emulator.agent_joins, contact_id)
    with refused(boto.connect, "ConflictException"):
        boto.creates(contact_id, ClientToken=token)
    assert agent


def _streams(boto: Boto, contact_id: str, topic: str = "chat", **more: Any) -> Any:
    arn = f"arn:aws:sns:us-east-1:123456789012:{topic}"
    return boto.connect.start_contact_streaming(
        InstanceId=INSTANCE_ID,
        ContactId=contact_id,
        ChatStreamingConfiguration={"StreamingEndpointArn": arn},
        **{"ClientToken": str(uuid4()), **more},
    )


# --- CreateParticipant ---------------------------------------------------------------------------------
def test_a_bot_is_created(boto: Boto) -> None:
    """CreateParticipant answers a participant id and credentials whose expiry is ISO 8601 in UTC."""
    created = boto.creates(boto.customer().contact_id)
    assert UUID(created["ParticipantId"])
    expiry = created["ParticipantCredentials"]["Expiry"]
    assert datetime.fromisoformat(expiry).tzinfo is not None
    assert expiry.endswith("Z")


def test_a_second_bot_is_a_conflict(boto: Boto) -> None:
    """One custom participant at a time; after it left, another may come."""
    customer = boto.customer()
    bot = boto.bot(customer.contact_id)
    with refused(boto.connect, "ConflictException"):
        boto.creates(customer.contact_id)
    bot.leaves()
    boto.creates(customer.contact_id)


def test_no_bot_beside_an_agent_or_on_an_ended_chat(boto: Boto, amazon: Amazon) -> None:
    """An agent, a Lex bot or the chat's end each make CreateParticipant a conflict."""
    with_agent, with_lex, ended = (boto.customer().contact_id for _ in range(3))
    amazon.do(amazon.emulator.agent_joins, with_agent)
    amazon.do(amazon.emulator.lex_joins, with_lex)
    boto.ends(ended)
    for contact_id in (with_agent, with_lex, ended):
        with refused(boto.connect, "ConflictException"):
            boto.creates(contact_id)


@pytest.mark.parametrize("role", ["CUSTOMER", "AGENT", "SYSTEM", "SUPERVISOR", "BUTLER"])
def test_no_other_role_can_be_created(boto: Boto, role: str) -> None:
    """For chat, CUSTOM_BOT is the only role; anything else is an InvalidRequestException."""
    with refused(boto.connect, "InvalidRequestException"):
        boto.creates(boto.starts()["ContactId"], ParticipantDetails={**HELPER, "ParticipantRole": role})


def test_a_display_name_has_256_characters_at_most(boto: Boto) -> None:
    """256 are taken, 257 are not; boto3 itself only knows that there must be one."""
    contact_id = boto.starts()["ContactId"]
    with refused(boto.connect, "InvalidRequestException"):
        boto.creates(contact_id, ParticipantDetails={**HELPER, "DisplayName": "x" * 257})
    boto.creates(contact_id, ParticipantDetails={**HELPER, "DisplayName": "x" * 256})


# --- unknown and ended ---------------------------------------------------------------------------------
def test_an_unknown_contact_is_not_found(boto: Boto) -> None:
    """Every operation about a contact answers ResourceNotFoundException for one that is not there."""
    connect, place = boto.connect, {"InstanceId": INSTANCE_ID, "ContactId": NOBODY}
    initial = {"InstanceId": INSTANCE_ID, "InitialContactId": NOBODY}
    config = {"Chat": {"ParticipantTimerConfigList": [_timer(5)]}}
    calls: list[Callable[[], Any]] = [
        lambda: boto.creates(NOBODY),
        lambda: connect.stop_contact(**place),
        lambda: connect.describe_contact(**place),
        lambda: connect.get_contact_attributes(**initial),
        lambda: connect.update_contact_attributes(**initial, Attributes={}),
        lambda: _streams(boto, NOBODY),
        lambda: connect.stop_contact_streaming(**place, StreamingId=NOBODY),
        lambda: connect.update_participant_role_config(**place, ChannelConfiguration=config),
    ]
    for call in calls:
        with refused(connect, "ResourceNotFoundException"):
            call()


def test_a_contact_belongs_to_its_instance(boto: Boto) -> None:
    """Another instance does not find it."""
    contact_id = boto.starts()["ContactId"]
    with refused(boto.connect, "ResourceNotFoundException"):
        boto.connect.describe_contact(InstanceId=NOBODY, ContactId=contact_id)


def test_a_contact_is_stopped_once(boto: Boto) -> None:
    """StopContact on an ended contact is ContactNotFoundException, 410; the record tells the reason."""
    customer = boto.customer()
    boto.ends(customer.contact_id)
    contact = boto.connect.describe_contact(InstanceId=INSTANCE_ID, ContactId=customer.contact_id)["Contact"]
    assert contact["DisconnectReason"] == "API"
    assert isinstance(contact["DisconnectTimestamp"], datetime)
    with refused(boto.connect, "ContactNotFoundException"):
        boto.ends(customer.contact_id)


# --- attributes, streams, timers -----------------------------------------------------------------------
def test_attributes_are_merged(boto: Boto) -> None:
    """UpdateContactAttributes adds and replaces; GetContactAttributes reads them; too many are refused."""
    initial = {"InstanceId": INSTANCE_ID, "InitialContactId": boto.starts(Attributes={"a": "1"})["ContactId"]}
    boto.connect.update_contact_attributes(**initial, Attributes={"b": "2 – zwei", "a": "3"})
    assert boto.connect.get_contact_attributes(**initial)["Attributes"] == {"a": "3", "b": "2 – zwei"}
    with refused(boto.connect, "InvalidRequestException"):
        boto.connect.update_contact_attributes(**initial, Attributes={"c": "x" * 32_767})


def test_two_streams_and_no_more(boto_on: Any, amazon: Amazon) -> None:
    """A contact has two streaming endpoints at most; a stopped one makes room, and is stopped once."""
    boto = boto_on(amazon, retries={"max_attempts": 0})
    contact_id = boto.starts()["ContactId"]
    first, second = (_streams(boto, contact_id, topic)["StreamingId"] for topic in ("one", "two"))
    assert first != second
    with refused(boto.connect, "LimitExceededException"):
        _streams(boto, contact_id, "three")
    stop = {"InstanceId": INSTANCE_ID, "ContactId": contact_id, "StreamingId": first}
    boto.connect.stop_contact_streaming(**stop)
    with refused(boto.connect, "ResourceNotFoundException"):
        boto.connect.stop_contact_streaming(**stop)
    _streams(boto, contact_id, "three")


def _timer(minutes: int) -> dict[str, Any]:
    value = {"ParticipantTimerDurationInMinutes": minutes}
    return {"ParticipantRole": "CUSTOMER", "TimerType": "IDLE", "TimerValue": value}


def test_chat_timers_between_2_and_480_minutes(boto: Boto) -> None:
    """UpdateParticipantRoleConfig takes the documented range, Unset, and nothing else."""
    place = {"InstanceId": INSTANCE_ID, "ContactId": boto.starts()["ContactId"]}
    unset = {"ParticipantTimerAction": "Unset"}
    good = [_timer(2), {**_timer(480), "TimerType": "DISCONNECT_NONCUSTOMER"}, {**_timer(5), "TimerValue": unset}]
    for entry in good:
        config = {"Chat": {"ParticipantTimerConfigList": [entry]}}
        boto.connect.update_participant_role_config(**place, ChannelConfiguration=config)
    for entry in (_timer(481), {**_timer(5), "TimerType": "SNOOZE"}, {**_timer(5), "ParticipantRole": "SYSTEM"}):
        config = {"Chat": {"ParticipantTimerConfigList": [entry]}}
        with refused(boto.connect, "InvalidRequestException"):
            boto.connect.update_participant_role_config(**place, ChannelConfiguration=config)


def test_an_interactive_contact(boto: Boto) -> None:
    """A contact may support interactive messages; its bot may send them."""
    types = ["text/plain", INTERACTIVE, f"{INTERACTIVE}.response"]
    bot = boto.bot(boto.customer(SupportedMessagingContentTypes=types).contact_id)
    menu = {"title": "Did that help?", "elements": [{"title": "Yes"}, {"title": "No"}]}
    bot.says(json.dumps({"templateType": "QuickReply", "version": "1.0", "data": {"content": menu}}), INTERACTIVE)
