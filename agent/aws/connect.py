"""The control plane of Amazon Connect through aiobotocore: signed calls about contacts.

It does not know what an answer means for a chat, nor does it retry.
"""

from collections.abc import Mapping

from agent.aws.answers import optional_instant, optional_text, taken, texts
from agent.aws.calls import Answer, Caller
from agent.ids import ClientToken, ContactId, ContactKey, InstanceId, ParticipantId, Secret
from agent.ports import ContactDescription, CreatedParticipant, Operation
from agent.wire.content import Role


class BotoConnect:
    """A `ConnectPort` on an open client of ``connect``."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def create_participant(
        self, key: ContactKey, *, display_name: str, client_token: ClientToken
    ) -> CreatedParticipant:
        """Adds a custom bot to the contact; the same `client_token` gives the same participant [documented]."""
        operation = Operation.CREATE_PARTICIPANT
        answer = await self._calls(
            operation,
            InstanceId=key.instance_id,
            ContactId=key.contact_id,
            ClientToken=client_token,
            ParticipantDetails={"ParticipantRole": Role.CUSTOM_BOT.value, "DisplayName": display_name},
        )
        credentials = taken(operation, answer, "ParticipantCredentials", dict)
        return CreatedParticipant(
            participant_id=ParticipantId(taken(operation, answer, "ParticipantId", str)),
            token=Secret(taken(operation, credentials, "ParticipantToken", str)),
            expiry=optional_instant(credentials, "Expiry"),
        )

    async def describe_contact(self, key: ContactKey) -> ContactDescription:
        """What the instance knows of the contact."""
        operation = Operation.DESCRIBE_CONTACT
        answer = await self._calls(operation, InstanceId=key.instance_id, ContactId=key.contact_id)
        contact: Answer = taken(operation, answer, "Contact", dict)
        ended = contact.get("DisconnectTimestamp") is not None
        return ContactDescription(
            contact_id=key.contact_id,
            initial_contact_id=ContactId(optional_text(contact, "InitialContactId") or key.contact_id),
            channel=taken(operation, contact, "Channel", str),
            ended=ended,
            agent_connected=not ended and _agent_connected(contact),
            disconnect_reason=optional_text(contact, "DisconnectReason"),
            attributes=texts(contact, "Attributes"),
        )

    async def update_contact_attributes(
        self, instance_id: InstanceId, initial_contact_id: ContactId, attributes: Mapping[str, str]
    ) -> None:
        """Adds to, or replaces in, the contact's attributes; repeating it changes nothing."""
        await self._calls(
            Operation.UPDATE_CONTACT_ATTRIBUTES,
            InstanceId=instance_id,
            InitialContactId=initial_contact_id,
            Attributes=dict(attributes),
        )

    async def get_contact_attributes(self, instance_id: InstanceId, initial_contact_id: ContactId) -> Mapping[str, str]:
        """The contact's attributes."""
        answer = await self._calls(
            Operation.GET_CONTACT_ATTRIBUTES, InstanceId=instance_id, InitialContactId=initial_contact_id
        )
        return texts(answer, "Attributes")

    async def stop_contact(self, key: ContactKey) -> None:
        """Ends the contact for everyone; `ContactGone` when it has ended [documented]."""
        await self._calls(Operation.STOP_CONTACT, InstanceId=key.instance_id, ContactId=key.contact_id)

    async def start_contact_streaming(self, key: ContactKey, *, topic: str, client_token: ClientToken) -> str:
        """Begins to stream the contact to `topic`; the same `client_token` gives the same stream [documented]."""
        operation = Operation.START_CONTACT_STREAMING
        answer = await self._calls(
            operation,
            InstanceId=key.instance_id,
            ContactId=key.contact_id,
            ChatStreamingConfiguration={"StreamingEndpointArn": topic},
            ClientToken=client_token,
        )
        return taken(operation, answer, "StreamingId", str)

    async def stop_contact_streaming(self, key: ContactKey, streaming_id: str) -> None:
        """Ends a stream."""
        await self._calls(
            Operation.STOP_CONTACT_STREAMING,
            InstanceId=key.instance_id,
            ContactId=key.contact_id,
            StreamingId=streaming_id,
        )


def _agent_connected(contact: Answer) -> bool:
    """An agent's information stays on the contact; only the time of connecting says that one is there [inferred]."""
    about = contact.get("AgentInfo")
    return isinstance(about, Mapping) and about.get("ConnectedToAgentTimestamp") is not None
