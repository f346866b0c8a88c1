"""The emulator as one thing: a region, its operations, and an HTTP server in front of them.

`emulate()` is for tests and tools: ready when entered, everything closed on exit. This module only builds and
joins; it must not know any protocol.
"""

from __future__ import annotations

import errno
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import anyio
from aiohttp import web

from agent.clock import Clock
from agent.emulator import files, pages
from agent.emulator.certificate import SelfMade
from agent.emulator.control import INSTANCE_ID, Control, whole
from agent.emulator.control import PREFIX as CONTROL
from agent.emulator.desk import Desk
from agent.emulator.driver import Driver
from agent.emulator.errors import ServiceError
from agent.emulator.flow import FlowDefinition
from agent.emulator.gateway import Gateway
from agent.emulator.http_server import http_server
from agent.emulator.ids import Mint
from agent.emulator.operations import Operations
from agent.emulator.region import Region
from agent.emulator.replay import replay
from agent.emulator.rest import Rest, refuse
from agent.emulator.settings import Settings
from agent.emulator.sinks import Sink, Sinks
from agent.emulator.timeline import Timeline
from agent.emulator.weather import ScriptedWeather
from agent.emulator.weather_rules import Rule

_log = logging.getLogger(__name__)
WEBSOCKET = "/websocket"
GRACE = 0.2  # seconds that running requests may take to end when the emulator closes
PATIENCE = 5.0  # seconds that they may take once they are cancelled
ANYWHERE = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}
"""What a client on this machine dials for such a bind address; ChatJS refuses the name localhost [client code]."""


class PortInUse(OSError):
    """Another program listens on the wanted port; the text says so in one sentence."""


class Emulator(Desk):
    """A running Amazon Connect. `url` is the endpoint_url of both services.

    The verbs of the desk (`agent_joins`, `agent_says`, `customer_leaves`, `stop`, ...) work on it directly.
    """

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        flows: Mapping[str, FlowDefinition] | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        weather: Sequence[Rule] = (),
        sinks: Sequence[Sink] = (),
    ) -> None:
        self.region = Region(settings=settings, flows=flows, clock=clock, random=random)
        super().__init__(self.region)
        self.weather = ScriptedWeather(self.region)
        self.region.weather = self.weather
        self.weather.set(weather, seed=self.region.settings.seed)
        self.operations = Operations(self.region)
        self.gateway = Gateway(self.region)
        self.url = ""
        self.port = 0
        self._driver = Driver(self.region)
        self._wanted_sinks = sinks
        self._sinks: Sinks | None = None
        self._runner: web.ServerRunner | None = None
        self._control: Control | None = None
        self._certificate: SelfMade | None = None
        self._rest = Rest(self.operations)
        self._running: set[anyio.CancelScope] = set()
        self._quiet = anyio.Event()
        self._files = files.Files(self.region)

    # --- life ------------------------------------------------------------------------------------------
    async def open(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen. Raises PortInUse. Cancelled half way, `close` cleans up."""
        self._control = Control(self.operations, self, self.weather, self._names(host))
        self._certificate = SelfMade(host) if self.settings.secure else None
        self._runner = web.ServerRunner(
            http_server(self._answer, idle=self.settings.request_within),
            handle_signals=False,
            shutdown_timeout=0.2,
        )
        await self._runner.setup()
        try:
            await web.TCPSite(
                self._runner, "127.0.0.1" if host == "localhost" else host, port, ssl_context=self._tls()
            ).start()
        except OSError as error:
            await self._runner.cleanup()
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(f"Port {port} on {host} is in use by another program.") from error
            raise
        self._take_address(host)
        self._driver.start()
        if self._wanted_sinks:
            self._sinks = Sinks(self._wanted_sinks, self.timeline)
            self.region.listeners.append(self._sinks)

    def _take_address(self, host: str) -> None:
        assert self._runner is not None  # noqa: S101 - set by open
        self.port = self._runner.addresses[0][1]
        reachable = ANYWHERE.get(host, host)
        shown = f"[{reachable}]" if ":" in reachable else reachable
        scheme = "https" if self._certificate else "http"
        self.url = f"{scheme}://{shown}:{self.port}"
        public = self.settings.public_host
        self.region.address = self.url if public is None else f"{scheme}://{public}"

    def _names(self, host: str) -> frozenset[str]:
        public = urlsplit(f"//{self.settings.public_host or ''}").hostname
        return frozenset({host, public} - {None, ""})  # type: ignore[arg-type]

    def _tls(self) -> ssl.SSLContext | None:
        return None if self._certificate is None else self._certificate.context

    @property
    def certificate(self) -> Path | None:
        """The PEM file that clients trust when `Settings.secure` is on."""
        return None if self._certificate is None else self._certificate.path

    async def close(self) -> None:
        """Close every socket and stream and stop listening. Harmless a second time."""
        self._driver.stop()
        self.gateway.shut()
        if self._control is not None:
            self._control.shut()
        if self._runner is not None:
            await self._finish_requests()
            await self._runner.cleanup()
            self._runner = None
        if self._certificate is not None:
            self._certificate.close()
        if self._sinks is not None:
            self.region.listeners.remove(self._sinks)
            await anyio.to_thread.run_sync(self._sinks.close)
            self._sinks = None

    async def _finish_requests(self) -> None:
        await self._quiet_within(GRACE)
        for scope in tuple(self._running):
            scope.cancel()
        await self._quiet_within(PATIENCE)

    async def _quiet_within(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            while self._running:
                self._quiet = anyio.Event()
                await self._quiet.wait()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        scope = anyio.CancelScope()
        self._running.add(scope)
        try:
            with scope:
                return await self._answer_or_fail(request)
            return web.Response(status=503)
        finally:
            self._running.discard(scope)
            if not self._running:
                self._quiet.set()

    async def _answer_or_fail(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await self._route(request)
        except Exception as error:  # a fault of ours: told to the log and the inspector, never to the client
            _log.exception("the emulator failed to answer a request")
            self.region.timeline.note("error", type(error).__name__, status=500)
            return refuse(ServiceError(self._internal(request), "The emulator failed."), self.region.mint.uuid())

    def _internal(self, request: web.BaseRequest) -> str:
        """The code by which the operation's own service says that it failed."""
        try:
            return self.operations.routes.find(request.method, request.rel_url.raw_path)[0].internal
        except ServiceError:
            return "InternalServerException"

    async def _route(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path == WEBSOCKET and request.method != "OPTIONS":
            return await self.gateway.upgrade(request)
        if path.startswith(pages.PREFIX) and request.method in ("GET", "HEAD"):
            return await pages.static_file(request)
        if path.startswith(CONTROL) and self._control is not None:
            return await self._control.answer(request)
        if path.startswith(files.PREFIX):
            return await self._files.answer(request)
        if path == "/" and request.method in ("GET", "HEAD"):
            return await pages.page(request)
        return await self._rest.answer(request)

    # --- conveniences ----------------------------------------------------------------------------------
    @property
    def settings(self) -> Settings:
        """How this Amazon Connect behaves."""
        return self.region.settings

    @property
    def timeline(self) -> Timeline:
        """Everything that happened."""
        return self.region.timeline

    @property
    def mint(self) -> Mint:
        """Ids in Connect's shape."""
        return self.region.mint

    def call(self, operation: str, params: dict[str, Any], *, bearer: str | None = None) -> dict[str, Any]:
        """An operation in process, without HTTP. Raises ServiceError."""
        return self.operations.call(operation, params, bearer=bearer)

    def start_chat(
        self,
        *,
        instance_id: str = INSTANCE_ID,
        flow_id: str = "default",
        name: str = "Customer",
        connected: bool = False,
        **more: Any,
    ) -> dict[str, Any]:
        """StartChatContact in process; `connected` starts the flow without any socket of the customer."""
        details = {"DisplayName": name}
        params = {"InstanceId": instance_id, "ContactFlowId": flow_id, "ParticipantDetails": details, **more}
        answer = self.call("StartChatContact", params)
        if connected:
            self.call("CreateParticipantConnection", {"ConnectParticipant": True}, bearer=answer["ParticipantToken"])
        return answer

    def replay(
        self, file: Mapping[str, Any], *, flow_id: str = "default", pace: float = 1.0, instance_id: str = INSTANCE_ID
    ) -> str:
        """A new chat in which the customer of a saved transcript (S3 form) says it all again. Its ContactId."""
        return replay(self.operations, file, instance_id=instance_id, flow_id=flow_id, pace=pace)

    def transcript(self, contact_id: str) -> list[dict[str, Any]]:
        """All kept items of the chat, oldest first."""
        return [dict(item) for item in self.region.chat(contact_id).transcript.items]

    def contact(self, contact_id: str) -> dict[str, Any]:
        """State, participants, segments and transcript of the chat."""
        return whole(self.region.chat(contact_id))


@asynccontextmanager
async def emulate(
    *,
    settings: Settings | None = None,
    flows: Mapping[str, FlowDefinition] | None = None,
    clock: Clock | None = None,
    random: Random | None = None,
    weather: Sequence[Rule] = (),
    sinks: Sequence[Sink] = (),
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[Emulator]:
    """An Amazon Connect on localhost, ready when entered; `port` 0 takes a free one.

    Raises PortInUse. On exit, also by cancellation, every socket is closed and nothing is left behind.
    """
    emulator = Emulator(settings=settings, flows=flows, clock=clock, random=random, weather=weather, sinks=sinks)
    try:
        await emulator.open(host=host, port=port)
        yield emulator
    finally:
        await emulator.close()


async def serve(
    *,
    settings: Settings | None = None,
    flows: Mapping[str, FlowDefinition] | None = None,
    weather: Sequence[Rule] = (),
    sinks: Sequence[Sink] = (),
    host: str = "127.0.0.1",
    port: int = 0,
    on_ready: Callable[[Emulator], None] = lambda emulator: None,
) -> None:
    """Run an emulator until cancelled; for the command line. Raises PortInUse.

    `on_ready` is called once it listens. Cancellation closes everything and leaves nothing behind.
    """
    async with emulate(settings=settings, flows=flows, weather=weather, sinks=sinks, host=host, port=port) as emulator:
        on_ready(emulator)
        await anyio.sleep_forever()
