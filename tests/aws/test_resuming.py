"""TLS sessions are taken up again, by whoever gave them alone; on both event loops, over the real wire."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop
from aiohttp import web

from agent.aws.pulling import pulled
from agent.aws.settings import SocketSettings
from agent.aws.websocket import WebsocketsSocketPort
from agent.emulator.certificate import SelfMade, _make
from agent.errors import SocketRefused
from agent.ids import Secret

HOST = "127.0.0.1"


class Identity:
    """A certificate and its key in files; each `context` is a server that knows no other's tickets."""

    def __init__(self, folder: Path) -> None:
        certificate, key = _make(HOST)
        self.certificate, self._key = folder / "certificate.pem", folder / "key.pem"
        self.certificate.write_bytes(certificate)
        self._key.write_bytes(key)

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self._key)
        return context


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return Identity(tmp_path)


class Gateway:
    """A websocket server over TLS; `resumed` says of each connection whether its session was known."""

    def __init__(self) -> None:
        self.resumed: list[bool] = []

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        self.resumed.append(bool(request.transport.get_extra_info("ssl_object").session_reused))
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    @asynccontextmanager
    async def on(self, context: ssl.SSLContext, port: int = 0) -> AsyncIterator[int]:
        """Its port, the one given or any."""
        runner = web.ServerRunner(web.Server(self.serve), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, HOST, port, ssl_context=context).start()
        try:
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()


def trusting(identity: Identity) -> WebsocketsSocketPort:
    return WebsocketsSocketPort(
        SocketSettings(ca_bundle=str(identity.certificate), allowed_hosts=frozenset({HOST}), close_timeout=0.1)
    )


async def visit(sockets: WebsocketsSocketPort, port: int) -> None:
    async with pulled(sockets, Secret(f"wss://{HOST}:{port}/?very-secret")):
        pass


Story = Callable[[], Coroutine[None, None, None]]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def told(request: pytest.FixtureRequest) -> Callable[[Story], None]:
    """Runs a story on a loop of this kind."""

    def run(story: Story) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(asyncio.wait_for(story(), 20))

    return run


def test_the_next_socket_resumes_the_session(told: Callable[[Story], None], identity: Identity) -> None:
    """The first one verifies the certificate, all others come back."""
    gateway, sockets = Gateway(), trusting(identity)

    async def story() -> None:
        async with gateway.on(identity.context()) as port:
            for _ in range(3):
                await visit(sockets, port)

    told(story)
    assert gateway.resumed == [False, True, True]


def test_a_server_that_has_forgotten_gets_a_handshake(told: Callable[[Story], None], identity: Identity) -> None:
    """A deployment there: the session is refused, the certificate verified, nobody notices."""
    gateway, sockets = Gateway(), trusting(identity)

    async def story() -> None:
        async with gateway.on(identity.context()) as port:
            await visit(sockets, port)
        async with gateway.on(identity.context(), port):
            await visit(sockets, port)
            await visit(sockets, port)

    told(story)
    assert gateway.resumed == [False, False, True]


def test_a_session_is_no_pass_for_a_stranger(told: Callable[[Story], None], identity: Identity) -> None:
    """Who has the host's address, but neither its tickets nor a trusted certificate, is refused as ever."""
    gateway, sockets, stranger = Gateway(), trusting(identity), SelfMade(HOST)

    async def story() -> None:
        async with gateway.on(identity.context()) as port:
            await visit(sockets, port)
        async with gateway.on(stranger.context, port):
            with pytest.raises(SocketRefused, match="SSLCertVerificationError"):
                await visit(sockets, port)

    told(story)
    stranger.close()
    assert gateway.resumed == [False]
