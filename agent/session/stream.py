"""A chat heard by message streaming: Amazon Connect publishes its items to the worker's topic.

A stream has no heartbeat, so silence proves nothing. What may be missing is read in the transcript: when ours was
started, when the worker's queue has trouble, and every now and then without a reason. Until it can be started the
transcript alone is read, so that a chat is heard late rather than never. It knows no SNS and no item's meaning.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio

from agent.errors import ConnectError, ConversationOver
from agent.ids import ContactKey
from agent.session.company import Company
from agent.session.credentials import Credentials
from agent.session.streams import Streams
from agent.session.surroundings import Ports, SessionSettings
from agent.telemetry import Happening, Level
from agent.wire.backoff import link_backoff
from agent.wire.items import Item

_SHORTEST = 1.0  # seconds between two looks at a token that cannot be renewed


class StreamIngress:
    """An `Ingress` by this worker's topic."""

    def __init__(
        self,
        key: ContactKey,
        *,
        streams: Streams,
        credentials: Credentials,
        heard: Callable[[Item], None],
        close_gap: Callable[[], Awaitable[None]],
        audit: Callable[[], Awaitable[None]],
        remember: Callable[[], Awaitable[None]],
        ports: Ports,
        settings: SessionSettings,
    ) -> None:
        """
        Args:
            audit: closes a gap of which nothing is known; it tells whether there was one, and does not raise.
            remember: stores the record with what `streams` knows.
        """
        self._key = key
        self._streams = streams
        self._credentials = credentials
        self._heard = heard
        self._close_gap = close_gap
        self._audit = audit
        self._remember = remember
        self._ports = ports
        self._settings = settings
        self._doubt = anyio.Event()
        self._arrived: deque[Item] = deque()
        self._arrival = anyio.Event()

    async def run(self) -> None:
        """Hears the chat until cancelled or until the participant is no longer welcome; the stream is left running.

        Raises Fenced when another worker owns the contact.
        """
        with self._ports.streams.listen(self._key, heard=self._take, doubtful=self._doubtful):
            async with Company() as company:
                company.start(self._hear)
                with suppress(ConversationOver):
                    await self._have_started()
                    company.start(self._streams.stop_others)
                    await self._keep()

    def _doubtful(self) -> None:
        self._doubt.set()

    def _take(self, item: Item) -> None:
        """Only taken here: one chat's trouble with an item is not to be that of all who share the queue."""
        self._arrived.append(item)
        self._arrival.set()

    async def _hear(self) -> None:
        while True:
            await self._arrival.wait()
            self._arrival = anyio.Event()
            while self._arrived:
                self._heard(self._arrived.popleft())

    async def _have_started(self) -> None:
        waits = link_backoff(self._ports.random)
        while not await self._streams.started(self._remember):
            await self._catch_up()
            await anyio.sleep(next(waits))

    async def _keep(self) -> None:
        await self._catch_up()
        while True:
            with anyio.move_on_after(self._patience()):
                await self._doubt.wait()
            if self._doubt.is_set():
                self._report("stream.doubtful")
                await self._catch_up()
            elif self._token_ends_in() <= 0.0:
                await self._renew()
            else:
                await self._audit()

    async def _catch_up(self) -> None:
        """Closes the gap, however often it has to be tried: until then nothing is handled."""
        waits = link_backoff(self._ports.random)
        while True:
            self._doubt = anyio.Event()
            try:
                return await self._close_gap()
            except ConnectError as error:
                self._report("transcript.failed", Level.ERROR, error)
            await anyio.sleep(next(waits))

    def _patience(self) -> float:
        return max(_SHORTEST, min(self._settings.stream_audit_interval, self._token_ends_in()))

    def _token_ends_in(self) -> float:
        left = self._credentials.current.token_expiry - self._ports.clock.now()
        return left.total_seconds() - self._settings.link.refresh_margin

    async def _renew(self) -> None:
        try:
            await self._credentials.fetch()
        except ConnectError as error:
            self._report("connection.not_renewed", Level.WARNING, error)

    def _report(self, name: str, level: Level = Level.INFO, error: BaseException | None = None) -> None:
        self._ports.report(Happening(name=name, level=level, contact=self._key, error=error))
