"""Tokens of people who are gone, and pages of nothing: what the reference leaves open is a setting."""

from typing import Any

import pytest

from agent.emulator import INSTANCE_ID, Emulator, ServiceError, Settings


def _connect(**settings: Any) -> Emulator:
    return Emulator(settings=Settings(**settings))


def _customer(connect: Emulator) -> tuple[str, str, str]:
    started = connect.start_chat(connected=True)
    wanted = {"Type": ["CONNECTION_CREDENTIALS"]}
    answer = connect.call("CreateParticipantConnection", wanted, bearer=started["ParticipantToken"])
    return started["ContactId"], started["ParticipantToken"], answer["ConnectionCredentials"]["ConnectionToken"]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
async def test_the_end_of_the_chat_answers_every_token_as_set(code: str) -> None:
    """403 by default."""
    connect = _connect(gone_error=code)
    contact, participant_token, token = _customer(connect)
    connect.call("StopContact", {"InstanceId": INSTANCE_ID, "ContactId": contact})
    with pytest.raises(ServiceError) as transcript:
        connect.call("GetTranscript", {}, bearer=token)
    with pytest.raises(ServiceError) as connection:
        connect.call("CreateParticipantConnection", {"Type": ["WEBSOCKET"]}, bearer=participant_token)
    assert (transcript.value.code, connection.value.code) == (code, code)


async def test_a_token_that_never_was_is_denied_whatever_is_set() -> None:
    """Only the dead are answered otherwise."""
    connect = _connect(gone_error="ResourceNotFoundException")
    with pytest.raises(ServiceError) as raised:
        connect.call("GetTranscript", {}, bearer="rubbish")
    assert raised.value.code == "AccessDeniedException"


@pytest.mark.parametrize(("default", "expected"), [(True, True), (False, False)])
async def test_no_results_wanted_means_the_default_or_none(default: bool, expected: bool) -> None:
    """A page of ten, or an empty one without a token to go on with."""
    connect = _connect(zero_results_is_default=default)
    _, _, token = _customer(connect)
    answer = connect.call("GetTranscript", {"MaxResults": 0}, bearer=token)
    assert bool(answer["Transcript"]) is expected
    assert "NextToken" not in answer
