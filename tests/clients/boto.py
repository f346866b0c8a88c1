"""boto3 as its users write it: its two clients, the parties of a chat, and how a refusal must arrive.

It must not know the emulator; it has an address.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from agent.emulator import INSTANCE_ID
from tests.clients.amazon import EVENT

STATUS = {
    "AccessDeniedException": 403,
    "ConflictException": 409,
    "ContactFlowNotPublishedException": 404,
    "ContactNotFoundException": 410,
    "InternalServerException": 500,
    "InternalServiceException": 500,
    "InvalidActiveRegionException": 400,
    "InvalidParameterException": 400,
    "InvalidRequestException": 400,
    "LimitExceededException": 429,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 402,
    "ThrottlingException": 429,
    "TooManyRequestsException": 429,
    "ValidationException": 400,
}
"""The HTTP status of each error, as the API references of both services have it."""
Answer = dict[str, Any]


@contextmanager
def refused(client: Any, name: str) -> Iterator[None]:
    """The call inside must be refused at once, with this modelled exception class and all that comes with it."""
    with pytest.raises(getattr(client.exceptions, name)) as caught:
        yield
    check_refusal(caught.value, name)


def check_refusal(error: ClientError, name: str) -> None:
    """A refusal's status, code, sentence and request id; and that it was not tried again."""
    said = error.response
    assert said["Error"]["Code"] == name
    assert said["Error"]["Message"]
    assert said["ResponseMetadata"]["HTTPStatusCode"] == STATUS[name]
    assert UUID(said["ResponseMetadata"]["RequestId"])
    if STATUS[name] not in (429, 500):
        assert said["ResponseMetadata"]["RetryAttempts"] == 0


@dataclass(slots=True)
class Person:
    """A participant with a connection token."""

    client: Any
    contact_id: str
    id: str
    participant_token: str
    token: str

    def says(self, text: str, content_type: str = "text/plain", **more: Any) -> Answer:
        """SendMessage."""
        params = {"ContentType": content_type, "Content": text, "ConnectionToken": self.token, **more}
        return dict(self.client.send_message(**params))

    def signals(self, event: str, message_id: str | None = None, **more: Any) -> Answer:
        """SendEvent; a receipt when `message_id` is given."""
        if message_id is not None:
            more["Content"] = json.dumps({"messageId": message_id})
        return dict(self.client.send_event(ContentType=EVENT + event, ConnectionToken=self.token, **more))

    def page(self, **params: Any) -> Answer:
        """GetTranscript."""
        return dict(self.client.get_transcript(ConnectionToken=self.token, **params))

    def reads(self, **params: Any) -> list[str]:
        """One page of the transcript in words: contents, and the last part of event types."""
        return [short(item) for item in self.page(**params)["Transcript"]]

    def leaves(self, **more: Any) -> Answer:
        """DisconnectParticipant."""
        return dict(self.client.disconnect_participant(ConnectionToken=self.token, **more))


def short(item: Answer) -> str:
    """An item's content, or the last part of its content type."""
    kind = str(item.get("ContentType") or item["Type"])
    return str(item.get("Content") or kind.rsplit(".event.", 1)[-1])


class Boto:
    """The clients of both services on one address; closed on exit."""

    def __init__(self, session: boto3.Session, url: str, *, verify: str | None = None, **config: Any) -> None:
        options: dict[str, Any] = {"endpoint_url": url, "config": Config(max_pool_connections=100, **config)}
        options |= {"verify": verify} if verify else {}
        self.connect: Any = session.client("connect", **options)
        self.participant: Any = session.client("connectparticipant", **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.connect.close()
        self.participant.close()

    def starts(self, **more: Any) -> Answer:
        """StartChatContact."""
        params = {"ContactFlowId": "no-bot", "ParticipantDetails": {"DisplayName": "Ana"}, **more}
        return dict(self.connect.start_chat_contact(InstanceId=INSTANCE_ID, **params))

    def customer(self, **more: Any) -> Person:
        """A new chat with its customer, connected without a websocket."""
        started = self.starts(**more)
        return self.person(started["ContactId"], started["ParticipantId"], started["ParticipantToken"])

    def creates(self, contact_id: str, **more: Any) -> Answer:
        """CreateParticipant, a custom bot."""
        details = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Helper"}
        params = {"InstanceId": INSTANCE_ID, "ContactId": contact_id, "ParticipantDetails": details, **more}
        return dict(self.connect.create_participant(**params))

    def bot(self, contact_id: str) -> Person:
        """A custom bot on the chat, connected."""
        created = self.creates(contact_id)
        return self.person(contact_id, created["ParticipantId"], created["ParticipantCredentials"]["ParticipantToken"])

    def person(self, contact_id: str, participant_id: str, token: str) -> Person:
        """Connect a participant."""
        kinds = ["CONNECTION_CREDENTIALS"]
        answer = self.participant.create_participant_connection(
            Type=kinds, ConnectParticipant=True, ParticipantToken=token
        )
        credentials = answer["ConnectionCredentials"]["ConnectionToken"]
        return Person(self.participant, contact_id, participant_id, token, credentials)

    def ends(self, contact_id: str) -> None:
        """StopContact."""
        self.connect.stop_contact(InstanceId=INSTANCE_ID, ContactId=contact_id)
