"""The Participant Service through aiobotocore: unsigned calls whose only credential is a bearer token.

It does not know the chat, nor does it retry.
"""

from collections.abc import Mapping
from typing import Any, Literal

from agent.aws.answers import instant, optional_text, taken
from agent.aws.calls import Caller
from agent.ids import ClientToken, ContactId, ItemId, Secret
from agent.ports import Access, Connection, Operation, Sent, TranscriptPage
from agent.wire.items import parse_item


class BotoParticipant:
    """A `ParticipantPort` on an open client of ``connectparticipant``."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def create_participant_connection(self, participant_token: Secret) -> Connection:
        """A websocket URL and a connection token, for a participant token; may be repeated [documented]."""
        operation = Operation.CREATE_PARTICIPANT_CONNECTION
        answer = await self._calls(
            operation,
            ParticipantToken=participant_token.reveal(),
            Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"],
            ConnectParticipant=True,
        )
        websocket = taken(operation, answer, "Websocket", dict)
        access = _access(answer)
        return Connection(
            url=Secret(taken(operation, websocket, "Url", str)),
            url_expiry=instant(operation, websocket, "ConnectionExpiry"),
            token=access.token,
            token_expiry=access.token_expiry,
        )

    async def create_participant_access(self, participant_token: Secret) -> Access:
        """A connection token alone, for a participant token; may be repeated [documented]."""
        answer = await self._calls(
            Operation.CREATE_PARTICIPANT_CONNECTION,
            ParticipantToken=participant_token.reveal(),
            Type=["CONNECTION_CREDENTIALS"],
            ConnectParticipant=True,
        )
        return _access(answer)

    async def send_message(self, token: Secret, *, content: str, content_type: str, client_token: ClientToken) -> Sent:
        """Says `content`; repeating with the same `client_token` says it once [documented]."""
        operation = Operation.SEND_MESSAGE
        answer = await self._calls(
            operation,
            ConnectionToken=token.reveal(),
            ContentType=content_type,
            Content=content,
            ClientToken=client_token,
        )
        return _sent(operation, answer)

    async def send_event(
        self, token: Secret, *, content_type: str, content: str | None = None, client_token: ClientToken
    ) -> Sent:
        """Sends a typing event or a receipt."""
        operation = Operation.SEND_EVENT
        members = {"ConnectionToken": token.reveal(), "ContentType": content_type, "ClientToken": client_token}
        if content is not None:
            members["Content"] = content
        return _sent(operation, await self._calls(operation, **members))

    async def get_transcript(
        self,
        token: Secret,
        *,
        start: ItemId | None = None,
        direction: Literal["FORWARD", "BACKWARD"] = "BACKWARD",
        next_token: str | None = None,
        max_results: int = 100,
    ) -> TranscriptPage:
        """One page of what was said, oldest first; `max_results` is at most 100 [documented]."""
        operation = Operation.GET_TRANSCRIPT
        members: dict[str, Any] = {
            "ConnectionToken": token.reveal(),
            "ScanDirection": direction,
            "SortOrder": "ASCENDING",
            "MaxResults": max_results,
        }
        if start is not None:
            members["StartPosition"] = {"Id": start}
        if next_token is not None:
            members["NextToken"] = next_token
        return _page(await self._calls(operation, **members))

    async def disconnect_participant(self, token: Secret, *, client_token: ClientToken) -> None:
        """Leaves the chat."""
        await self._calls(Operation.DISCONNECT_PARTICIPANT, ConnectionToken=token.reveal(), ClientToken=client_token)


def _access(answer: Mapping[str, Any]) -> Access:
    operation = Operation.CREATE_PARTICIPANT_CONNECTION
    credentials = taken(operation, answer, "ConnectionCredentials", dict)
    return Access(
        token=Secret(taken(operation, credentials, "ConnectionToken", str)),
        token_expiry=instant(operation, credentials, "Expiry"),
    )


def _sent(operation: Operation, answer: Mapping[str, Any]) -> Sent:
    return Sent(
        id=ItemId(taken(operation, answer, "Id", str)),
        absolute_time=taken(operation, answer, "AbsoluteTime", str),
    )


def _page(answer: Mapping[str, Any]) -> TranscriptPage:
    items = answer.get("Transcript")
    if not isinstance(items, list):
        items = taken(Operation.GET_TRANSCRIPT, answer, "Transcript", list)
    initial = optional_text(answer, "InitialContactId")
    return TranscriptPage(
        items=tuple(parse_item(item) for item in items),
        initial_contact_id=ContactId(initial) if initial else None,
        next_token=optional_text(answer, "NextToken"),
    )
