"""One customer on one chat, as Amazon Connect's own page would be: HTTP, a websocket, and a note of all that was said.

It talks to Connect past all cables, and uses nothing of the agent. It writes when it feels like it, whether or not it
was answered. It judges nothing.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import uuid4

import aiohttp
import anyio

from tests.cluster.chats import Item, Seen

INSTANCE = "11111111-2222-4333-8444-555555555555"
SUBSCRIBE = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
HEARTBEAT = '{"topic":"aws/heartbeat"}'
BEAT = 10.0


class Customer:
    """Attributes:
    contact: the chat's id, once it has begun.
    sent: what was sent, in order.
    awaited: how many replies should come.
    heard: how many have come by the websocket.
    """

    def __init__(self, number: int, *, url: str, http: aiohttp.ClientSession, random: Random) -> None:
        self.contact = ""
        self.sent: list[str] = []
        self.heard = 0
        self.awaited = 0
        self._done = False
        self._number = number
        self._url = url
        self._http = http
        self._random = random
        self._ids: list[str] = []
        self._token = ""
        self._moved: Callable[[], None] = lambda: None

    @property
    def answered(self) -> bool:
        """Whether all is said and all is answered."""
        return self._done and self.heard >= self.awaited

    async def chats(self, delay: float, until: anyio.Event, pause: float, moved: Callable[[], None]) -> None:
        """Comes after `delay` seconds, keeps the socket until cancelled, and writes until `until` is set, every `pause`
        seconds on average; `moved` is called whenever something has been heard."""
        self._moved = moved
        await anyio.sleep(delay)
        address = await self._begin()
        async with self._http.ws_connect(address, compress=0) as socket, anyio.create_task_group() as group:
            await socket.send_str(SUBSCRIBE)
            group.start_soon(self._hear, socket)
            group.start_soon(_beat, socket)
            while not until.is_set():
                await self._write()
                with anyio.move_on_after(pause * self._random.uniform(0.2, 1.8)):
                    await until.wait()
            while self._dialogs and len(self.sent) % 3:  # a dialog is held to its end
                await self._write()
            self._done = True
            moved()

    async def reads(self) -> Seen:
        """The whole transcript, beside what was sent and heard."""
        items: list[Item] = []
        page: dict[str, Any] = {"ScanDirection": "FORWARD", "SortOrder": "ASCENDING", "MaxResults": 100}
        while True:
            answer = await self._call("participant/transcript", page, self._token)
            items += [Item.read(raw) for raw in answer["Transcript"] if _spoken(raw)]
            if "NextToken" not in answer:
                return Seen(contact=self.contact, sent=tuple(self.sent), heard=tuple(self._ids), items=tuple(items))
            page["NextToken"] = answer["NextToken"]

    @property
    def _dialogs(self) -> bool:
        """Every other customer holds dialogs of three messages, the others send single ones."""
        return self._number % 2 == 1

    async def _begin(self) -> str:
        began = {
            "InstanceId": INSTANCE,
            "ContactFlowId": "default",
            "ParticipantDetails": {"DisplayName": f"Customer {self._number}"},
        }
        answer = await self._call("contact/chat", began, method="PUT")
        self.contact = answer["ContactId"]
        wanted = {"Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        connection = await self._call("participant/connection", wanted, answer["ParticipantToken"])
        self._token = connection["ConnectionCredentials"]["ConnectionToken"]
        return str(connection["Websocket"]["Url"])

    async def _write(self) -> None:
        number = len(self.sent) + 1
        text = f"plain {number}"
        if self._dialogs:
            text = f"trio {number}" if number % 3 == 1 else f"{number}"
        said = {"ContentType": "text/plain", "Content": text, "ClientToken": str(uuid4())}
        self.sent.append(text)
        self.awaited += 1 if self._dialogs else 2
        await self._call("participant/message", said, self._token)

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            heard = json.loads(frame.data)
            if heard.get("topic") != "aws/chat":
                continue
            raw = json.loads(heard["content"])
            if _spoken(raw):
                self._ids.append(raw["Id"])
                self.heard += raw["ParticipantRole"] == "CUSTOM_BOT"
                self._moved()

    async def _call(self, path: str, body: dict[str, Any], bearer: str = "", method: str = "POST") -> dict[str, Any]:
        headers = {"X-Amz-Bearer": bearer} if bearer else {}
        async with self._http.request(method, f"{self._url}/{path}", json=body, headers=headers) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found


def _spoken(raw: dict[str, Any]) -> bool:
    return raw["Type"] == "MESSAGE" and raw["ParticipantRole"] in ("CUSTOMER", "CUSTOM_BOT")


async def _beat(socket: aiohttp.ClientWebSocketResponse) -> None:
    while True:
        await anyio.sleep(BEAT)
        await socket.send_str(HEARTBEAT)
