"""Who may come onto a chat, when, and with which token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.emulator import INSTANCE_ID

if TYPE_CHECKING:
    from tests.emulator.conftest import Stage

OTHER_INSTANCE = "99999999-2222-4333-8444-555555555555"


def test_a_bot_joins_and_both_see_it(stage: Stage) -> None:
    """participant.joined goes to every subscribed socket, the joiner's is not subscribed yet."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    assert customer.socket.words[-1] == "participant.joined"
    assert customer.socket.items[-1]["ParticipantRole"] == "CUSTOM_BOT"
    assert customer.socket.items[-1]["DisplayName"] == "Helper"
    assert bot.reads_all()[-1] == "participant.joined"


def test_a_bot_that_connects_too_late_is_not_found(stage: Stage) -> None:
    """After 15 seconds CreateParticipantConnection answers ResourceNotFoundException [documented]."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id, connect=False)
    stage.passes(15)
    error = stage.refused("ResourceNotFoundException", bot.connect)
    assert error.status == 404


def test_a_bot_in_time_may_reconnect_much_later(stage: Stage) -> None:
    """The window is only for the first connection."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id, connect=False)
    stage.passes(14.9)
    bot.connect()
    stage.passes(3000)
    bot.connect()


def test_a_late_bot_leaves_the_place_free(stage: Stage) -> None:
    """Another bot may be created once the first has missed its window [inferred]."""
    customer = stage.customer()
    stage.bot(customer.contact_id, connect=False)
    stage.passes(16)
    assert stage.bot(customer.contact_id).reads_all()


def test_a_late_bot_keeps_the_place_when_so_set(build: type[Stage]) -> None:
    """The same, with the setting turned."""
    stage = build(late_bot_frees_place=False)
    customer = stage.customer()
    stage.bot(customer.contact_id, connect=False)
    stage.passes(16)
    stage.refused("ConflictException", lambda: stage.bot(customer.contact_id))


def test_only_one_custom_participant(stage: Stage) -> None:
    """A second bot meets a conflict [documented limit, inferred code]."""
    customer = stage.customer()
    stage.bot(customer.contact_id)
    error = stage.refused("ConflictException", lambda: stage.bot(customer.contact_id))
    assert error.status == 409


def test_the_code_for_a_second_bot_is_a_setting(build: type[Stage]) -> None:
    """Where AWS is silent the emulator can be turned."""
    stage = build(second_bot_error="ServiceQuotaExceededException")
    customer = stage.customer()
    stage.bot(customer.contact_id)
    error = stage.refused("ServiceQuotaExceededException", lambda: stage.bot(customer.contact_id))
    assert error.status == 402


def test_another_bot_after_the_first_left(stage: Stage) -> None:
    """The limit of one is "at a time" [inferred]."""
    customer = stage.customer()
    stage.bot(customer.contact_id).leaves()
    stage.bot(customer.contact_id)


def test_another_bot_never_when_so_set(build: type[Stage]) -> None:
    """The limit of one as "ever"."""
    stage = build(another_bot_later=False)
    customer = stage.customer()
    stage.bot(customer.contact_id).leaves()
    stage.refused("ConflictException", lambda: stage.bot(customer.contact_id))


@pytest.mark.parametrize("who", ["agent_joins", "lex_joins"])
def test_no_bot_beside_an_agent_or_lex(stage: Stage, who: str) -> None:
    """A custom participant is refused while an agent or a Lex bot is present [documented]."""
    customer = stage.customer()
    getattr(stage.desk, who)(customer.contact_id)
    stage.refused("ConflictException", lambda: stage.bot(customer.contact_id))


def test_no_bot_on_an_ended_chat(stage: Stage) -> None:
    """An ended contact answers a conflict [inferred]."""
    customer = stage.customer()
    stage.desk.stop(customer.contact_id)
    stage.refused("ConflictException", lambda: stage.bot(customer.contact_id))


def test_a_bot_before_the_customer_is_a_setting(build: type[Stage]) -> None:
    """Before the flow runs a bot is allowed, unless told otherwise [inferred]."""
    early = build()
    early.bot(early.customer(connect=False).contact_id)
    strict = build(bot_before_flow=False)
    contact_id = strict.customer(connect=False).contact_id
    strict.refused("ConflictException", lambda: strict.bot(contact_id))


def test_an_unknown_contact_is_not_found(stage: Stage) -> None:
    """404 for a contact nobody started, and for one of another instance [documented]."""
    customer = stage.customer()
    stage.refused("ResourceNotFoundException", lambda: stage.bot("0c1b6f1e-3f0b-4f2e-9d5e-2f6d2d1a7c11"))
    stage.refused("ResourceNotFoundException", lambda: stage.bot(customer.contact_id, InstanceId=OTHER_INSTANCE))


@pytest.mark.parametrize("instance", ["nonsense", "1234", "arn:aws:connect:us-east-1:1:instance/x", " "])
def test_a_malformed_instance_id_is_refused(stage: Stage, instance: str) -> None:
    """An instance id looks like a UUID or like an ARN."""
    customer = stage.customer()
    stage.refused("InvalidRequestException", lambda: stage.bot(customer.contact_id, InstanceId=instance))


def test_an_instance_arn_is_as_good_as_its_id(stage: Stage) -> None:
    """The id is taken out of the ARN."""
    customer = stage.customer()
    arn = f"arn:aws:connect:us-east-1:123456789012:instance/{INSTANCE_ID}"
    stage.bot(customer.contact_id, InstanceId=arn)


@pytest.mark.parametrize("role", ["CUSTOMER", "AGENT", "SYSTEM", "SUPERVISOR", "NOBODY", None])
def test_only_the_custom_bot_role(stage: Stage, role: str | None) -> None:
    """CUSTOM_BOT is the only role for chat [documented]."""
    customer = stage.customer()
    details = {"ParticipantRole": role, "DisplayName": "Helper"}
    stage.refused("InvalidRequestException", lambda: stage.bot(customer.contact_id, ParticipantDetails=details))


@pytest.mark.parametrize("name", ["", "x" * 257])
def test_a_display_name_has_1_to_256_characters(stage: Stage, name: str) -> None:
    """Length limits of the service model are enforced [documented]."""
    customer = stage.customer()
    details = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": name}
    stage.refused("InvalidRequestException", lambda: stage.bot(customer.contact_id, ParticipantDetails=details))


def test_the_same_client_token_is_the_same_join(stage: Stage) -> None:
    """A repeated call with its ClientToken answers the same participant [documented]."""
    customer = stage.customer()
    first = stage.bot(customer.contact_id, connect=False, ClientToken="join-1")
    again = stage.bot(customer.contact_id, connect=False, ClientToken="join-1")
    assert (first.id, first.participant_token) == (again.id, again.participant_token)
    other = stage.bot(stage.customer().contact_id, connect=False, ClientToken="join-1")
    assert other.id != first.id  # on another contact it is another join


def test_forgotten_client_tokens_make_a_new_call(stage: Stage) -> None:
    """After the service forgot them the repeated call meets the first bot."""
    customer = stage.customer()
    stage.bot(customer.contact_id, ClientToken="join-1")
    stage.desk.forget_client_tokens()
    stage.refused("ConflictException", lambda: stage.bot(customer.contact_id, ClientToken="join-1"))


def test_an_agent_removes_the_bot(stage: Stage) -> None:
    """The service disconnects the bot when an agent joins; its tokens answer 403 [documented]."""
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    stage.desk.agent_joins(customer.contact_id, "Sam")
    assert customer.socket.words[-2:] == ["participant.left", "participant.joined"]
    assert bot.socket.words[-1] == "participant.left"
    stage.refused("AccessDeniedException", lambda: bot.says("still here?"))
    stage.refused("AccessDeniedException", bot.connect)


def test_a_removed_bot_need_not_hear_of_it(build: type[Stage]) -> None:
    """Whether the leaver's own participant.left arrives is a setting, as is the close code [inferred]."""
    stage = build(left_reaches_leaver=False, removed_close_code=4001)
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    stage.desk.agent_joins(customer.contact_id)
    assert "participant.left" not in bot.socket.words
    assert bot.socket.closed == 4001


def test_a_customer_who_never_connects_loses_the_chat(stage: Stage) -> None:
    """Five minutes to connect [documented]."""
    customer = stage.customer(connect=False)
    stage.passes(300)
    record = stage.call("DescribeContact", {"InstanceId": INSTANCE_ID, "ContactId": customer.contact_id})
    assert record["Contact"]["DisconnectReason"] == "CUSTOMER_CONNECTION_NOT_ESTABLISHED"


def test_a_connection_without_subscription_is_no_connected_customer(stage: Stage) -> None:
    """The flow starts at the subscription, not at the upgrade [live]."""
    customer = stage.customer(connect=False).connect(subscribe=False)
    assert customer.reads_all() == []
    customer.socket.send('{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}')
    assert customer.reads_all()[0] == "participant.joined"


def test_connect_participant_starts_the_flow_without_a_socket(stage: Stage) -> None:
    """A streaming customer connects by ConnectParticipant=true [documented]."""
    customer = stage.customer(connect=False).connect(explicitly=True, socket=False)
    assert customer.reads_all()[0] == "participant.joined"


def test_the_two_kinds_of_token_are_never_mixed_up(stage: Stage) -> None:
    """A participant token only opens connections, a connection token does all else [documented]."""
    customer = stage.customer()
    stage.refused(
        "AccessDeniedException",
        lambda: stage.call("GetTranscript", {}, customer.participant_token),
    )
    stage.refused(
        "AccessDeniedException",
        lambda: stage.call("CreateParticipantConnection", {"Type": ["WEBSOCKET"]}, customer.token),
    )
    for bearer in (None, "", "made up", "x" * 5000):
        stage.refused("AccessDeniedException", lambda token=bearer: stage.call("GetTranscript", {}, token))


def test_a_connection_token_lives_a_day_and_is_handed_out_again(stage: Stage) -> None:
    """The same token until shortly before its end, then a new one while the old still works [inferred]."""
    customer = stage.customer(ChatDurationInMinutes=10080)
    first = customer.token
    stage.passes(3600)
    assert customer.connect().token == first
    stage.passes(86_400 - 3600 - 60)
    assert customer.connect().token != first
    stage.call("GetTranscript", {}, first)
    stage.passes(60)
    stage.refused("AccessDeniedException", lambda: stage.call("GetTranscript", {}, first))
    customer.reads()


def test_both_are_answered_when_so_set(build: type[Stage]) -> None:
    """Whatever was asked for; nothing still is nothing."""
    stage = build(answers_only_asked=False)
    customer = stage.customer()
    answer = stage.call("CreateParticipantConnection", {"Type": ["WEBSOCKET"]}, customer.participant_token)
    assert sorted(answer) == ["ConnectionCredentials", "Websocket"]
    assert stage.call("CreateParticipantConnection", {"ConnectParticipant": True}, customer.participant_token) == {}


def test_only_what_was_asked_for_is_answered(stage: Stage) -> None:
    """Websocket and ConnectionCredentials appear as asked [inferred]."""
    customer = stage.customer()
    answer = stage.call("CreateParticipantConnection", {"Type": ["WEBSOCKET"]}, customer.participant_token)
    assert list(answer) == ["Websocket"]
    answer = stage.call("CreateParticipantConnection", {"ConnectParticipant": True}, customer.participant_token)
    assert answer == {}
    for wrong in ([], ["SMOKE"], ["WEBRTC_CONNECTION"]):
        stage.refused(
            "ValidationException",
            lambda kinds=wrong: stage.call("CreateParticipantConnection", {"Type": kinds}, customer.participant_token),
        )


def test_the_same_seed_and_times_give_the_same_chat(build: type[Stage]) -> None:
    """Ids and tokens come from the injected source of chance: a run repeats exactly."""

    def run() -> list[str]:
        stage = build()
        customer = stage.customer()
        bot = stage.bot(customer.contact_id)
        stage.passes(1.5)
        bot.says("hello")
        return [bot.token, *customer.socket.frames]

    assert run() == run()
