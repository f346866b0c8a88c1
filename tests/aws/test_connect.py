"""The control plane over the real wire."""

from datetime import UTC, datetime

import pytest

from agent.errors import ContactGone, InvalidRequest, ServiceQuotaExceeded, UnexpectedAnswer
from agent.ids import ClientToken, ContactId, ContactKey, InstanceId
from agent.ports import ConnectPort
from tests.aws.conftest import Opening, Peer, answer

INSTANCE = InstanceId("12345678-1234-1234-1234-123456789012")
CONTACT = ContactId("0c1b6f1e-3f0b-4f2e-9d5e-2f6d2d1a7c11")
KEY = ContactKey(INSTANCE, CONTACT)
CREATED = {
    "ParticipantId": "p-1",
    "ParticipantCredentials": {"ParticipantToken": "the-token", "Expiry": "2026-11-06T10:15:00.412Z"},
}


async def create(port: ConnectPort, name: str = "Helper") -> object:
    return await port.create_participant(KEY, display_name=name, client_token=ClientToken("ct"))


async def test_create_participant_asks_for_a_custom_bot(peer: Peer, ports: Opening) -> None:
    """Every field of the request has its place; the call is signed; the role is never anything else."""
    peer.answers(answer(200, CREATED))
    async with ports() as opened:
        created = await opened.connect.create_participant(KEY, display_name="Helper", client_token=ClientToken("ct"))
    request = peer.requests[0]
    assert (request.method, request.path) == ("POST", "/contact/create-participant")
    assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
    assert request.members == {
        "InstanceId": INSTANCE,
        "ContactId": CONTACT,
        "ClientToken": "ct",
        "ParticipantDetails": {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Helper"},
    }
    assert (created.participant_id, created.token.reveal()) == ("p-1", "the-token")
    assert created.expiry == datetime(2026, 11, 6, 10, 15, 0, 412000, tzinfo=UTC)


@pytest.mark.parametrize("expiry", [None, "", "soon", 12, []])
async def test_an_odd_expiry_does_not_cost_the_participant(peer: Peer, ports: Opening, expiry: object) -> None:
    """The token is what counts; its expiry is optional in the model."""
    credentials = {"ParticipantToken": "the-token", "Expiry": expiry}
    peer.answers(answer(200, {**CREATED, "ParticipantCredentials": credentials}))
    async with ports() as opened:
        created = await opened.connect.create_participant(KEY, display_name="H", client_token=ClientToken("ct"))
    assert created.expiry is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ParticipantId": "p"},
        {**CREATED, "ParticipantCredentials": {}},
        {**CREATED, "ParticipantCredentials": None},
        {**CREATED, "ParticipantId": ""},
        {**CREATED, "ParticipantId": 7},
        {**CREATED, "ParticipantCredentials": {"ParticipantToken": ["t"]}},
        {**CREATED, "ParticipantCredentials": "t"},
    ],
)
async def test_an_answer_without_its_members_is_unexpected(peer: Peer, ports: Opening, body: object) -> None:
    """Never a KeyError; the sentence names what is missing."""
    peer.answers(answer(200, body))
    async with ports() as opened:
        with pytest.raises(UnexpectedAnswer, match="CreateParticipant failed: the answer"):
            await create(opened.connect)


async def test_an_illegal_parameter_is_refused_before_it_is_sent(peer: Peer, ports: Opening) -> None:
    """Control-plane calls are rare: they are checked against the model as far as botocore does, and nothing leaves."""
    async with ports() as opened:
        with pytest.raises(InvalidRequest, match="not legal: ParticipantDetails"):
            await create(opened.connect, "")
    assert peer.requests == []


async def test_an_error_of_the_model_becomes_its_class(peer: Peer, ports: Opening) -> None:
    """Code, status and AWS's words, in one sentence with a remedy."""
    headers = {
        "x-amzn-ErrorType": "ServiceQuotaExceededException:http://internal.amazon.com/",
        "x-amzn-RequestId": "r-7",
    }
    peer.answers(answer(402, {"Message": "Too many bots."}, **headers))
    async with ports() as opened:
        with pytest.raises(ServiceQuotaExceeded) as caught:
            await create(opened.connect)
    assert str(caught.value).startswith(
        "CreateParticipant failed (ServiceQuotaExceededException): Too many bots. A quota"
    )
    assert (caught.value.status, caught.value.request_id) == (402, "r-7")


def described(**contact: object) -> bytes:
    return answer(200, {"Contact": {"Id": CONTACT, "Channel": "CHAT", **contact}})


async def test_describe_contact_tells_a_live_chat(peer: Peer, ports: Opening) -> None:
    """The least that the service may say: the contact is its own initial contact, live, without an agent."""
    peer.answers(described(Attributes={"plan": "gold"}, InitialContactId="first"))
    async with ports() as opened:
        found = await opened.connect.describe_contact(KEY)
    assert peer.requests[0].path == f"/contacts/{INSTANCE}/{CONTACT}"
    assert (found.contact_id, found.initial_contact_id, found.channel) == (CONTACT, "first", "CHAT")
    assert (found.ended, found.agent_connected, found.disconnect_reason) == (False, False, None)
    assert found.attributes == {"plan": "gold"}


async def test_a_contact_without_an_initial_one_is_the_first(peer: Peer, ports: Opening) -> None:
    """Only later segments name another contact as their first."""
    peer.answers(described())
    async with ports() as opened:
        found = await opened.connect.describe_contact(KEY)
    assert (found.initial_contact_id, found.attributes) == (CONTACT, {})


async def test_describe_contact_tells_an_ended_chat(peer: Peer, ports: Opening) -> None:
    """An agent of an ended contact is no agent who is there."""
    agent = {"Id": "a", "ConnectedToAgentTimestamp": 1_790_000_000}
    peer.answers(described(DisconnectTimestamp=1_790_000_100, DisconnectReason="CUSTOMER_DISCONNECT", AgentInfo=agent))
    async with ports() as opened:
        found = await opened.connect.describe_contact(KEY)
    assert (found.ended, found.agent_connected, found.disconnect_reason) == (True, False, "CUSTOMER_DISCONNECT")


@pytest.mark.parametrize(
    ("about", "connected"), [({"ConnectedToAgentTimestamp": 1_790_000_000}, True), ({"Id": "a"}, False), (None, False)]
)
async def test_an_agent_is_there_once_connected(peer: Peer, ports: Opening, about: object, connected: bool) -> None:
    """An agent who was only offered the contact has not joined it."""
    peer.answers(described(AgentInfo=about))
    async with ports() as opened:
        assert (await opened.connect.describe_contact(KEY)).agent_connected is connected


@pytest.mark.parametrize("body", [{}, {"Contact": {}}, {"Contact": {"Id": CONTACT}}, {"Contact": None}])
async def test_a_description_without_a_channel_is_unexpected(peer: Peer, ports: Opening, body: object) -> None:
    """Whether a contact can be joined is not guessed."""
    peer.answers(answer(200, body))
    async with ports() as opened:
        with pytest.raises(UnexpectedAnswer):
            await opened.connect.describe_contact(KEY)


async def test_attributes_are_written_and_read_at_the_initial_contact(peer: Peer, ports: Opening) -> None:
    """Attributes belong to the first contact of the chain."""
    peer.answers(answer(200), answer(200, {"Attributes": {"a": "b"}}), answer(200))
    async with ports() as opened:
        await opened.connect.update_contact_attributes(INSTANCE, CONTACT, {"a": "b"})
        assert await opened.connect.get_contact_attributes(INSTANCE, CONTACT) == {"a": "b"}
        assert await opened.connect.get_contact_attributes(INSTANCE, CONTACT) == {}
    assert peer.requests[0].members == {"InstanceId": INSTANCE, "InitialContactId": CONTACT, "Attributes": {"a": "b"}}
    assert peer.requests[1].path == f"/contact/attributes/{INSTANCE}/{CONTACT}"


async def test_stopping_a_gone_contact_says_so(peer: Peer, ports: Opening) -> None:
    """The first stop ends it, the second learns that it has ended."""
    peer.answers(answer(200), answer(410, {}, x_amzn_errortype="ContactNotFoundException"))
    async with ports() as opened:
        await opened.connect.stop_contact(KEY)
        with pytest.raises(ContactGone):
            await opened.connect.stop_contact(KEY)
    assert peer.requests[0].members == {"InstanceId": INSTANCE, "ContactId": CONTACT}


async def test_streaming_is_started_with_a_topic_and_stopped_by_its_id(peer: Peer, ports: Opening) -> None:
    """StartContactStreaming under a ClientToken, so that a repeated call is the same stream."""
    topic = "arn:aws:sns:eu-west-2:123456789012:chat-agent-x"
    peer.answers(answer(200, {"StreamingId": "s"}), answer(200), answer(200, {}))
    async with ports() as opened:
        assert await opened.connect.start_contact_streaming(KEY, topic=topic, client_token=ClientToken("ct")) == "s"
        await opened.connect.stop_contact_streaming(KEY, "s")
        with pytest.raises(UnexpectedAnswer):
            await opened.connect.start_contact_streaming(KEY, topic=topic, client_token=ClientToken("ct"))
    start, stop, _ = peer.requests
    contact = {"InstanceId": INSTANCE, "ContactId": CONTACT}
    config = {"ChatStreamingConfiguration": {"StreamingEndpointArn": topic}}
    assert (start.path, start.members) == ("/contact/start-streaming", {**contact, **config, "ClientToken": "ct"})
    assert (stop.path, stop.members) == ("/contact/stop-streaming", {**contact, "StreamingId": "s"})
