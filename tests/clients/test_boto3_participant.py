"""The participant service as boto3's `connectparticipant` client meets it: messages, events, files, goodbyes."""

import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import botocore
import pytest

from tests.clients.amazon import INTERACTIVE, Amazon
from tests.clients.boto import Answer, Boto, Person, refused

RICH = ["text/plain", "text/markdown", "application/json", f"{INTERACTIVE}.response"]


# --- connections ---------------------------------------------------------------------------------------
def test_a_connection_has_what_was_asked_for_and_nothing_else(boto: Boto) -> None:
    """Websocket and credentials come when Type names them; ConnectParticipant alone answers neither."""
    token = boto.starts()["ParticipantToken"]
    open_connection = boto.participant.create_participant_connection
    both = open_connection(Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"], ParticipantToken=token)
    assert both["Websocket"]["Url"].startswith("ws://127.0.0.1:")
    assert len(both["Websocket"]["Url"]) <= 2000
    assert 1 <= len(both["ConnectionCredentials"]["ConnectionToken"]) <= 1000
    life = datetime.fromisoformat(both["ConnectionCredentials"]["Expiry"]) - _of(both["Websocket"]["ConnectionExpiry"])
    assert life == timedelta(hours=23)
    assert "ConnectionCredentials" not in open_connection(Type=["WEBSOCKET"], ParticipantToken=token)
    bare = open_connection(ConnectParticipant=True, ParticipantToken=token)
    assert not {"Websocket", "ConnectionCredentials", "WebRTCConnection"} & set(bare)


def _of(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


@pytest.mark.parametrize("kinds", [["WEBRTC_CONNECTION"], ["CARRIER_PIGEON"]])
def test_other_connection_types_are_invalid(boto: Boto, kinds: list[str]) -> None:
    """Chat has no WebRTC, and an unknown type is a ValidationException: boto3 itself checks no enum."""
    token = boto.starts()["ParticipantToken"]
    with refused(boto.participant, "ValidationException"):
        boto.participant.create_participant_connection(Type=kinds, ParticipantToken=token)


def test_no_signature_is_needed(amazon: Amazon, boto_on: Any) -> None:
    """An unsigned client works as well as a signed one: the bearer token is all that counts."""
    boto = boto_on(amazon, signature_version=botocore.UNSIGNED)
    assert boto.customer().says("hello")["Id"]


# --- tokens --------------------------------------------------------------------------------------------
def _everything(client: Any, token: str) -> list[Any]:
    """Every operation that takes a connection token."""
    plain = {"ContentType": "text/plain", "Content": "hello"}
    file = {"ContentType": "text/plain", "AttachmentSizeInBytes": 1, "AttachmentName": "a.txt"}
    session = {"SessionId": str(uuid4())}
    named: list[tuple[str, dict[str, Any]]] = [
        ("send_message", plain),
        ("send_event", {"ContentType": "application/vnd.amazonaws.connect.event.typing"}),
        ("get_transcript", {}),
        ("start_attachment_upload", file),
        ("complete_attachment_upload", {"AttachmentIds": ["a"]}),
        ("get_attachment", {"AttachmentId": "a"}),
        ("describe_view", {"ViewToken": "v"}),
        ("get_authentication_url", {**session, "RedirectUri": "https://example.com"}),
        ("cancel_participant_authentication", session),
        ("disconnect_participant", {}),
    ]
    return [lambda n=name, p=params: getattr(client, n)(ConnectionToken=token, **p) for name, params in named]


def test_a_participant_token_opens_connections_and_nothing_else(boto: Boto) -> None:
    """Each other operation answers AccessDeniedException to it, and so does a connection token to this one."""
    customer = boto.customer()
    for call in _everything(boto.participant, customer.participant_token):
        with refused(boto.participant, "AccessDeniedException"):
            call()
    with refused(boto.participant, "AccessDeniedException"):
        boto.participant.create_participant_connection(Type=["WEBSOCKET"], ParticipantToken=customer.token)
    assert customer.says("still here")


def test_a_forged_token_opens_nothing(boto: Boto) -> None:
    """An unknown token is an AccessDeniedException everywhere."""
    for call in _everything(boto.participant, "forged"):
        with refused(boto.participant, "AccessDeniedException"):
            call()
    with refused(boto.participant, "AccessDeniedException"):
        boto.participant.create_participant_connection(Type=["WEBSOCKET"], ParticipantToken="forged")


def test_a_connection_token_expires_after_a_day(emulating: Any, boto_on: Any) -> None:
    """After 24 hours it is refused, and the participant token gets a new one."""
    amazon = emulating()
    boto = boto_on(amazon)
    customer = boto.customer()
    amazon.passes(86_399 - 60)
    assert customer.says("almost")
    amazon.passes(61)
    with refused(boto.participant, "AccessDeniedException"):
        customer.says("too late")
    again = boto.person(customer.contact_id, customer.id, customer.participant_token)
    assert again.token != customer.token
    assert again.says("back")


def test_an_ended_chat_refuses_everything(boto: Boto) -> None:
    """After the end both kinds of token are dead: 403 for every operation."""
    customer = boto.customer()
    boto.ends(customer.contact_id)
    for call in _everything(boto.participant, customer.token):
        with refused(boto.participant, "AccessDeniedException"):
            call()
    with refused(boto.participant, "AccessDeniedException"):
        boto.participant.create_participant_connection(Type=["WEBSOCKET"], ParticipantToken=customer.participant_token)


def test_a_bot_that_connects_too_late_is_not_found(emulating: Any, boto_on: Any) -> None:
    """15 seconds after CreateParticipant the bot's place is gone: 404 with an error the model does not list."""
    amazon = emulating()
    boto = boto_on(amazon)
    created = boto.creates(boto.customer().contact_id)
    amazon.passes(15.1)
    token = created["ParticipantCredentials"]["ParticipantToken"]
    with refused(boto.participant, "ResourceNotFoundException"):
        boto.participant.create_participant_connection(Type=["CONNECTION_CREDENTIALS"], ParticipantToken=token)


def test_a_removed_bot_is_denied(boto: Boto, amazon: Amazon) -> None:
    """An agent's coming removes the bot; its tokens are dead, the customer's are not."""
    customer = boto.customer()
    bot = boto.bot(customer.contact_id)
    amazon.do(amazon.emulator.agent_joins, customer.contact_id)
    with refused(boto.participant, "AccessDeniedException"):
        bot.says("may I?")
    assert customer.says("hello, human")


# --- messages ------------------------------------------------------------------------------------------
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


# --- events and receipts -------------------------------------------------------------------------------
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


# --- ClientToken ---------------------------------------------------------------------------------------
def test_repeated_client_tokens_do_nothing_twice(boto: Boto) -> None:
    """Messages, events, uploads: the same ClientToken answers the same, and the transcript has it once."""
    customer, token = boto.customer(), str(uuid4())
    said = [_bare(customer.says("once", ClientToken=token)) for _ in range(3)]
    typed = [_bare(customer.signals("typing", ClientToken=token)) for _ in range(2)]
    started = [_start(customer, b"text", ClientToken=token) for _ in range(2)]
    assert said[0] == said[1] == said[2]
    assert typed[0] == typed[1]
    assert started[0]["AttachmentId"] == started[1]["AttachmentId"]
    assert started[0]["UploadMetadata"]["Url"] == started[1]["UploadMetadata"]["Url"]
    _put(started[0], b"text")
    for _ in range(2):
        _complete(customer, started[0], ClientToken=token)
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


# --- attachments ---------------------------------------------------------------------------------------
def _start(person: Person, content: bytes, name: str = "note.txt", **more: Any) -> Answer:
    return dict(
        person.client.start_attachment_upload(
            ContentType="text/plain",
            AttachmentSizeInBytes=len(content),
            AttachmentName=name,
            ConnectionToken=person.token,
            **more,
        )
    )


def _put(started: Answer, content: bytes) -> int:
    upload = started["UploadMetadata"]
    request = urllib.request.Request(upload["Url"], content, upload["HeadersToInclude"], method="PUT")
    with urllib.request.urlopen(request, timeout=20) as response:
        return int(response.status)


def _unmeasured(started: Answer) -> Answer:
    upload = started["UploadMetadata"]
    headers = {k: v for k, v in upload["HeadersToInclude"].items() if k != "Content-Length"}
    return {**started, "UploadMetadata": {**upload, "HeadersToInclude": headers}}


def _complete(person: Person, started: Answer, **more: Any) -> None:
    ids = [started["AttachmentId"]]
    person.client.complete_attachment_upload(AttachmentIds=ids, ConnectionToken=person.token, **more)


def test_a_file_goes_up_and_comes_down(boto: Boto, amazon: Amazon) -> None:
    """Start, PUT with exactly the headers given, complete: an ATTACHMENT item; GetAttachment leads to the bytes."""
    customer = boto.customer()
    content = "Grüße\n".encode() * 100
    started = _start(customer, content, "Grüße.txt")
    assert _put(started, content) == 200
    _complete(customer, started)
    item = customer.page()["Transcript"][0]
    assert item["Type"] == "ATTACHMENT"
    assert "ContentType" not in item
    assert item["Attachments"] == [
        {
            "ContentType": "text/plain",
            "AttachmentId": started["AttachmentId"],
            "AttachmentName": "Grüße.txt",
            "Status": "APPROVED",
        }
    ]
    asked = {"AttachmentId": started["AttachmentId"], "UrlExpiryInSeconds": 60, "ConnectionToken": customer.token}
    got = boto.participant.get_attachment(**asked)
    assert got["AttachmentSizeInBytes"] == len(content)
    assert datetime.fromisoformat(got["UrlExpiry"])
    with urllib.request.urlopen(got["Url"], timeout=20) as response:
        assert response.read() == content


def test_a_bot_may_not_download(boto: Boto) -> None:
    """CUSTOM_BOT sees the item, and is denied the file."""
    customer = boto.customer()
    bot = boto.bot(customer.contact_id)
    started = _start(customer, b"secret")
    _put(started, b"secret")
    _complete(customer, started)
    assert bot.page()["Transcript"][0]["Type"] == "ATTACHMENT"
    with refused(boto.participant, "AccessDeniedException"):
        boto.participant.get_attachment(AttachmentId=started["AttachmentId"], ConnectionToken=bot.token)


def test_files_that_are_refused(boto: Boto) -> None:
    """A wrong type or size, a file that never came, somebody else's, and one that was completed before."""
    customer = boto.customer()
    bot = boto.bot(customer.contact_id)
    with refused(boto.participant, "ValidationException"):
        _start(customer, b"MZ", "virus.exe")
    with refused(boto.participant, "ValidationException"):
        boto.participant.start_attachment_upload(
            ContentType="text/plain",
            AttachmentSizeInBytes=20_971_521,
            AttachmentName="a.txt",
            ConnectionToken=customer.token,
        )
    started = _start(customer, b"text")
    with refused(boto.participant, "ValidationException"):
        _complete(customer, started)
    with pytest.raises(urllib.error.HTTPError) as caught:
        _put(_unmeasured(started), b"longer than it was said to be")
    assert caught.value.code == 400
    caught.value.close()
    _put(started, b"text")
    with refused(boto.participant, "AccessDeniedException"):
        _complete(bot, started)
    _complete(customer, started)
    with refused(boto.participant, "ConflictException"):
        _complete(customer, started)


def test_thirty_five_files_and_no_more(boto: Boto) -> None:
    """The chat's quota of attachments is ServiceQuotaExceededException, 402."""
    customer = boto.customer()
    for _ in range(35):
        _start(customer, b"x")
    with refused(boto.participant, "ServiceQuotaExceededException"):
        _start(customer, b"x")


# --- views, authentication, goodbye --------------------------------------------------------------------
def test_no_views_and_no_authentication(boto: Boto) -> None:
    """No flow here offers them: modelled errors, not failures."""
    customer = boto.customer()
    by = {"ConnectionToken": customer.token}
    with refused(boto.participant, "ResourceNotFoundException"):
        boto.participant.describe_view(ViewToken="a/b c", **by)
    for call in ("get_authentication_url", "cancel_participant_authentication"):
        more = {"RedirectUri": "https://example.com"} if call == "get_authentication_url" else {}
        with refused(boto.participant, "ValidationException"):
            getattr(boto.participant, call)(SessionId=str(uuid4()), **more, **by)


def test_a_bot_leaves_and_the_chat_goes_on(boto: Boto) -> None:
    """DisconnectParticipant: participant.left, dead tokens, and a customer who goes on."""
    customer = boto.customer()
    bot = boto.bot(customer.contact_id)
    assert bot.leaves()["ResponseMetadata"]["HTTPStatusCode"] == 200
    with refused(boto.participant, "AccessDeniedException"):
        bot.says("one more thing")
    assert customer.reads()[0] == "participant.left"
    assert customer.says("anybody?")


def test_the_customers_goodbye_is_the_end(boto: Boto) -> None:
    """When the customer leaves, the chat is over for the bot too."""
    customer = boto.customer()
    bot = boto.bot(customer.contact_id)
    customer.leaves()
    with refused(boto.participant, "AccessDeniedException"):
        bot.says("goodbye")
    with refused(boto.connect, "ContactNotFoundException"):
        boto.ends(customer.contact_id)
