"""Connections and tokens as boto3 meets them: what is handed out, who may do what, and for how long."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import botocore
import pytest
from botocore.exceptions import SSLError

from tests.clients.amazon import Amazon
from tests.clients.boto import Boto, refused


def test_a_connection_has_what_was_asked_for_and_nothing_else(boto: Boto) -> None:
    """Websocket and credentials come when Type names them; ConnectParticipant alone answers neither."""
    token = boto.starts()["ParticipantToken"]
    open_connection = boto.participant.create_participant_connection
    both = open_connection(Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"], ParticipantToken=token)
    assert both["Websocket"]["Url"].startswith("ws://127.0.0.1:")
    assert len(both["Websocket"]["Url"]) <= 2000
    assert 1 <= len(both["ConnectionCredentials"]["ConnectionToken"]) <= 1000
    life = datetime.fromisoformat(both["ConnectionCredentials"]["Expiry"]) - _of(both["Websocket"]["ConnectionExpiry"])
    assert abs(life - timedelta(hours=23)) < timedelta(seconds=1)  # each is counted from its own moment
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


def test_https_with_the_emulators_own_certificate(emulating: Any, boto_session: Any) -> None:
    """With `secure` on, a client that trusts the certificate works, and websocket URLs are wss; others refuse."""
    amazon = emulating(secure=True)
    with Boto(boto_session, amazon.url, verify=str(amazon.emulator.certificate)) as boto:
        started = boto.starts()
        opened = boto.participant.create_participant_connection(
            Type=["WEBSOCKET"], ParticipantToken=started["ParticipantToken"]
        )
    assert amazon.url.startswith("https://")
    assert opened["Websocket"]["Url"].startswith("wss://")
    with Boto(boto_session, amazon.url, retries={"max_attempts": 0}) as wary, pytest.raises(SSLError):
        wary.starts()


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
