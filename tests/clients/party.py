"""The parties of a chat in async tests: aiobotocore for calls, a bare websocket for what is pushed.

It must not know the emulator; it has an address.
"""

import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import botocore
from aiobotocore.session import AioSession
from botocore.config import Config
from websockets.asyncio.client import ClientConnection, connect

from agent.emulator import INSTANCE_ID
from tests.clients.amazon import EVENT
from tests.clients.boto import short

Answer = dict[str, Any]
SESSION = AioSession()  # for the whole run: it remembers the service models it has read
SUBSCRIBE = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
PATIENCE = 50  # seconds that anything may take on a busy machine


@dataclass(slots=True)
class Socket:
    """A participant websocket: frames come out in order, topic frames and items apart."""

    line: ClientConnection
    seen: deque[Answer] = field(default_factory=deque)

    async def topic(self, name: str) -> Answer:
        """The next frame, which must be of this topic."""
        with anyio.fail_after(PATIENCE):
            frame: Answer = json.loads(await self.line.recv())
        assert frame["topic"] == name
        return frame

    async def item(self) -> Answer:
        """The next item."""
        frame = await self.topic("aws/chat")
        assert frame["contentType"] == "application/json"
        item: Answer = json.loads(frame["content"])
        return item

    async def until(self, word: str) -> list[str]:
        """All items up to the one that is, in a word, `word`."""
        words = [short(await self.item())]
        while words[-1] != word:
            words.append(short(await self.item()))
        return words

    async def sends(self, text: str) -> None:
        """One frame up."""
        await self.line.send(text)


@dataclass(slots=True)
class Party:
    """A participant: calls with its connection token, and a websocket if it asked for one."""

    client: Any
    contact_id: str
    id: str
    participant_token: str
    token: str
    url: str

    async def says(self, text: str, content_type: str = "text/plain", **more: Any) -> Answer:
        """SendMessage."""
        params = {"ContentType": content_type, "Content": text, "ConnectionToken": self.token, **more}
        return dict(await self.client.send_message(**params))

    async def shows(self, template: str, content: Answer) -> Answer:
        """SendMessage, interactive."""
        menu = {"templateType": template, "version": "1.0", "data": {"content": content}}
        return await self.says(json.dumps(menu), "application/vnd.amazonaws.connect.message.interactive")

    async def signals(self, event: str, message_id: str | None = None) -> Answer:
        """SendEvent; a receipt when `message_id` is given."""
        content = {} if message_id is None else {"Content": json.dumps({"messageId": message_id})}
        params = {"ContentType": EVENT + event, "ConnectionToken": self.token, **content}
        return dict(await self.client.send_event(**params))

    async def reads(self, **params: Any) -> list[Answer]:
        """One page of the transcript."""
        page = await self.client.get_transcript(ConnectionToken=self.token, **params)
        return list(page["Transcript"])

    async def leaves(self) -> None:
        """DisconnectParticipant."""
        await self.client.disconnect_participant(ConnectionToken=self.token)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Socket]:
        """A subscribed websocket."""
        async with connect(self.url, compression=None) as line:
            socket = Socket(line)
            await socket.sends(SUBSCRIBE)
            ack = await socket.topic("aws/subscribe")
            assert ack["content"] == {"status": "success", "topics": ["aws/chat"]}
            yield socket


class Parties:
    """The two aiobotocore clients of one address."""

    def __init__(self, connect_client: Any, participant_client: Any) -> None:
        self.connect = connect_client
        self.participant = participant_client

    async def starts(self, **more: Any) -> Answer:
        """StartChatContact."""
        params = {"ContactFlowId": "no-bot", "ParticipantDetails": {"DisplayName": "Ana"}, **more}
        return dict(await self.connect.start_chat_contact(InstanceId=INSTANCE_ID, **params))

    async def customer(self, **more: Any) -> Party:
        """A new chat's customer."""
        started = await self.starts(**more)
        return await self.joins(started["ContactId"], started["ParticipantId"], started["ParticipantToken"])

    async def bot(self, contact_id: str) -> Party:
        """A custom bot on the chat."""
        created = await self.connect.create_participant(
            InstanceId=INSTANCE_ID,
            ContactId=contact_id,
            ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Helper"},
        )
        token = created["ParticipantCredentials"]["ParticipantToken"]
        return await self.joins(contact_id, created["ParticipantId"], token)

    async def joins(self, contact_id: str, participant_id: str, token: str) -> Party:
        """CreateParticipantConnection, with all there is."""
        answer = await self.participant.create_participant_connection(
            Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"], ConnectParticipant=True, ParticipantToken=token
        )
        credentials = answer["ConnectionCredentials"]["ConnectionToken"]
        url = answer["Websocket"]["Url"]
        return Party(self.participant, contact_id, participant_id, token, credentials, url)


@asynccontextmanager
async def parties(url: str, *, certificate: Path | None = None, **config: Any) -> AsyncIterator[Parties]:
    """aiobotocore's clients: the control plane signed with nothing's credentials, the participant side unsigned."""
    where = {"endpoint_url": url, "region_name": "us-east-1", "verify": str(certificate) if certificate else None}
    keys = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nothing"}
    async with AsyncExitStack() as stack:
        signed, unsigned = Config(**config), Config(signature_version=botocore.UNSIGNED, **config)
        control = await stack.enter_async_context(SESSION.create_client("connect", config=signed, **where, **keys))
        side = await stack.enter_async_context(SESSION.create_client("connectparticipant", config=unsigned, **where))
        yield Parties(control, side)
