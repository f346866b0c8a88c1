"""The Participant Service over the real wire."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.errors import UnexpectedAnswer
from agent.ids import ClientToken, ItemId, Secret
from agent.ports import ParticipantPort, Sent
from agent.wire.items import Message, Unknown
from tests.aws.conftest import BOTH_WAYS, Opening, Peer, answer

TOKEN = Secret("connection-token")
CONNECTION = {
    "Websocket": {
        "Url": "wss://x.transport.connect.us-east-1.amazonaws.com/p?s=1",
        "ConnectionExpiry": "2026-11-05T11:15:01.120Z",
    },
    "ConnectionCredentials": {"ConnectionToken": "connection-token", "Expiry": "2026-11-06T10:15:01+00:00"},
}
SENT = {"Id": "i-1", "AbsoluteTime": "2026-11-05T10:15:30.100Z"}


async def say(port: ParticipantPort, content: str = "Hi") -> Sent:
    return await port.send_message(TOKEN, content=content, content_type="text/plain", client_token=ClientToken("ct"))


@BOTH_WAYS
async def test_a_connection_is_asked_for_with_both_parts(peer: Peer, ports: Opening) -> None:
    """Websocket and credentials, and the participant is marked as connected; unsigned, by bearer alone."""
    peer.answers(answer(200, CONNECTION))
    async with ports() as opened:
        made = await opened.participant.create_participant_connection(Secret("participant-token"))
    request = peer.requests[0]
    assert (request.method, request.path) == ("POST", "/participant/connection")
    assert request.headers["x-amz-bearer"] == "participant-token"
    assert "authorization" not in request.headers
    assert request.members == {"Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
    assert made.url.reveal() == CONNECTION["Websocket"]["Url"]
    assert made.token.reveal() == "connection-token"
    assert made.token_expiry - made.url_expiry == timedelta(hours=22, minutes=59, seconds=59, milliseconds=880)


@BOTH_WAYS
async def test_a_time_without_a_zone_is_utc(peer: Peer, ports: Opening) -> None:
    """AWS speaks UTC; an expiry must never be compared in local time."""
    websocket = {**CONNECTION["Websocket"], "ConnectionExpiry": "2026-11-05T11:15:01"}
    peer.answers(answer(200, {**CONNECTION, "Websocket": websocket}))
    async with ports() as opened:
        made = await opened.participant.create_participant_connection(TOKEN)
    assert made.url_expiry == datetime(2026, 11, 5, 11, 15, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "odd",
    [
        {"Websocket": None},
        {"Websocket": {"Url": "", "ConnectionExpiry": "2026-11-05T11:15:01Z"}},
        {"Websocket": {"Url": "wss://x/", "ConnectionExpiry": "soon"}},
        {"Websocket": {"Url": "wss://x/"}},
        {"ConnectionCredentials": {}},
        {"ConnectionCredentials": {"ConnectionToken": "t", "Expiry": 7}},
        {"ConnectionCredentials": {"Expiry": "2026-11-05T11:15:01Z"}},
    ],
)
@BOTH_WAYS
async def test_a_connection_that_lacks_a_part_is_unexpected(peer: Peer, ports: Opening, odd: dict[str, object]) -> None:
    """Half a connection is none."""
    peer.answers(answer(200, CONNECTION | odd))
    async with ports() as opened:
        with pytest.raises(UnexpectedAnswer, match="CreateParticipantConnection failed"):
            await opened.participant.create_participant_connection(TOKEN)


@BOTH_WAYS
async def test_a_message_goes_out_as_given(peer: Peer, ports: Opening) -> None:
    """Content, type and ClientToken, in any script, behind the connection token."""
    peer.answers(answer(200, SENT))
    async with ports() as opened:
        sent = await say(opened.participant, 'Grüße 👋 "quoted" \n')
    request = peer.requests[0]
    assert (request.path, request.headers["x-amz-bearer"]) == ("/participant/message", "connection-token")
    assert request.members == {"ContentType": "text/plain", "Content": 'Grüße 👋 "quoted" \n', "ClientToken": "ct"}
    assert sent == Sent(id=ItemId("i-1"), absolute_time="2026-11-05T10:15:30.100Z")


@BOTH_WAYS
async def test_an_event_has_content_only_when_given(peer: Peer, ports: Opening) -> None:
    """A typing event has none, a receipt has some."""
    peer.answers(answer(200, SENT))
    async with ports() as opened:
        for content in (None, '{"messageId":"m"}'):
            await opened.participant.send_event(
                TOKEN, content_type="some/event", content=content, client_token=ClientToken("ct")
            )
    assert [request.path for request in peer.requests] == ["/participant/event"] * 2
    assert [request.members.get("Content", "none") for request in peer.requests] == ["none", '{"messageId":"m"}']


@pytest.mark.parametrize("body", [{}, {"Id": "i"}, {"AbsoluteTime": "t"}, {"Id": None, "AbsoluteTime": 7}, {"Id": {}}])
@BOTH_WAYS
async def test_a_send_without_id_and_time_is_unexpected(peer: Peer, ports: Opening, body: object) -> None:
    """Without an Id the reply could not be recognised later; whether it was said is unknown."""
    peer.answers(answer(200, body))
    async with ports() as opened:
        with pytest.raises(UnexpectedAnswer) as caught:
            await say(opened.participant)
    assert caught.value.effect_unknown


@BOTH_WAYS
async def test_a_transcript_page_is_read_oldest_first(peer: Peer, ports: Opening) -> None:
    """Only what is asked for is sent; the items are the wire's own."""
    item = {"Id": "m", "Type": "MESSAGE", "ContentType": "text/plain", "Content": "hello", "AbsoluteTime": "t"}
    page = {"InitialContactId": "first", "Transcript": [item, {"Type": "SOMETHING", "Id": "u"}], "NextToken": "next"}
    peer.answers(answer(200, page), answer(200, {"Transcript": [], "NextToken": ""}))
    async with ports() as opened:
        first = await opened.participant.get_transcript(TOKEN)
        last = await opened.participant.get_transcript(
            TOKEN, start=ItemId("m"), direction="FORWARD", next_token="next", max_results=10
        )
    asked = [request.members for request in peer.requests]
    assert asked[0] == {"ScanDirection": "BACKWARD", "SortOrder": "ASCENDING", "MaxResults": 100}
    assert asked[1] == {
        "ScanDirection": "FORWARD",
        "SortOrder": "ASCENDING",
        "MaxResults": 10,
        "StartPosition": {"Id": "m"},
        "NextToken": "next",
    }
    assert [type(item) for item in first.items] == [Message, Unknown]
    assert (first.initial_contact_id, first.next_token) == ("first", "next")
    assert (list(last.items), last.initial_contact_id, last.next_token) == ([], None, None)


@pytest.mark.parametrize("body", [{}, {"Transcript": None}])
@BOTH_WAYS
async def test_a_page_without_a_transcript_is_unexpected(peer: Peer, ports: Opening, body: object) -> None:
    """A missing list is not an empty chat: taking it for one would lose messages."""
    peer.answers(answer(200, body))
    async with ports() as opened:
        with pytest.raises(UnexpectedAnswer, match="no Transcript"):
            await opened.participant.get_transcript(TOKEN)


@BOTH_WAYS
async def test_leaving_is_one_call(peer: Peer, ports: Opening) -> None:
    """DisconnectParticipant carries a ClientToken and answers nothing."""
    peer.answers(answer(200))
    async with ports() as opened:
        await opened.participant.disconnect_participant(TOKEN, client_token=ClientToken("ct"))
    assert (peer.requests[0].path, peer.requests[0].members) == ("/participant/disconnect", {"ClientToken": "ct"})


@BOTH_WAYS
async def test_credentials_alone_are_the_documented_recipe(peer: Peer, ports: Opening) -> None:
    """No websocket is asked for, and none expected in the answer."""
    peer.answers(answer(200, {**CONNECTION, "Websocket": None}))
    async with ports() as opened:
        made = await opened.participant.create_participant_access(Secret("participant-token"))
    assert peer.requests[0].members == {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
    assert made.token.reveal() == "connection-token"
