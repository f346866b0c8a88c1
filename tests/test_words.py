"""The words that everything else is made of: ids, secrets, tokens, errors, records, time."""

import inspect
import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from agent import errors
from agent.clock import SystemClock, timestamp
from agent.errors import ChatAgentError, ConnectError, ConversationOver, InvalidSetting, JoinRefused, StoreUnusable
from agent.ids import ContactId, ContactKey, InstanceId, ParticipantId, Secret, client_token, instance_id
from agent.record import ContactRecord, Participant, decode

ID = "12345678-1234-1234-1234-123456789012"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        ID.upper(),
        f"  {ID} ",
        f"arn:aws:connect:eu-central-1:123456789012:instance/{ID}",
        f"arn:aws-us-gov:connect:us-gov-west-1:123456789012:instance/{ID}/contact/abc",
    ],
)
def test_an_instance_is_named_by_id_or_arn(text: str) -> None:
    """The id is taken out of the ARN."""
    assert instance_id(text) == ID


@pytest.mark.parametrize(
    "text", ["", "my-instance", ID[:-1], f"arn:aws:s3:::{ID}", f"arn:aws:connect:x:1:instance/{ID}"]
)
def test_a_malformed_instance_is_refused_with_a_right_one(text: str) -> None:
    """What was wrong, and what to do."""
    with pytest.raises(InvalidSetting, match=re.escape(f"instance/{ID}")):
        instance_id(text)


def test_a_secret_shows_itself_nowhere() -> None:
    """Only `reveal` gives it away."""
    secret = Secret("QVFJREFI")
    holder = Participant(participant_id=ParticipantId("p"), token=secret)
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret!r:>20}", repr(holder), str([secret])):
        assert "QVFJREFI" not in shown
    assert secret.reveal() == "QVFJREFI"


def test_a_client_token_is_made_of_its_parts_alone() -> None:
    """The same for every retry by any replica; the parts do not run together; never too long."""
    assert client_token("a", 1) == client_token("a", 1)
    assert client_token("a", 1) != client_token("a1")
    assert client_token("ab", "c") != client_token("a", "bc")
    assert len(client_token("x" * 10_000)) <= 500


def _classes() -> list[type[ChatAgentError]]:
    members = vars(errors).values()
    return [each for each in members if inspect.isclass(each) and issubclass(each, ChatAgentError)]


def test_every_error_stands_in_the_tree_at_the_top_of_the_file() -> None:
    """One tree, drawn once."""
    drawn = set(re.findall(r"[A-Z][A-Za-z]+", inspect.getdoc(errors) or ""))
    missing = {each.__name__ for each in _classes()} - drawn
    assert missing == set()


@pytest.mark.parametrize("kind", [each for each in _classes() if issubclass(each, ConnectError)])
def test_every_failure_of_connect_is_one_sentence_with_a_remedy(kind: type[ConnectError]) -> None:
    """What, why and what to do."""
    error = kind("CreateParticipant", code="SomethingException", status=400, detail="the reason.")
    assert str(error).startswith("CreateParticipant failed (SomethingException): the reason. ")
    assert str(error).endswith(".")
    assert (error.operation, error.code, error.status) == ("CreateParticipant", "SomethingException", 400)


@pytest.mark.parametrize("kind", [each for each in _classes() if issubclass(each, JoinRefused)])
def test_every_refusal_names_the_contact(kind: type[JoinRefused]) -> None:
    """An operator reads it at night."""
    assert str(kind("c-1")).startswith("Contact c-1: ")
    assert str(kind("c-1", "because")).endswith("(because)")


@pytest.mark.parametrize("kind", [each for each in _classes() if issubclass(each, ConversationOver)])
def test_every_end_of_a_conversation_says_why_nothing_can_be_sent(kind: type[ConversationOver]) -> None:
    """A bot author reads it."""
    assert str(kind()).endswith(".")


def _record() -> ContactRecord:
    key = ContactKey(InstanceId(ID), ContactId("c"))
    participant = Participant(participant_id=ParticipantId("p"), token=Secret("QVFJ"))
    return ContactRecord(key=key, bot="b", display_name="d", participant=participant, state=b'{"a":1}')


def test_a_record_survives_its_durable_form() -> None:
    """Epoch and owner are the store's."""
    record = _record()
    assert decode(record.encode(), epoch=7, owner=None) == replace(record, epoch=7)
    assert "QVFJ" not in repr(record)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"rubbish",
        msgspec.msgpack.encode({"format": 1}),
        msgspec.msgpack.encode({"format": 1, "record": {"key": 5}}),
        msgspec.msgpack.encode({"format": 2, "record": {}}),
    ],
)
def test_a_record_that_cannot_be_read_is_refused_not_guessed(body: bytes) -> None:
    """Unreadable, foreign, or of a later version."""
    with pytest.raises(StoreUnusable):
        decode(body, epoch=1, owner=None)


def test_time_is_written_as_connect_writes_it() -> None:
    """ISO 8601, milliseconds, Z; whatever the zone."""
    moment = datetime(2026, 11, 5, 10, 15, 20, 241_999, tzinfo=UTC)
    assert timestamp(moment) == "2026-11-05T10:15:20.241Z"
    assert timestamp(moment.astimezone(tz=None)) == "2026-11-05T10:15:20.241Z"


def test_the_systems_clocks_agree_with_themselves() -> None:
    """Aware wall clock, monotonic durations."""
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
