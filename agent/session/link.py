"""The living websocket: whatever happens to one socket, the chat is heard.

A lost socket is replaced, with jittered delays; one that is about to expire is replaced before, and the old one goes
only when the new one is subscribed. After every (re)connect the transcript closes the gap. It knows no frame and no
item's meaning.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime

import anyio

from agent.errors import ConnectError, ConversationOver
from agent.ids import ContactKey
from agent.ports import Access, Connection
from agent.session.credentials import Credentials
from agent.session.line import Line
from agent.session.surroundings import Ports
from agent.telemetry import Happening, Level
from agent.wire.backoff import link_backoff
from agent.wire.items import Item
from agent.wire.participant import LinkTimings
from agent.wire.refresh import refresh_delays

_UNWELCOME = frozenset({400, 401, 403, 404})


class _NoWebsocket(Exception):
    """The instance gives no websockets."""


class Link:
    """Keeps a subscribed line at all times.

    Attributes:
        reconnects: how many lines were lost without having been replaced before.
    """

    def __init__(
        self,
        key: ContactKey,
        *,
        credentials: Credentials,
        heard: Callable[[Item], None],
        close_gap: Callable[[], Awaitable[None]],
        ports: Ports,
        timings: LinkTimings,
    ) -> None:
        self.reconnects = 0
        self._key = key
        self._credentials = credentials
        self._heard = heard
        self._close_gap = close_gap
        self._ports = ports
        self._timings = timings
        self._lines: list[Line] = []
        self._dialable: Access | None = credentials.current
        self._issued_at = ports.clock.monotonic()

    async def run(self) -> None:
        """Hears the chat until cancelled, until the participant is no longer welcome, or until there are no sockets."""
        try:
            with suppress(ConversationOver, _NoWebsocket):
                await self._keep()
        finally:
            await self._hang_up()

    async def _hang_up(self) -> None:
        """Says goodbye on every line, which takes as long as the port of the sockets promises."""
        for line in self._lines:
            line.close()
        with anyio.CancelScope(shield=True):
            for line in self._lines:
                await line.gone()

    async def _keep(self) -> None:
        while True:
            line = await self._subscribe()
            opened_at = self._ports.clock.now()
            for other in self._lines:
                if other is not line:
                    other.close()
            await self._catch_up(line)
            await self._until_due(line, opened_at)

    async def _subscribe(self) -> Line:
        """A subscribed line, however often it has to be tried."""
        waits = link_backoff(self._ports.random)
        while True:
            line = Line(await self._connection(waits), ports=self._ports, timings=self._timings, heard=self._heard)
            self._lines = [*(other for other in self._lines if not other.ended), line]
            with anyio.move_on_after(self._timings.heartbeat_interval):
                await line.open()
            if line.subscribed and not line.ended:
                self._report("link.subscribed")
                self._ports.ways.heard_by_websocket(self._key.instance_id)
                return line
            line.close()
            self._report("link.failed", Level.WARNING, why=line.why)
            self._note_refusal(line)
            self._keep_dialable(line)
            await anyio.sleep(next(waits))

    async def _connection(self, waits: Iterator[float]) -> Connection:
        """An address worth dialling: one that was never answered, while it is young, else a new one."""
        while self._dialable is None:
            try:
                self._dialable = await self._credentials.fetch()
                self._issued_at = self._ports.clock.monotonic()
            except ConnectError as error:
                self._ports.report(
                    Happening(name="link.no_address", level=Level.WARNING, contact=self._key, error=error)
                )
                await anyio.sleep(next(waits))
        connection, self._dialable = self._dialable, None
        if not isinstance(connection, Connection):
            raise _NoWebsocket
        return connection

    def _note_refusal(self, line: Line) -> None:
        """Refused by the service, not lost on the way: it may have none for a custom participant [inferred]."""
        if line.refused is not None and line.refused.status in _UNWELCOME:
            self._ports.ways.not_upgraded(self._key.instance_id)

    def _keep_dialable(self, line: Line) -> None:
        """A dial that nobody answered leaves the address good [client code]."""
        unanswered = line.refused is not None and line.refused.status is None
        if unanswered and self._ports.clock.monotonic() - self._issued_at < self._timings.url_usable:
            self._dialable = line.connection

    async def _catch_up(self, line: Line) -> None:
        """Closes the gap, however often it has to be tried while the line lives: until then nothing is handled."""
        waits = link_backoff(self._ports.random)
        while not line.ended:
            try:
                return await self._close_gap()
            except ConnectError as error:
                failed = Happening(name="transcript.failed", level=Level.ERROR, contact=self._key, error=error)
                self._ports.report(failed)
            await line.gone(within=next(waits))
        return None

    async def _until_due(self, line: Line, opened_at: datetime) -> None:
        """Returns when the line has to be replaced, because it ended or soon will."""
        delays = refresh_delays(
            now=self._ports.clock.now(),
            opened_at=opened_at,
            url_expiry=line.connection.url_expiry,
            token_expiry=self._credentials.current.token_expiry,
            settings=self._timings,
        )
        await line.gone(within=delays.soonest)
        if line.ended:
            self.reconnects += 1
            self._report("link.lost", Level.WARNING, why=line.why)
        else:
            self._report("link.refreshing")

    def _report(self, name: str, level: Level = Level.INFO, **fields: str) -> None:
        self._ports.report(Happening(name=name, level=level, contact=self._key, fields=fields))
