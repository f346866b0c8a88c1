"""A bot in plain HTTP and websocket calls, so that the page is tried against nothing of ours but the emulator.

It joins every contact that is offered and does with each message what its script says. It must not know the page.
"""

import json
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiohttp
import anyio
from anyio.abc import TaskGroup

EVENT = "application/vnd.amazonaws.connect.event."
TRIES = 50
INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"


class BotChat:
    """The bot's side of one contact."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str, participant_id: str) -> None:
        self._http, self._url, self._token = http, url, token
        self.participant_id = participant_id
        self.answered: set[str] = set()

    async def say(self, content: str, content_type: str = "text/plain") -> None:
        """Send a message."""
        await self._post("message", Content=content, ContentType=content_type)

    async def show(self, template: str, content: dict[str, Any]) -> None:
        """Send an interactive message."""
        menu = {"templateType": template, "version": "1.0", "data": {"content": content}}
        await self.say(json.dumps(menu), INTERACTIVE)

    async def types(self) -> None:
        """Be seen typing."""
        await self._post("event", ContentType=f"{EVENT}typing")

    async def reads(self, message_id: str) -> None:
        """Acknowledge a message as read."""
        content = json.dumps({"messageId": message_id})
        await self._post("event", ContentType=f"{EVENT}message.read", Content=content)

    async def transcript(self) -> list[dict[str, Any]]:
        """What has happened so far, oldest first."""
        body = {"MaxResults": 100, "ScanDirection": "BACKWARD", "SortOrder": "ASCENDING"}
        found = await ask(self._http, f"{self._url}/participant/transcript", body, self._token)
        return list(found["Transcript"])

    async def _post(self, what: str, **body: str) -> None:
        body["ClientToken"] = str(uuid4())
        await ask(self._http, f"{self._url}/participant/{what}", body, self._token)


async def ask(http: aiohttp.ClientSession, url: str, body: dict[str, Any], bearer: str = "") -> dict[str, Any]:
    """Call until it is answered, whatever the weather: a ClientToken makes the repeat harmless."""
    headers = {"X-Amz-Bearer": bearer} if bearer else {}
    for _ in range(TRIES):
        async with http.post(url, json=body, headers=headers) as answer:
            given: dict[str, Any] = await answer.json()
            if answer.status < 500 and answer.status != 429:
                break
    answer.raise_for_status()
    return given


Script = Callable[[BotChat, dict[str, Any]], Awaitable[None]]


async def echo(chat: BotChat, item: dict[str, Any]) -> None:
    """The plainest script."""
    await chat.say(f"You said: {item['Content']}")


class ScriptedBot:
    """Joins whatever is offered while its context is open."""

    def __init__(self, url: str, script: Script = echo, name: str = "Echo") -> None:
        self._url, self._script, self._name = url, script, name
        self.chats: list[BotChat] = []

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession()
        self._tasks: TaskGroup = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._watch)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tasks.cancel_scope.cancel()
        try:
            await self._tasks.__aexit__(kind, error, trace)
        finally:
            await self._http.close()

    async def _watch(self) -> None:
        async with self._http.get(f"{self._url}/_emulator/offers") as offers:
            async for line in offers.content:
                self._tasks.start_soon(self._join, json.loads(line))

    async def _join(self, offer: dict[str, Any]) -> None:
        details = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": self._name}
        body = {
            "InstanceId": offer["InstanceId"],
            "ContactId": offer["ContactId"],
            "ClientToken": str(uuid4()),
            "ParticipantDetails": details,
        }
        joined = await self._ask("contact/create-participant", body)
        token = joined["ParticipantCredentials"]["ParticipantToken"]
        wanted = {"Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        connection = await self._ask("participant/connection", wanted, token)
        chat = BotChat(
            self._http, self._url, connection["ConnectionCredentials"]["ConnectionToken"], joined["ParticipantId"]
        )
        self.chats.append(chat)
        await self._listen(connection["Websocket"]["Url"], chat)

    async def _ask(self, path: str, body: dict[str, Any], bearer: str = "") -> dict[str, Any]:
        return await ask(self._http, f"{self._url}/{path}", body, bearer)

    async def _listen(self, url: str, chat: BotChat) -> None:
        async with self._http.ws_connect(url) as socket:
            await socket.send_json({"topic": "aws/subscribe", "content": {"topics": ["aws/chat"]}})
            async for frame in socket:
                given = json.loads(frame.data)
                if given.get("topic") == "aws/chat":
                    await self._answer(chat, json.loads(given["content"]))
                elif given.get("topic") == "aws/subscribe":
                    for item in await chat.transcript():  # whoever was quick has written before the bot came
                        await self._answer(chat, item)

    async def _answer(self, chat: BotChat, item: dict[str, Any]) -> None:
        customers = item["Type"] == "MESSAGE" and item.get("ParticipantRole") == "CUSTOMER"
        if customers and item["Id"] not in chat.answered:
            chat.answered.add(item["Id"])
            await self._script(chat, item)
