"""Where offers come from: one contact named by hand, or the stream of a local Amazon Connect.

An offer is only a word: it may be repeated or late. Nothing here claims a contact.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import aiohttp
import anyio
from anyio.streams.memory import MemoryObjectSendStream

from agent.daemon.patience import Patience
from agent.errors import ChatAgentError, InvalidSetting
from agent.ids import ContactId, ContactKey, instance_id
from agent.ports import Claimable, Declined, Offer
from agent.telemetry import Happening, Level, Report, silent

_PATH = "/_emulator/offers"
_LONGEST_LINE = 1 << 20


@dataclass(slots=True, kw_only=True)
class Unacknowledged:
    """A `Claimable` whose source needs no word: it offers again whatever still waits."""

    offer: Offer

    async def done(self) -> None:
        return None

    async def decline(self, why: Declined) -> bool:
        del why
        return False


class OneContact:
    """A `ContactSource` of exactly one contact; its stream ends after it."""

    def __init__(self, key: ContactKey) -> None:
        self._key = key

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[AsyncIterator[Claimable]]:
        yield self._offers()

    async def _offers(self) -> AsyncIterator[Claimable]:
        yield Unacknowledged(offer=Offer(key=self._key))


class LocalSource:
    """A `ContactSource` on the offers of a local Amazon Connect: newline-delimited JSON, all waiting contacts first.

    When the stream ends or the address does not answer it connects again, later each time, and so hears again of every
    contact that still waits.
    """

    def __init__(self, url: str, *, random: Random, report: Report = silent) -> None:
        """`url` is the address of the local Amazon Connect."""
        self._url = url.rstrip("/") + _PATH
        self._random = random
        self._report = report

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[AsyncIterator[Claimable]]:
        send, receive = anyio.create_memory_object_stream[Claimable](0)
        async with send, receive, anyio.create_task_group() as group:
            group.start_soon(self._follow, send)
            yield receive
            group.cancel_scope.cancel()

    async def _follow(self, send: MemoryObjectSendStream[Claimable]) -> None:
        waits = Patience(random=self._random, longest=5.0)
        while True:
            try:
                await self._listen(send, waits)
                self._report(Happening(name="source.ended", level=Level.DEBUG))
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                self._report(Happening(name="source.failed", level=Level.WARNING, error=error))
            waits.failed()
            await anyio.sleep(waits.next())

    async def _listen(self, send: MemoryObjectSendStream[Claimable], waits: Patience) -> None:
        patient = aiohttp.ClientTimeout(total=None, connect=5.0)
        async with (
            aiohttp.ClientSession(timeout=patient, read_bufsize=_LONGEST_LINE) as session,
            session.get(self._url, raise_for_status=True) as answer,
        ):
            waits.begin_anew()
            self._report(Happening(name="source.listening"))
            async for line in answer.content:
                if line.strip() and (offer := self._read(line)):
                    await send.send(Unacknowledged(offer=offer))

    def _read(self, line: bytes) -> Offer | None:
        try:
            return parse_offer(json.loads(line))
        except (ValueError, ChatAgentError) as error:
            self._report(Happening(name="offer.unreadable", level=Level.WARNING, error=error))
            return None


def parse_offer(raw: Any) -> Offer:
    """The offer in `raw`: what a contact flow's Lambda passes on [local format].

    Raises:
        InvalidSetting: it names no contact of an instance.
    """
    if not isinstance(raw, dict) or not isinstance(raw.get("ContactId"), str) or not raw["ContactId"]:
        raise InvalidSetting("offer", "it has no ContactId; a flow passes on InstanceId and ContactId.")
    attributes = raw.get("Attributes")
    initial = raw.get("InitialContactId")
    return Offer(
        key=ContactKey(instance_id(str(raw.get("InstanceId", ""))), ContactId(raw["ContactId"])),
        initial_contact_id=ContactId(initial) if isinstance(initial, str) else None,
        attributes={str(key): str(value) for key, value in attributes.items()} if isinstance(attributes, dict) else {},
        channel=str(raw.get("Channel", "CHAT")),
        flow_id=raw.get("ContactFlowId"),
        bot=raw.get("Bot"),
    )
