"""Messages, events and receipts: who gets them, in which form, within which limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Party, Stage

INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"


@pytest.fixture
def pair(stage: Stage) -> tuple[Party, Party]:
    """A customer and a bot in one chat."""
    customer = stage.customer()
    return customer, stage.bot(customer.contact_id)


def test_a_message_reaches_both_and_the_answer_names_it(pair: tuple[Party, Party]) -> None:
    """Senders receive their own items, under the Id that SendMessage answered [client code]."""
    customer, bot = pair
    answer = bot.says("Hello!")
    for party in pair:
        item = party.socket.items[-1]
        assert (item["Id"], item["AbsoluteTime"]) == (answer["Id"], answer["AbsoluteTime"])
        assert (item["Type"], item["Content"], item["ContentType"]) == ("MESSAGE", "Hello!", "text/plain")
        assert (item["ParticipantId"], item["DisplayName"]) == (bot.id, "Helper")
        assert item["InitialContactId"] == item["ContactId"] == customer.contact_id


def test_the_frame_carries_its_item_as_a_string(pair: tuple[Party, Party]) -> None:
    """Double-encoded JSON under the topic aws/chat [live]."""
    pair[1].says('"quoted" \u2028 ü')
    frame = json.loads(pair[0].socket.frames[-1])
    assert sorted(frame) == ["content", "contentType", "topic"]
    assert json.loads(frame["content"])["Content"] == '"quoted" \u2028 ü'


def test_no_echo_when_so_set(build: type[Stage]) -> None:
    """The echo is a setting."""
    stage = build(echo=False)
    customer = stage.customer()
    customer.says("anyone?")
    assert "anyone?" not in customer.socket.words
    assert "anyone?" in customer.reads_all()


def test_times_and_ids_only_go_up(pair: tuple[Party, Party]) -> None:
    """AbsoluteTime is strictly increasing within a chat though the clock stands still; Ids sort alike."""
    answers = [pair[0].says(str(n)) for n in range(50)]
    times = [answer["AbsoluteTime"] for answer in answers]
    assert times == sorted(set(times))
    ids = [answer["Id"] for answer in answers]
    assert ids == sorted(set(ids))
    assert all(item_id[14] == "7" for item_id in ids)


def test_the_same_client_token_posts_once(pair: tuple[Party, Party]) -> None:
    """A repeat gets the same Id and posts nothing [documented]."""
    customer, bot = pair
    first = bot.says("once", ClientToken="t")
    assert bot.says("once", ClientToken="t") == first
    assert customer.socket.words.count("once") == 1
    assert customer.says("once", ClientToken="t") != first


@pytest.mark.parametrize("text", ["x" * 16_384, "é" * 8_192])
def test_the_longest_message(pair: tuple[Party, Party], text: str) -> None:
    """16,384 bytes of UTF-8 are taken [documented]."""
    pair[1].says(text)


@pytest.mark.parametrize("text", ["", "x" * 16_385, "é" * 8_193])
def test_too_long_and_empty_messages(stage: Stage, pair: tuple[Party, Party], text: str) -> None:
    """One byte more is refused, and so is nothing at all [documented]."""
    stage.refused("ValidationException", lambda: pair[1].says(text))


def test_the_strict_text_limit(build: type[Stage]) -> None:
    """The older limit of 1,024 characters can be turned on [documented]."""
    stage = build(strict_text_limit=1024)
    customer = stage.customer()
    customer.says("é" * 1024)
    stage.refused("ValidationException", lambda: customer.says("x" * 1025))


@pytest.mark.parametrize("kind", ["text/markdown", "application/json", "image/png", "application/x", INTERACTIVE])
def test_content_types_the_contact_does_not_support(stage: Stage, pair: tuple[Party, Party], kind: str) -> None:
    """Without SupportedMessagingContentTypes only text/plain goes through [inferred]."""
    stage.refused("ValidationException", lambda: pair[1].says("{}", kind))


def test_content_types_the_contact_supports(stage: Stage) -> None:
    """What StartChatContact listed goes through; interactive messages only from a bot [inferred]."""
    kinds = ["text/plain", "text/markdown", "application/json", INTERACTIVE]
    customer = stage.customer(SupportedMessagingContentTypes=kinds)
    bot = stage.bot(customer.contact_id)
    for kind in kinds:
        bot.says("{}", kind)
    stage.refused("ValidationException", lambda: customer.says("{}", INTERACTIVE))
    stage.refused("ValidationException", lambda: bot.says("{not json", "application/json"))


def test_typing_is_relayed_and_not_kept(pair: tuple[Party, Party]) -> None:
    """Typing goes to all sockets, echo included, and never into the transcript [documented]."""
    customer, bot = pair
    bot.types()
    assert customer.socket.words[-1] == bot.socket.words[-1] == "typing"
    assert "Content" not in customer.socket.items[-1]
    assert "typing" not in customer.reads_all()


def test_typing_stays_home_when_so_set(build: type[Stage]) -> None:
    """Whether typing is relayed is a setting [inferred]."""
    stage = build(typing_relayed=False)
    customer = stage.customer()
    bot = stage.bot(customer.contact_id)
    customer.types()
    assert "typing" not in bot.socket.words


@pytest.mark.parametrize("kind", ["participant.joined", "chat.ended", "nonsense"])
def test_events_nobody_may_send(stage: Stage, pair: tuple[Party, Party], kind: str) -> None:
    """SendEvent takes typing and receipts, no more [documented]."""
    content_type = f"application/vnd.amazonaws.connect.event.{kind}"
    stage.refused("ValidationException", lambda: pair[0].call("SendEvent", ContentType=content_type))


def test_receipts_become_metadata_of_their_message(pair: tuple[Party, Party]) -> None:
    """Others get a MESSAGEMETADATA item, the transcript shows the receipt on the message [client code]."""
    customer, bot = pair
    message = bot.says("read me")
    customer.receipt("delivered", message["Id"])
    customer.receipt("read", message["Id"])
    item = bot.socket.items[-1]
    assert sorted(item) == ["AbsoluteTime", "ContentType", "Id", "MessageMetadata", "Type"]
    assert item["Type"] == "MESSAGEMETADATA"
    receipt = item["MessageMetadata"]["Receipts"][0]
    assert receipt["RecipientParticipantId"] == customer.id
    assert receipt["DeliveredTimestamp"] < receipt["ReadTimestamp"]
    kept = customer.call("GetTranscript")["Transcript"][0]
    assert kept["MessageMetadata"] == {"MessageId": message["Id"], "Receipts": [receipt]}


def test_a_delivered_receipt_alone_has_no_read_time(pair: tuple[Party, Party]) -> None:
    """Only what happened is told [client code]."""
    message = pair[1].says("hello")
    pair[0].receipt("delivered", message["Id"])
    assert "ReadTimestamp" not in pair[1].socket.items[-1]["MessageMetadata"]["Receipts"][0]


@pytest.mark.parametrize("content", [None, "x", "[]", "{}", '{"messageId":7}', '{"messageId":"unknown"}', "[" * 9000])
def test_receipts_for_nothing(stage: Stage, pair: tuple[Party, Party], content: str | None) -> None:
    """A receipt names a message of the chat."""
    kind = "application/vnd.amazonaws.connect.event.message.read"
    stage.refused("ValidationException", lambda: pair[0].call("SendEvent", ContentType=kind, Content=content))


def test_events_are_never_read(stage: Stage, pair: tuple[Party, Party]) -> None:
    """Only messages and attachments have receipts."""
    joined = pair[0].call("GetTranscript", SortOrder="ASCENDING")["Transcript"][0]
    stage.refused("ValidationException", lambda: pair[0].receipt("read", joined["Id"]))


def test_no_receipts_among_three(stage: Stage) -> None:
    """With more than two participants receipts are a conflict [documented]."""
    customer = stage.customer()
    stage.desk.agent_joins(customer.contact_id)
    stage.desk.agent_joins(customer.contact_id, "Second")
    message = stage.desk.agent_says(customer.contact_id, "hello")
    stage.refused("ConflictException", lambda: customer.receipt("read", message))


def test_the_initial_message_is_there_from_the_start(stage: Stage) -> None:
    """StartChatContact's InitialMessage is the customer's first item."""
    first = {"ContentType": "text/plain", "Content": "Where is my parcel?"}
    customer = stage.customer(InitialMessage=first)
    assert customer.reads_all()[0] == "Where is my parcel?"


def test_no_secret_of_anybody_in_the_timeline(pair: tuple[Party, Party], stage: Stage) -> None:
    """The inspector shows calls and frames with masked tokens."""
    pair[1].says("hello", ClientToken="sesame")
    text = json.dumps([entry.record() for entry in stage.region.timeline.entries()])
    assert not any(secret in text for secret in (pair[0].token, pair[1].participant_token, "sesame"))
