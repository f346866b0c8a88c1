"""Messages, events and receipts as boto3 meets them; and what a repeated ClientToken does not do twice."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.clients.amazon import INTERACTIVE, Amazon
from tests.clients.boto import Answer, Boto, Person, refused
from tests.clients.files import complete, put, start

RICH = ["text/plain", "text/markdown", "application/json", f"{INTERACTIVE}.response"]


def test_a_message_is_in_everybodys_transcript(boto: Boto) -> None:
    """SendMessage answers the Id and AbsoluteTime that the transcript shows, to the sender and to others."""
    customer = boto.customer()
    bot = boto.bot(customer.contact_id)
    sent = customer.says("Grüße 👋 \u202e\u0000 日本語")
    for reader in (customer, bot):
        item = reader.page(SortOrder="ASCENDING")["Transcript"][-1]
        assert {key: item[key] for key in ("Id", "AbsoluteTime")} == {key: sent[key] for key in ("Id", "AbsoluteTime")}
        assert item["Content"] == "Grüße 👋 \u202e\u0000 日本語"
        assert (item["Type"], item["ContentType"]) == ("MESSAGE", "text/plain")
        assert (item["ParticipantRole"], item["DisplayName"]) == ("CUSTOMER", "Ana")
        assert item["ContactId"] == customer.contact_id
    assert sent["AbsoluteTime"].endswith("Z")
    assert len(sent["AbsoluteTime"]) == len("2026-11-05T10:15:20.241Z")


def test_a_message_has_16384_bytes_at_most(boto: Boto) -> None:
    """The limit counts bytes of UTF-8, whatever the type; 1,024 characters are always taken."""
    customer = boto.customer(SupportedMessagingContentTypes=RICH)
    for text in ("x" * 1024, "x" * 16_384, "ä" * 8192):
        assert customer.says(text)
    for text in ("x" * 16_385, "ä" * 8193, "😀" * 4097):
        with refused(boto.participant, "ValidationException"):
            customer.says(text)
    with refused(boto.participant, "ValidationException"):
        customer.says('"' + "x" * 16_384 + '"', "application/json")


def test_the_strict_limit_is_a_setting(emulating: Any, boto_on: Any) -> None:
    """1,024 characters, the older documented limit of text, can be switched on; JSON is not text."""
    customer = boto_on(emulating(strict_text_limit=1024)).customer(SupportedMessagingContentTypes=RICH)
    assert customer.says("ä" * 1024)
    with refused(customer.client, "ValidationException"):
        customer.says("x" * 1025)
    assert customer.says('"' + "x" * 1100 + '"', "application/json")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("hello", "text/html"),
        ("hello", "application/vnd.amazonaws.connect.event.typing"),
        ("{", "application/json"),
        ("no json", f"{INTERACTIVE}.response"),
        ("hello", "x" * 101),
    ],
    ids=["html", "an-event", "broken-json", "broken-response", "a-long-type"],
)
def test_what_is_no_message(boto: Boto, content: str, kind: str) -> None:
    """A content type that SendMessage does not take, or content that is not what its type says."""
    customer = boto.customer(SupportedMessagingContentTypes=RICH)
    with refused(boto.participant, "ValidationException"):
        customer.says(content, kind)


def test_a_lone_surrogate_is_invalid_and_no_failure(amazon: Amazon, boto: Boto) -> None:
    """JSON can spell half of a character; that is no text, and answered as a client's mistake."""
    customer = boto.customer()
    for member in ("Content", "ClientToken", "ContentType"):
        said = {"ContentType": "text/plain", "Content": "hello", member: "half \ud83d of it"}
        reply = amazon.ask("POST", "/participant/message", said, X_Amz_Bearer=customer.token)
        assert reply.status == 400
        assert reply.headers["x-amzn-errortype"] == "ValidationException"
    start = {"InstanceId": "i", "ContactFlowId": "no-bot", "ParticipantDetails": {"DisplayName": "\udc00"}}
    assert amazon.ask("PUT", "/contact/chat", start).headers["x-amzn-errortype"] == "InvalidRequestException"


def test_a_hundred_messages_at_once(boto: Boto) -> None:
    """Parallel sends all arrive, each once, with different ids and strictly rising times."""
    customer = boto.customer()
    words = [f"number {n}" for n in range(100)]
    with ThreadPoolExecutor(20) as pool:
        sent = list(pool.map(customer.says, words))
    assert len({answer["Id"] for answer in sent}) == 100
    items = [item for item in customer.page(MaxResults=100)["Transcript"] if item["Type"] == "MESSAGE"]
    assert len({answer["AbsoluteTime"] for answer in sent}) == 100
    read = _all(customer, MaxResults=100, SortOrder="ASCENDING", ScanDirection="FORWARD")
    assert sorted(item["Content"] for item in read if item.get("Content") in words) == sorted(words)
    assert len(items) >= 99


def _all(person: Person, **params: Any) -> list[Answer]:
    page = person.page(**params)
    items = list(page["Transcript"])
    while "NextToken" in page:
        page = person.page(NextToken=page["NextToken"], **params)
        items += page["Transcript"]
    return items


def test_typing_is_answered_and_not_kept(boto: Boto) -> None:
    """SendEvent answers an Id and a time; typing is in no transcript."""
    customer = boto.customer()
    before = len(customer.page(MaxResults=100)["Transcript"])
    sent = customer.signals("typing")
    assert sent["Id"]
    assert sent["AbsoluteTime"].endswith("Z")
    assert len(customer.page(MaxResults=100)["Transcript"]) == before


def test_receipts_become_metadata_of_their_message(boto: Boto) -> None:
    """Delivered, then read: one receipt of that reader, with both times, on the message in the transcript."""
    customer = boto.customer()
    bot = boto.bot(customer.contact_id)
    message = bot.says("Did this reach you?")["Id"]
    customer.signals("message.delivered", message)
    customer.signals("message.read", message)
    item = next(item for item in bot.page()["Transcript"] if item["Id"] == message)
    assert item["MessageMetadata"]["MessageId"] == message
    (receipt,) = item["MessageMetadata"]["Receipts"]
    assert receipt["RecipientParticipantId"] == customer.id
    assert receipt["DeliveredTimestamp"] <= receipt["ReadTimestamp"]


def test_receipts_that_name_nothing(boto: Boto) -> None:
    """A receipt's content is a JSON object with the id of a message of this chat."""
    customer = boto.customer()
    typing = "application/vnd.amazonaws.connect.event.message.read"
    for content in ("{", "[]", "{}", '{"messageId": 7}', '{"messageId": "nothing"}', "null"):
        with refused(boto.participant, "ValidationException"):
            boto.participant.send_event(ContentType=typing, Content=content, ConnectionToken=customer.token)
    for event in ("chat.ended", "participant.joined", "message.metadata", "nonsense"):
        with refused(boto.participant, "ValidationException"):
            customer.signals(event)


def test_receipts_are_a_conflict_among_three(boto: Boto, amazon: Amazon) -> None:
    """With more than two active participants receipts answer ConflictException, typing does not."""
    customer = boto.customer()
    message = customer.says("anybody?")["Id"]
    for name in ("Ada", "Bob"):
        amazon.do(amazon.emulator.agent_joins, customer.contact_id, name)
    with refused(boto.participant, "ConflictException"):
        customer.signals("message.read", message)
    assert customer.signals("typing")["Id"]


def test_repeated_client_tokens_do_nothing_twice(boto: Boto) -> None:
    """Messages, events, uploads: the same ClientToken answers the same, and the transcript has it once."""
    customer, token = boto.customer(), str(uuid4())
    said = [_bare(customer.says("once", ClientToken=token)) for _ in range(3)]
    typed = [_bare(customer.signals("typing", ClientToken=token)) for _ in range(2)]
    started = [start(customer, b"text", ClientToken=token) for _ in range(2)]
    assert said[0] == said[1] == said[2]
    assert typed[0] == typed[1]
    assert started[0]["AttachmentId"] == started[1]["AttachmentId"]
    assert started[0]["UploadMetadata"]["Url"] == started[1]["UploadMetadata"]["Url"]
    put(started[0], b"text")
    for _ in range(2):
        complete(customer, started[0], ClientToken=token)
    assert [item["Type"] for item in customer.page(MaxResults=100)["Transcript"]].count("ATTACHMENT") == 1
    assert customer.reads(MaxResults=100).count("once") == 1


def test_a_repeated_goodbye_is_the_same_goodbye(boto: Boto) -> None:
    """A retry of DisconnectParticipant whose answer was lost succeeds; a second goodbye is refused."""
    customer, token = boto.customer(), str(uuid4())
    bot = boto.bot(customer.contact_id)
    for _ in range(2):
        assert bot.leaves(ClientToken=token)["ResponseMetadata"]["HTTPStatusCode"] == 200
    with refused(boto.participant, "AccessDeniedException"):
        bot.leaves()
    assert customer.reads(MaxResults=100).count("participant.left") == 1


def test_client_tokens_belong_to_their_participant(boto: Boto) -> None:
    """Two participants may use the same ClientToken; so may two operations."""
    customer, token = boto.customer(), str(uuid4())
    bot = boto.bot(customer.contact_id)
    ids = {person.says("hello", ClientToken=token)["Id"] for person in (customer, bot)}
    assert len(ids | {customer.signals("typing", ClientToken=token)["Id"]}) == 3


def _bare(answer: Answer) -> Answer:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}
