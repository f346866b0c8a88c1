"""Offers by ``POST /offers``, for installations without a queue: answered only once the contact's fate is known.

It listens for as long as the process lives, so that a stopping worker can send callers away politely. It claims
nothing, and knows no settings but its own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias, assert_never

import anyio
from aiohttp import web
from anyio.streams.memory import MemoryObjectSendStream

from agent.aws.hosts import is_loopback
from agent.clock import Clock
from agent.daemon.listening import listening
from agent.daemon.sources.permit import Permit
from agent.daemon.sources.reading import Skipped, Triggers, Unreadable, read
from agent.errors import InvalidSetting
from agent.ports import Claimable, Declined, Offer
from agent.telemetry import Happening, Level, Report, silent

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

LARGEST = 262_144
"""Bytes of one offer: what a queue would carry, too [documented]."""
_SOON = {"Retry-After": "1"}
_ELSEWHERE = {"Retry-After": "1", "Connection": "close"}  # the next connection may reach another worker


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Where to listen and how to answer.

    Attributes:
        permit: who may offer.
        patience: how long a caller waits for its contact's fate, in seconds.
        triggers: which contact events offer a contact.
    """

    host: str = "127.0.0.1"
    port: int = 0
    permit: Permit
    patience: float = 8.0
    triggers: Triggers = field(default_factory=Triggers)


class Fate(Enum):
    """What became of an offer."""

    TAKEN = "taken"
    FULL = "full"
    NOT_OURS = "not ours"
    CLOSED = "closed"
    LATE = "late"


class Posted:
    """A `Claimable` whose caller waits for its fate."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self.fate = Fate.LATE
        self.settled = anyio.Event()

    async def done(self) -> None:
        self.settle(Fate.TAKEN)

    async def decline(self, why: Declined) -> bool:
        self.settle(Fate.NOT_OURS if why is Declined.NOT_OURS else Fate.FULL)
        return True

    def settle(self, fate: Fate) -> None:
        if not self.settled.is_set():
            self.fate = fate
            self.settled.set()


class HttpSource:
    """A `ContactSource` behind a server; `http_source` opens one."""

    def __init__(self, settings: HttpSettings, *, clock: Clock, report: Report = silent) -> None:
        self._settings = settings
        self._clock = clock
        self._report = report
        self._counter: MemoryObjectSendStream[Claimable] | None = None
        self._waiting: set[Posted] = set()

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[AsyncIterator[Claimable]]:
        """Offers, while open; before and after, callers are told to come again."""
        send, receive = anyio.create_memory_object_stream[Claimable](0)
        async with send, receive:
            self._counter = send
            try:
                yield receive
            finally:
                self._counter = None
                for posted in self._waiting:
                    posted.settle(Fate.CLOSED)

    def application(self) -> web.Application:
        """What answers the callers."""
        application = web.Application(client_max_size=LARGEST, middlewares=[_plainly])
        application.add_routes([web.post("/offers", self._take)])
        return application

    async def _take(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        if refusal := self._settings.permit.refusal(request.headers, body, self._clock.now()):
            self._report(Happening(name="offer.not_permitted", level=Level.WARNING, fields={"why": refusal}))
            return _json(401, {"error": refusal}, {"WWW-Authenticate": "Bearer"})
        return await self._answer(body)

    async def _body(self, request: web.Request) -> bytes:
        with anyio.move_on_after(self._settings.patience):
            return await request.read()
        raise web.HTTPRequestTimeout

    async def _answer(self, body: bytes) -> web.Response:
        match read(body, self._settings.triggers):
            case Offer() as offer:
                return _said(await self._fate(offer))
            case Skipped() as skipped:
                self._report(skipped.told(source="http"))
                return _json(202, {"status": "skipped", "reason": skipped.reason.value})
            case Unreadable() as unreadable:
                self._report(unreadable.told(source="http"))
                return _json(400, {"error": unreadable.why})
            case reading:
                assert_never(reading)

    async def _fate(self, offer: Offer) -> Fate:
        if self._counter is None:
            return Fate.CLOSED
        posted = Posted(offer)
        self._waiting.add(posted)
        try:
            await self._wait(posted, self._counter)
        finally:
            self._waiting.discard(posted)
        return posted.fate

    async def _wait(self, posted: Posted, counter: MemoryObjectSendStream[Claimable]) -> None:
        with anyio.move_on_after(self._settings.patience):
            try:
                await counter.send(posted)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                posted.settle(Fate.CLOSED)
            await posted.settled.wait()


_SENTENCES = {
    404: "there is POST /offers, nothing else.",
    405: "there is POST /offers, nothing else.",
    408: "the offer did not come whole in time.",
    413: f"an offer has at most {LARGEST} bytes.",
}


@web.middleware
async def _plainly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """aiohttp's own refusals, as JSON like all others."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        kept = {name: text for name, text in error.headers.items() if name == "Allow"}
        return _json(error.status, {"error": _SENTENCES.get(error.status, error.reason)}, kept)


@asynccontextmanager
async def http_source(settings: HttpSettings, *, clock: Clock, report: Report = silent) -> AsyncIterator[HttpSource]:
    """A source that listens.

    Raises:
        PortInUse: another program listens there.
        InvalidSetting: the address cannot be listened on, or strangers could reach it and there is no secret.
    """
    if settings.permit.secret is None and not is_loopback(settings.host):
        raise InvalidSetting("source.secret", f"listening on {settings.host} needs one; or listen on 127.0.0.1.")
    source = HttpSource(settings, clock=clock, report=report)
    async with listening(source.application(), host=settings.host, port=settings.port, section="source") as address:
        report(Happening(name="source.listening", fields={"address": address}))
        yield source


def _json(status: int, body: Mapping[str, str], headers: Mapping[str, str] = MappingProxyType({})) -> web.Response:
    return web.json_response(body, status=status, headers=headers)


def _said(fate: Fate) -> web.Response:
    match fate:
        case Fate.TAKEN:
            return _json(202, {"status": "accepted"})
        case Fate.NOT_OURS:
            return _json(422, {"error": "no bot of this worker is for this contact; see routing.rules and connect."})
        case Fate.FULL:
            return _json(503, {"error": "this worker is full; offer it again."}, _ELSEWHERE)
        case Fate.CLOSED:
            return _json(503, {"error": "this worker takes no contacts now; offer it again."}, _ELSEWHERE)
        case Fate.LATE:
            return _json(503, {"error": "the contact could not be claimed in time; offer it again."}, _SOON)
        case _:
            assert_never(fate)
