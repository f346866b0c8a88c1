"""The ports against a second reading of the protocol: one chat, from join to end, over real HTTP and websockets."""

import json

import anyio
import pytest

from agent import errors
from agent.aws.pulling import PulledSocket, pulled
from agent.aws.settings import AwsSettings
from agent.aws.wiring import AwsPorts, aws_ports
from agent.emulator import INSTANCE_ID, Emulator, Settings, emulate
from agent.ids import ClientToken, ContactId, ContactKey, InstanceId, Secret
from agent.ports import Connection
from agent.wire.content import EventType, Role
from agent.wire.items import Event, Message

INSTANCE = InstanceId(INSTANCE_ID)
CT = ClientToken("ct")


def key_of(started: dict[str, str]) -> ContactKey:
    return ContactKey(INSTANCE, ContactId(started["ContactId"]))


async def joined(ports: AwsPorts, key: ContactKey) -> tuple[Connection, str]:
    created = await ports.connect.create_participant(key, display_name="Helper", client_token=CT)
    return await ports.participant.create_participant_connection(created.token), created.participant_id


async def subscribed(socket: PulledSocket) -> None:
    socket.send('{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}')
    answer = json.loads(await socket.receive())
    assert answer["content"]["status"] == "success"


async def next_item(socket: PulledSocket, kind: str) -> dict[str, str]:
    while True:
        frame = json.loads(await socket.receive())
        item = json.loads(frame["content"])
        if item["Type"] == kind:
            return dict(item)


def customer_says(emulator: Emulator, started: dict[str, str], words: str) -> None:
    asked = {"Type": ["CONNECTION_CREDENTIALS"]}
    answer = emulator.call("CreateParticipantConnection", asked, bearer=started["ParticipantToken"])
    token = answer["ConnectionCredentials"]["ConnectionToken"]
    emulator.call("SendMessage", {"ContentType": "text/plain", "Content": words}, bearer=token)


async def test_a_whole_chat() -> None:
    """Join, hear, answer, read back, leave: every port at its work, answers checked against AWS's own model."""
    with anyio.fail_after(20):
        async with (
            emulate(settings=Settings(validate_answers=True)) as emulator,
            aws_ports(AwsSettings(endpoint_url=emulator.url)) as ports,
        ):
            started = emulator.start_chat(connected=True)
            key = key_of(started)
            connection, participant_id = await joined(ports, key)
            async with pulled(ports.sockets, connection.url) as socket:
                await subscribed(socket)
                customer_says(emulator, started, "Where is my parcel? 📦")
                assert (await next_item(socket, "MESSAGE"))["Content"] == "Where is my parcel? 📦"
                sent = await ports.participant.send_message(
                    connection.token, content="On its way.", content_type="text/plain", client_token=CT
                )
                echo = await next_item(socket, "MESSAGE")
                assert (echo["Id"], echo["ParticipantId"]) == (sent.id, participant_id)
                again = await ports.participant.send_message(
                    connection.token, content="On its way.", content_type="text/plain", client_token=CT
                )
                assert again == sent
                await ports.participant.send_event(
                    connection.token, content_type=EventType.TYPING, client_token=ClientToken("typing")
                )
            page = await ports.participant.get_transcript(connection.token)
            said = [(item.sender.role, item.text) for item in page.items if isinstance(item, Message)]
            assert said[-2:] == [(Role.CUSTOMER, "Where is my parcel? 📦"), (Role.CUSTOM_BOT, "On its way.")]
            assert any(isinstance(item, Event) for item in page.items)
            await ports.participant.disconnect_participant(connection.token, client_token=ClientToken("bye"))
            with pytest.raises(errors.AccessDenied):
                await ports.participant.get_transcript(connection.token)


async def test_joining_again_with_the_same_token_is_the_same_join() -> None:
    """CreateParticipant is repeatable; a different token is a second bot."""
    async with emulate() as emulator, aws_ports(AwsSettings(endpoint_url=emulator.url)) as ports:
        key = key_of(emulator.start_chat(connected=True))
        _, participant_id = await joined(ports, key)
        assert (await joined(ports, key))[1] == participant_id
        with pytest.raises(errors.Conflict):
            await ports.connect.create_participant(key, display_name="Other", client_token=ClientToken("other"))


async def test_a_contact_is_described_changed_and_stopped() -> None:
    """The control plane's calls about a contact, before and after its end."""
    async with emulate() as emulator, aws_ports(AwsSettings(endpoint_url=emulator.url)) as ports:
        key = key_of(emulator.start_chat(connected=True))
        before = await ports.connect.describe_contact(key)
        assert (before.channel, before.ended, before.agent_connected) == ("CHAT", False, False)
        await ports.connect.update_contact_attributes(INSTANCE, before.initial_contact_id, {"plan": "gold"})
        assert (await ports.connect.get_contact_attributes(INSTANCE, before.initial_contact_id))["plan"] == "gold"
        await ports.connect.stop_contact(key)
        assert (await ports.connect.describe_contact(key)).ended
        with pytest.raises(errors.ConnectError) as caught:
            await ports.connect.create_participant(key, display_name="Late", client_token=CT)
        assert not caught.value.retryable


async def test_a_connected_agent_is_described() -> None:
    """Whoever offers a contact late must find out that a human is on it."""
    async with emulate() as emulator, aws_ports(AwsSettings(endpoint_url=emulator.url)) as ports:
        key = key_of(emulator.start_chat(connected=True))
        emulator.agent_joins(key.contact_id)
        assert (await ports.connect.describe_contact(key)).agent_connected


async def test_an_unknown_contact_is_not_found() -> None:
    """A well-formed id that nobody has."""
    async with emulate() as emulator, aws_ports(AwsSettings(endpoint_url=emulator.url)) as ports:
        key = ContactKey(INSTANCE, ContactId("0c1b6f1e-3f0b-4f2e-9d5e-2f6d2d1a7c11"))
        with pytest.raises(errors.ResourceNotFound):
            await ports.connect.describe_contact(key)
        with pytest.raises(errors.ResourceNotFound):
            await ports.connect.create_participant(key, display_name="B", client_token=CT)


@pytest.mark.parametrize("content_type", ["text/markdown", "no/such.type"])
async def test_an_unsupported_content_type_is_an_invalid_request(content_type: str) -> None:
    """The outbox falls back by this class."""
    async with emulate() as emulator, aws_ports(AwsSettings(endpoint_url=emulator.url)) as ports:
        connection, _ = await joined(ports, key_of(emulator.start_chat(connected=True)))
        with pytest.raises(errors.InvalidRequest):
            await ports.participant.send_message(
                connection.token, content="*hi*", content_type=content_type, client_token=CT
            )


async def test_quotas_are_throttling() -> None:
    """A burst beyond the instance's rate is Throttled, and the effect is known: nothing was said."""
    settings = Settings(enforce_quotas=True)
    async with emulate(settings=settings) as emulator, aws_ports(AwsSettings(endpoint_url=emulator.url)) as ports:
        connection, _ = await joined(ports, key_of(emulator.start_chat(connected=True)))

        async def burst() -> None:
            for number in range(100):
                await ports.participant.send_message(
                    connection.token, content="hi", content_type="text/plain", client_token=ClientToken(str(number))
                )

        with pytest.raises(errors.Throttled) as caught:
            await burst()
        assert caught.value.retryable
        assert not caught.value.effect_unknown


async def test_the_wrong_token_is_denied_on_every_participant_call() -> None:
    """A made-up bearer opens nothing; the websocket refuses an unknown URL with its status."""
    wrong = Secret("made-up")
    async with emulate() as emulator, aws_ports(AwsSettings(endpoint_url=emulator.url)) as ports:
        port = ports.participant
        for call in (
            port.create_participant_connection(wrong),
            port.send_message(wrong, content="hi", content_type="text/plain", client_token=CT),
            port.send_event(wrong, content_type=EventType.TYPING, client_token=CT),
            port.get_transcript(wrong),
            port.disconnect_participant(wrong, client_token=CT),
        ):
            with pytest.raises(errors.AccessDenied):
                await call
        with pytest.raises(errors.SocketRefused) as caught:
            async with pulled(ports.sockets, Secret(emulator.url.replace("http", "ws") + "/websocket?made-up")):
                raise AssertionError("opened")
        assert caught.value.status in (400, 403)


async def test_the_end_of_the_chat_reaches_the_socket() -> None:
    """chat.ended comes as an event before anything closes."""
    with anyio.fail_after(20):
        async with emulate() as emulator, aws_ports(AwsSettings(endpoint_url=emulator.url)) as ports:
            key = key_of(emulator.start_chat(connected=True))
            connection, _ = await joined(ports, key)
            async with pulled(ports.sockets, connection.url) as socket:
                await subscribed(socket)
                emulator.stop(key.contact_id)
                while (await next_item(socket, "EVENT"))["ContentType"] != EventType.CHAT_ENDED:
                    pass
