"""The customers: each comes, writes now and then, waits for its answers, leaves, and is followed by another.

What a chat came to is read from the transcript after its end, not from what a customer happened to see.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

import aiohttp
import anyio

from agent.emulator import INSTANCE_ID
from tests.soak.bot import answer_to
from tests.soak.plan import Plan

_SUBSCRIBE = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
_READING = 3.0
"""Seconds after which a customer leaves: who leaves at once may be gone before the bot's call was answered, and then
nobody knows that the reply arrived but the transcript."""

_AT_THE_DOOR = 100
"""How many may leave at a time: a local Amazon Connect remembers a thousand chats that have ended, and each one's is
still to be read."""

_PATIENCE = 90.0
"""Seconds without an answer after which it counts as lost."""


@dataclass(slots=True)
class Tally:
    """What all transcripts together say."""

    chats: int = 0
    asked: int = 0
    answered: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def count(self, contact: str, asked: list[str], answers: list[str]) -> None:
        """Adds one chat: what its customer wrote, and what the bot said."""
        wanted, got = [answer_to(text) for text in asked], Counter(answers)
        self.chats += 1
        self.asked += len(asked)
        self.answered += len(answers)
        self.lost += [f"{contact}: {text}" for text in wanted if not got[text]]
        self.doubled += [f"{contact}: {text}" for text, times in got.items() if times > 1 or text not in wanted]
        if sorted(wanted) == sorted(answers) and wanted != answers:
            self.misplaced.append(contact)


class Crowd:
    """All customers. `present` is how many are on a chat now."""

    def __init__(self, url: str, plan: Plan, tally: Tally) -> None:
        self.present = 0
        self._url = url
        self._plan = plan
        self._tally = tally
        self._random = Random(plan.seed)
        self._closing = anyio.Event()
        self._door = anyio.Semaphore(_AT_THE_DOOR)

    def close(self) -> None:
        """Nobody writes or comes any more; who waits for an answer waits on."""
        self._closing.set()

    async def come(self, session: aiohttp.ClientSession) -> None:
        """All customers come, one after the other; returns when the last of all has gone."""
        async with anyio.create_task_group() as group:
            for _ in range(self._plan.chats):
                group.start_soon(self._seat, session)
                await anyio.sleep(1 / self._plan.arrivals)

    async def _seat(self, session: aiohttp.ClientSession) -> None:
        while not self._closing.is_set():
            async with _chat(session, self._url) as customer:
                self.present += 1
                try:
                    asked = await self._talk(customer)
                finally:
                    self.present -= 1
                async with self._door:
                    await customer.leave()
                    said = await _answers(session, self._url, customer.contact)
            self._tally.count(customer.contact, asked, said)

    async def _talk(self, customer: "_Customer") -> list[str]:
        """Writes until its time is over; what it wrote. Without an answer it gives up."""
        ends = monotonic() + self._plan.life * self._random.uniform(0.3, 1.7)
        asked: list[str] = []
        while True:
            asked.append(f"{len(asked) + 1} of {customer.contact}")
            began = monotonic()
            await customer.write(asked[-1])
            if not await customer.heard(answer_to(asked[-1])):
                return asked
            self._tally.waits.append(monotonic() - began)
            if monotonic() > ends or await self._paused(self._random.uniform(0.2, 1.8) * self._plan.pause):
                await anyio.sleep(_READING)
                return asked

    async def _paused(self, seconds: float) -> bool:
        """Waits; whether the soak came to its end meanwhile."""
        with anyio.move_on_after(seconds):
            await self._closing.wait()
        return self._closing.is_set()


class _Customer:
    """One customer on one chat."""

    def __init__(self, session: aiohttp.ClientSession, url: str, contact: str, token: str, socket: Any) -> None:
        self.contact = contact
        self._session = session
        self._url = url
        self._token = token
        self._socket = socket

    async def write(self, text: str) -> None:
        body = {"ContentType": "text/plain", "Content": text}
        await _call(self._session, "POST", f"{self._url}/participant/message", body, self._token)

    async def heard(self, text: str) -> bool:
        """Whether the answer came within any sensible time."""
        with anyio.move_on_after(_PATIENCE):
            async for message in self._socket:
                if text in message.data:
                    return True
        return False

    async def leave(self) -> None:
        await _call(self._session, "POST", f"{self._url}/participant/disconnect", {}, self._token)


@asynccontextmanager
async def _chat(session: aiohttp.ClientSession, url: str) -> AsyncIterator[_Customer]:
    """A chat that is begun, listened to, and left."""
    wish = {"InstanceId": INSTANCE_ID, "ContactFlowId": "default", "ParticipantDetails": {"DisplayName": "Customer"}}
    begun = await _call(session, "PUT", f"{url}/contact/chat", wish, None)
    kinds = {"Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"]}
    connection = await _call(session, "POST", f"{url}/participant/connection", kinds, begun["ParticipantToken"])
    token = connection["ConnectionCredentials"]["ConnectionToken"]
    async with session.ws_connect(connection["Websocket"]["Url"]) as socket:
        await socket.send_str(_SUBSCRIBE)
        await socket.receive()
        yield _Customer(session, url, begun["ContactId"], token, socket)


async def _answers(session: aiohttp.ClientSession, url: str, contact: str) -> list[str]:
    """What the bot said in a chat, in order."""
    async with session.get(f"{url}/_emulator/transcripts/{contact}", raise_for_status=True) as answer:
        items = json.loads(await answer.read())["Transcript"]
    return [item["Content"] for item in items if item.get("ParticipantRole") == "CUSTOM_BOT" and "Content" in item]


async def _call(session: aiohttp.ClientSession, verb: str, url: str, body: Any, bearer: str | None) -> Any:
    headers = {"X-Amz-Bearer": bearer} if bearer else {}
    async with session.request(verb, url, json=body, headers=headers, raise_for_status=True) as answer:
        return json.loads(await answer.read())
