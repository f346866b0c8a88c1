"""A real daemon on a local Amazon Connect with a customer, and commands about it."""

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import anyio
import anyio.to_thread

from agent.emulator import Emulator

Started: TypeAlias = Callable[..., Any]
Finished: TypeAlias = Callable[..., tuple[int, list[str], str]]
BOUND = 50

BOT = """
import asyncio
from agent import Bot, Chat, Message

bot = Bot("mine")


@bot.on_message()
async def answer(chat: Chat, message: Message) -> None:
    if message.text == "bad":
        raise ValueError("secret words")
    if message.text == "stuck":
        await asyncio.Event().wait()
    await chat.say(message.text)
"""


class Scene:
    """A local Amazon Connect with a customer, and a daemon on its chats."""

    def __init__(self, connect: Emulator, started: Started, finished: Finished) -> None:
        self.connect = connect
        self._started = started
        self._finished = finished
        self._event = anyio.Event()
        connect.region.listeners.append(self._happened)
        self.contact = ""
        self.begins()

    def begins(self) -> None:
        """Another customer's chat; from now on it is the one that is meant."""
        answer = self.connect.start_chat()
        wanted = {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True}
        connection = self.connect.call("CreateParticipantConnection", wanted, bearer=answer["ParticipantToken"])
        self.contact = answer["ContactId"]
        self._token = connection["ConnectionCredentials"]["ConnectionToken"]

    def _happened(self, _: Any) -> None:
        self._event.set()
        self._event = anyio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        with anyio.fail_after(BOUND):
            while not condition():
                await self._event.wait()

    def says(self, text: str) -> None:
        self.connect.call("SendMessage", {"ContentType": "text/plain", "Content": text}, bearer=self._token)

    def said(self) -> list[str]:
        items = self.connect.transcript(self.contact)
        return [item["Content"] for item in items if item.get("ParticipantRole") == "CUSTOM_BOT" and "Content" in item]

    def daemon(self, **variables: str) -> Any:
        arguments = ("run", "mine:bot", "--source", "local", "--endpoint-url", self.connect.url)
        return self._started(*arguments, **variables)

    async def talks(self, **variables: str) -> Any:
        """A daemon that has answered once."""
        daemon = self.daemon(**variables)
        self.says("hello")
        await self.until(lambda: "hello" in self.said())
        return daemon

    async def command(self, *arguments: str, text: str = "") -> tuple[int, str, str]:
        """Exit code, output and errors of a command."""
        code, lines, errors = await anyio.to_thread.run_sync(lambda: self._finished(*arguments, text=text))
        return code, "\n".join(lines), errors

    async def asked(self, *arguments: str, text: str = "") -> Any:
        """The JSON that a command answers."""
        code, output, errors = await self.command(*arguments, "--json", text=text)
        assert code == 0, errors
        return json.loads(output)
