"""The control plane's smaller operations, limits of a start, and what views and authentication answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agent.emulator import INSTANCE_ID

if TYPE_CHECKING:
    from tests.emulator.conftest import Stage


def ids(contact_id: str, name: str = "ContactId", **more: Any) -> dict[str, Any]:
    """The parameters that name a contact."""
    return {"InstanceId": INSTANCE_ID, name: contact_id, **more}


@pytest.mark.parametrize(
    "wrong",
    [
        {"SupportedMessagingContentTypes": ["text/markdown"]},
        {"SupportedMessagingContentTypes": ["text/plain", "image/png"]},
        {"Attributes": {"a": "x" * 32_767, "b": "y"}},
        {"InitialMessage": {"ContentType": "text/markdown", "Content": "hi"}},
        {"InitialMessage": {"ContentType": "text/plain", "Content": "é" * 9000}},
        {"PersistentChat": {}, "Attributes": {"é" * 9000: "é" * 9000}},
        {"PersistentChat": {"RehydrationType": "ENTIRE_PAST_SESSION"}},
        {"PersistentChat": {"RehydrationType": "FROM_SEGMENT", "SourceContactId": "x"}, "RelatedContactId": "y"},
        {"Attributes": {"two words": "x"}},
        {"InitialMessage": {"ContentType": "application/json", "Content": "{"}},
        {"ChatStreamingConfiguration": {"StreamingEndpointArn": "arn:aws:sqs:us-east-1:123456789012:q"}},
    ],
)
def test_starts_that_are_refused(stage: Stage, wrong: dict[str, Any]) -> None:
    """Content types hold text/plain, attributes stay below 32,768 bytes, ... [documented]."""
    stage.refused("InvalidRequestException", lambda: stage.customer(**wrong))


def test_a_refused_start_leaves_no_chat_behind(stage: Stage) -> None:
    """A streaming endpoint that cannot be used refuses the whole call."""
    wrong = {"ChatStreamingConfiguration": {"StreamingEndpointArn": "nonsense"}}
    stage.refused("InvalidRequestException", lambda: stage.customer(**wrong))
    assert stage.region.chats() == []


def test_attributes_that_just_fit(stage: Stage) -> None:
    """32,768 bytes of UTF-8 in all."""
    stage.customer(Attributes={"a": "x" * 32_766, "b": ""})


def test_the_same_client_token_starts_one_chat(stage: Stage) -> None:
    """A repeated StartChatContact answers the same contact [documented]."""
    first = stage.customer(connect=False, ClientToken="t")
    assert stage.customer(connect=False, ClientToken="t").contact_id == first.contact_id
    assert stage.customer(connect=False, ClientToken="u").contact_id != first.contact_id


def test_a_client_token_is_forgotten_after_its_window(build: type[Stage]) -> None:
    """Seven days, or what is set [inferred]."""
    stage = build(client_token_window=60.0)
    first = stage.customer(connect=False, ClientToken="t")
    stage.passes(61)
    assert stage.customer(connect=False, ClientToken="t").contact_id != first.contact_id


def test_connection_details_with_the_start(stage: Stage) -> None:
    """ConnectionTypes and ChatStreamingConfiguration are answered at once [documented]."""
    params = {
        "InstanceId": INSTANCE_ID,
        "ContactFlowId": "default",
        "ParticipantDetails": {"DisplayName": "Ana"},
        "ConnectionTypes": ["WEBSOCKET", "CONNECTION_CREDENTIALS"],
        "ChatStreamingConfiguration": {"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:t"},
    }
    answer = stage.call("StartChatContact", params)
    assert stage.dial(answer["Websocket"]["Url"])
    stage.call("GetTranscript", {}, answer["ConnectionCredentials"]["ConnectionToken"])
    assert answer["StreamingId"]


def test_the_number_of_active_chats_may_be_limited(build: type[Stage]) -> None:
    """LimitExceededException, 429; ended chats do not count [documented]."""
    stage = build(concurrent_chats=1)
    first = stage.customer()
    assert stage.refused("LimitExceededException", stage.customer).status == 429
    stage.desk.stop(first.contact_id)
    stage.customer()


def test_attributes_are_merged_and_belong_to_the_whole_chat(stage: Stage) -> None:
    """By InitialContactId, and only by that one [documented]."""
    customer = stage.customer(Attributes={"a": "1", "b": "2"})
    stage.call("UpdateContactAttributes", ids(customer.contact_id, "InitialContactId", Attributes={"b": "3", "c": ""}))
    got = stage.call("GetContactAttributes", ids(customer.contact_id, "InitialContactId"))
    assert got["Attributes"] == {"a": "1", "b": "3", "c": ""}
    new = stage.desk.transfer(customer.contact_id)
    stage.refused("ResourceNotFoundException", lambda: stage.call("GetContactAttributes", ids(new, "InitialContactId")))
    stage.refused(
        "InvalidRequestException",
        lambda: stage.call(
            "UpdateContactAttributes", ids(customer.contact_id, "InitialContactId", Attributes={"d": "x" * 32_767})
        ),
    )


def test_the_record_of_a_contact(stage: Stage) -> None:
    """Only what is set appears; moments are numbers [documented; number form inferred]."""
    customer = stage.customer(CustomerId="c-1", RelatedContactId="0c1b6f1e-3f0b-4f2e-9d5e-2f6d2d1a7c11")
    stage.passes(5)
    stage.desk.agent_joins(customer.contact_id)
    record = stage.call("DescribeContact", ids(customer.contact_id))["Contact"]
    assert (record["Channel"], record["InitiationMethod"], record["CustomerId"]) == ("CHAT", "API", "c-1")
    assert record["AgentInfo"]["ConnectedToAgentTimestamp"] - record["InitiationTimestamp"] == pytest.approx(5)
    assert "DisconnectTimestamp" not in record
    assert "InitialContactId" not in record


def test_streams_can_be_stopped_once(stage: Stage) -> None:
    """An unknown StreamingId is not found."""
    customer = stage.customer()
    config = {"ChatStreamingConfiguration": {"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:t"}}
    started = stage.call("StartContactStreaming", ids(customer.contact_id, ClientToken="t", **config))
    stage.call("StopContactStreaming", ids(customer.contact_id, **started))
    stage.refused(
        "ResourceNotFoundException",
        lambda: stage.call("StopContactStreaming", ids(customer.contact_id, **started)),
    )
    stage.desk.stop(customer.contact_id)
    stage.refused(
        "ResourceNotFoundException",
        lambda: stage.call("StartContactStreaming", ids(customer.contact_id, ClientToken="u", **config)),
    )


def test_streaming_can_be_what_connects_a_customer(build: type[Stage]) -> None:
    """With the setting, ConnectParticipant=true counts only while streaming is on [inferred]."""
    stage = build(connect_participant_needs_streaming=True)
    customer = stage.customer(connect=False).connect(explicitly=True, socket=False)
    assert customer.reads_all() == []
    config = {"ChatStreamingConfiguration": {"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:t"}}
    stage.call("StartContactStreaming", ids(customer.contact_id, ClientToken="t", **config))
    assert customer.connect(explicitly=True, socket=False).reads_all()[0] == "participant.joined"


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("DescribeView", {"ViewToken": "x"}, "ResourceNotFoundException"),
        ("GetAuthenticationUrl", {"SessionId": "x" * 36, "RedirectUri": "https://x"}, "ValidationException"),
        ("CancelParticipantAuthentication", {"SessionId": "x" * 36}, "ValidationException"),
        ("CancelParticipantAuthentication", {"SessionId": "short"}, "ValidationException"),
    ],
)
def test_what_no_flow_here_offers(stage: Stage, operation: str, params: dict[str, Any], code: str) -> None:
    """Views and authentication answer their modelled error."""
    customer = stage.customer()
    stage.refused(code, lambda: customer.call(operation, **params))


def test_a_bot_cannot_authenticate(stage: Stage) -> None:
    """These are the customer's [documented]."""
    bot = stage.bot(stage.customer().contact_id)
    stage.refused("AccessDeniedException", lambda: bot.call("CancelParticipantAuthentication", SessionId="x" * 36))


def test_a_bot_joins_only_explicitly_when_so_set(build: type[Stage]) -> None:
    """ConnectParticipant=true, a subscription, or the old connection.acknowledged [inferred]."""
    stage = build(bot_joins_at="connect-participant")
    customer = stage.customer()
    bot = stage.bot(customer.contact_id, connect=False).connect(socket=False)
    assert customer.socket.words.count("participant.joined") == 1
    bot.call("SendEvent", ContentType="application/vnd.amazonaws.connect.event.connection.acknowledged")
    assert customer.socket.words.count("participant.joined") == 2


def test_a_bot_without_websockets_when_so_set(build: type[Stage]) -> None:
    """No public example shows a CUSTOM_BOT on a websocket: it can be denied [inferred]."""
    stage = build(bot_may_use_websocket=False)
    customer = stage.customer()
    bot = stage.bot(customer.contact_id, connect=False)
    stage.refused("ValidationException", bot.connect)
    bot.connect(socket=False)


def test_a_bot_without_websockets_is_told_as_the_settings_say(build: type[Stage]) -> None:
    """By an answer without one, or only when it dials what it was given [inferred]; customers are as ever."""
    stage = build(bot_may_use_websocket=False, bot_websocket_refusal="omit")
    customer = stage.customer()
    wanted = {"Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"]}
    bot = stage.bot(customer.contact_id, connect=False)
    answer = stage.call("CreateParticipantConnection", wanted, bot.participant_token)
    assert set(answer) == {"ConnectionCredentials"}
    assert customer.socket.words
    stage = build(bot_may_use_websocket=False, bot_websocket_refusal="upgrade")
    bot = stage.bot(stage.customer().contact_id, connect=False)
    stage.refused("AccessDeniedException", bot.connect)


def test_a_customer_hears_the_end_after_leaving(stage: Stage) -> None:
    """ChatJS waits for chat.ended on its socket after DisconnectParticipant [client code]."""
    customer = stage.customer()
    customer.leaves()
    assert customer.socket.words[-2:] == ["participant.left", "chat.ended"]
    stage.refused("AccessDeniedException", customer.reads)


def test_transcripts_by_segment_and_from_a_segment(stage: Stage) -> None:
    """ContactId picks one segment; FROM_SEGMENT continues from any segment [documented]."""
    customer = stage.customer()
    first = customer.contact_id
    new = stage.desk.transfer(first)
    customer.says("in the second")
    assert customer.reads(ContactId=new) == ["in the second"]
    assert "in the second" not in customer.reads(ContactId=first)
    assert customer.reads(ContactId=stage.desk.transfer(first)) == []
    stage.desk.stop(first)
    persistent = {"RehydrationType": "FROM_SEGMENT", "SourceContactId": new}
    assert "in the second" in stage.customer(PersistentChat=persistent).reads_all()
    whole = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": new}
    stage.refused("InvalidRequestException", lambda: stage.customer(PersistentChat=whole))


def test_what_a_new_chat_continues(stage: Stage) -> None:
    """The last contact of a whole session; or the one that is named, and nothing that came after it [documented]."""
    customer = stage.customer()
    first = customer.contact_id
    customer.says("one")
    second = stage.desk.transfer(first)
    customer.says("two")
    stage.desk.stop(second)

    def continued(kind: str, source: str) -> tuple[str, bool]:
        wanted = {"RehydrationType": kind, "SourceContactId": source}
        new = stage.customer(PersistentChat=wanted)
        described = stage.call("DescribeContact", ids(new.contact_id))["Contact"]
        assert "one" in new.reads_all()
        return described["RelatedContactId"], "two" in new.reads_all()

    assert continued("ENTIRE_PAST_SESSION", first) == (second, True)
    assert continued("FROM_SEGMENT", first) == (first, False)
    assert continued("FROM_SEGMENT", second) == (second, True)


def test_a_contact_that_was_transferred_is_over(stage: Stage) -> None:
    """Its chat goes on under a new ContactId [documented]; by the old one nothing is done to it."""
    customer = stage.customer()
    old = customer.contact_id
    new = stage.desk.transfer(old)
    timers = {"ParticipantRole": "CUSTOMER", "TimerType": "IDLE", "TimerValue": {"ParticipantTimerAction": "Unset"}}
    chat = {"ChannelConfiguration": {"Chat": {"ParticipantTimerConfigList": [timers]}}}
    topic = {"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:t"}
    stage.refused("ConflictException", lambda: stage.bot(old))
    stage.refused("ContactNotFoundException", lambda: stage.call("StopContact", ids(old)))
    for operation, more in (
        ("StartContactStreaming", {"ChatStreamingConfiguration": topic, "ClientToken": "t"}),
        ("UpdateParticipantRoleConfig", chat),
    ):
        params = ids(old, **more)
        stage.refused("ResourceNotFoundException", lambda name=operation, given=params: stage.call(name, given))
    assert customer.says("still here")["Id"]
    stage.call("StopContact", ids(new))
    assert customer.socket.words[-1] == "chat.ended"


def test_an_ended_contact_was_last_updated_by_its_end(stage: Stage) -> None:
    """No earlier."""
    customer = stage.customer()
    stage.passes(60)
    stage.desk.stop(customer.contact_id)
    contact = stage.call("DescribeContact", ids(customer.contact_id))["Contact"]
    assert contact["LastUpdateTimestamp"] == contact["DisconnectTimestamp"]


def test_a_repeated_start_answers_with_a_connection_that_works(stage: Stage) -> None:
    """Or with none, when the chat is over [documented]."""
    start = {"connect": False, "ClientToken": "t", "ConnectionTypes": ["WEBSOCKET", "CONNECTION_CREDENTIALS"]}
    first = stage.customer(**start)
    stage.passes(120)
    details = {"DisplayName": "Ana"}
    params = {"InstanceId": INSTANCE_ID, "ContactFlowId": "default", "ParticipantDetails": details, **start}
    del params["connect"]
    again = stage.call("StartChatContact", params)
    assert again["ContactId"] == first.contact_id
    assert stage.dial(again["Websocket"]["Url"]).closed is None
    stage.desk.stop(first.contact_id)
    assert stage.call("StartChatContact", params).keys() == {"ContactId", "ParticipantId", "ParticipantToken"}


def test_null_is_as_if_a_member_were_absent(stage: Stage) -> None:
    """In the body as well as below it."""
    customer = stage.customer(ChatDurationInMinutes=None, Attributes=None)
    customer.says("hello")
    assert "hello" in customer.reads(MaxResults=None, StartPosition={"Id": None, "MostRecent": 5})
    value = {"ParticipantTimerAction": None, "ParticipantTimerDurationInMinutes": 2}
    timers = {"ParticipantRole": "CUSTOMER", "TimerType": "IDLE", "TimerValue": value}
    chat = {"Chat": {"ParticipantTimerConfigList": [timers]}}
    stage.call("UpdateParticipantRoleConfig", ids(customer.contact_id, ChannelConfiguration=chat))
    stage.bot(customer.contact_id)
    stage.passes(130)
    assert "participant.idle" in customer.socket.words


def test_expired_participant_tokens_when_so_set(build: type[Stage]) -> None:
    """The token is good for the participant's life [documented] unless its Expiry is enforced."""
    stage = build(enforce_participant_token_expiry=True, participant_token_lifetime=100.0)
    customer = stage.customer()
    stage.passes(100)
    stage.refused("AccessDeniedException", customer.connect)


def test_newer_tokens_may_revoke_older_ones(build: type[Stage]) -> None:
    """A client that keeps an old token finds out [inferred]."""
    stage = build(connection_token_reuse=False, revoke_older_tokens=True)
    customer = stage.customer()
    old = customer.token
    customer.connect()
    stage.refused("AccessDeniedException", lambda: stage.call("GetTranscript", {}, old))


def test_a_next_token_may_expire(build: type[Stage]) -> None:
    """Whether it does is not documented: a setting."""
    stage = build(next_token_lifetime=10.0)
    customer = stage.customer()
    token = customer.call("GetTranscript", MaxResults=1)["NextToken"]
    stage.passes(11)
    stage.refused("ValidationException", lambda: customer.reads(NextToken=token))


def test_old_chats_are_forgotten(build: type[Stage]) -> None:
    """Memory is bounded: the oldest ended chats go first."""
    stage = build(ended_chats_kept=2)
    chats = [stage.customer().contact_id for _ in range(4)]
    for contact_id in chats:
        stage.desk.stop(contact_id)
    assert [chat.contact_id for chat in stage.region.chats()] == chats[2:]


def test_an_unknown_operation_in_process(stage: Stage) -> None:
    """The same modelled error as over HTTP."""
    stage.refused("UnknownOperationException", lambda: stage.call("DanceTogether", {}))


def test_the_desk_closes_the_sockets_of_one_role(stage: Stage) -> None:
    """And says so when there is nobody to do it."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    from agent.emulator.participants import Role

    assert stage.desk.close_sockets(customer.contact_id, 4000, Role.CUSTOM_BOT) == 1
    assert (bot.socket.closed, customer.socket.closed) == (4000, None)
    stage.desk.expire_tokens(customer.contact_id, Role.CUSTOM_BOT)
    stage.refused("AccessDeniedException", bot.reads)
    customer.reads()
    stage.desk.bot_leaves(customer.contact_id)
    stage.desk.bot_leaves(customer.contact_id)
    stage.desk.customer_leaves(customer.contact_id)
    stage.desk.customer_leaves(customer.contact_id)


def test_a_lex_bot_moves_the_flow_on(stage: Stage) -> None:
    """The custom bot is disconnected, so Wait takes that branch; in the default flow to the queue [documented]."""
    customer = stage.customer()
    stage.bot(customer.contact_id)
    stage.desk.lex_joins(customer.contact_id)
    assert stage.region.chat(customer.contact_id).segment.queue == "BasicQueue"


def test_a_transfer_by_an_agent_is_told(stage: Stage) -> None:
    """transfer.succeeded, then the agent is gone [documented event]."""
    customer = stage.customer()
    stage.desk.agent_joins(customer.contact_id)
    stage.desk.transfer(customer.contact_id)
    assert customer.socket.words[-2:] == ["transfer.succeeded", "participant.left"]
    assert "transfer.succeeded" in customer.reads_all()


def test_six_participants_and_no_more(build: type[Stage]) -> None:
    """Everybody who is present counts [documented]."""
    stage = build(participants_per_chat=1)
    customer = stage.customer()
    error = stage.refused("ServiceQuotaExceededException", lambda: stage.bot(customer.contact_id))
    assert error.status == 402


@pytest.mark.parametrize("kinds", [["CONNECTION_CREDENTIALS"], ["WEBSOCKET"]])
def test_who_is_gone_gets_no_connection(stage: Stage, kinds: list[str]) -> None:
    """403 at the call itself, for those who left and after the end of the chat [live]."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    bot.leaves()
    stage.desk.stop(customer.contact_id)
    for token in (bot.participant_token, customer.participant_token):
        stage.refused(
            "AccessDeniedException",
            lambda bearer=token: stage.call("CreateParticipantConnection", {"Type": kinds}, bearer),
        )


def test_undialled_urls_do_not_pile_up(stage: Stage) -> None:
    """A client that asks for a new URL every two minutes leaves nothing behind."""
    customer = stage.customer()
    for _ in range(20):
        customer.url()
        stage.passes(120)
    assert len(stage.region.credentials) <= 2


def test_a_bot_joins_by_its_subscription_when_so_set(build: type[Stage]) -> None:
    """Without ConnectParticipant=true the subscribed websocket counts [inferred]."""
    stage = build(bot_joins_at="connect-participant")
    customer = stage.customer()
    stage.bot(customer.contact_id, connect=False).connect()
    assert customer.socket.words.count("participant.joined") == 2
