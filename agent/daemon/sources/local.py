"""Offers of a local Amazon Connect, by its stream of newline-delimited JSON.

An offer is only a word: it may be repeated or late. Nothing here claims a contact.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import assert_never

import aiohttp
import anyio
from anyio.streams.memory import MemoryObjectSendStream

from agent.daemon.patience import Patience
from agent.daemon.sources.by_hand import Unacknowledged
from agent.daemon.sources.reading import Skipped, Unreadable, read
from agent.ports import Claimable, Offer
from agent.telemetry import Happening, Level, Report, silent

_PATH = "/_emulator/offers"
_LONGEST_LINE = 1 << 20


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
        match read(line):
            case Offer() as offer:
                return offer
            case (Skipped() | Unreadable()) as other:
                self._report(other.told(source="local"))
                return None
            case other:
                assert_never(other)
