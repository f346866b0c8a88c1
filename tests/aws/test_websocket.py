"""Participant websockets over the real wire, against a stack that is not the client's own."""

import asyncio
import ssl
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
import pytest
from aiohttp import WSMessage, web

from agent.aws.pulling import pulled
from agent.aws.settings import SocketSettings
from agent.aws.websocket import WebsocketsSocketPort
from agent.errors import SocketClosed, SocketRefused
from agent.ids import Secret
from tests.aws.conftest import Peer, answer

MIB = 1024 * 1024
LOCAL = frozenset({"127.0.0.1"})
Doing = Callable[[web.WebSocketResponse, WSMessage], Awaitable[object]]


class Gateway:
    """Does `doing` with every message that comes."""

    def __init__(self) -> None:
        self.url = ""
        self.doing: Doing = echo
        self.headers: dict[str, str] = {}
        self.close_code: int | None = None
        self.opened = asyncio.Event()
        self.left = asyncio.Event()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.headers = dict(request.headers)
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        self.opened.set()
        async for message in socket:
            await self.doing(socket, message)
        self.close_code = socket.close_code
        self.left.set()
        return socket


async def echo(socket: web.WebSocketResponse, message: WSMessage) -> None:
    await socket.send_str(message.data)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    one = Gateway()
    app = web.Application()
    app.router.add_get("/socket", one.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.url = f"ws://127.0.0.1:{runner.addresses[0][1]}/socket?X-Amz-Signature=very-secret"
    yield one
    await runner.cleanup()


def port(**settings: object) -> WebsocketsSocketPort:
    return WebsocketsSocketPort(SocketSettings(**{"allowed_hosts": LOCAL, **settings}))  # type: ignore[arg-type]


async def test_frames_go_both_ways(gateway: Gateway) -> None:
    """Text is str; the upgrade offers no compression and says who we are."""
    async with pulled(port(), Secret(gateway.url)) as socket:
        socket.send('{"topic":"aws/subscribe"}')
        assert await socket.receive() == '{"topic":"aws/subscribe"}'
    assert "Sec-WebSocket-Extensions" not in gateway.headers
    assert gateway.headers["User-Agent"] == "connect-chat-agent"


async def test_a_binary_frame_is_bytes(gateway: Gateway) -> None:
    """Garbage is handed over as it is; what it means is not decided here."""
    gateway.doing = lambda socket, message: socket.send_bytes(b"\xff\x00")
    async with pulled(port(), Secret(gateway.url)) as socket:
        socket.send("go")
        assert await socket.receive() == b"\xff\x00"


async def test_a_frame_of_a_megabyte_does_not_end_the_socket(gateway: Gateway) -> None:
    """Eight times the most that the service sends is still only a frame."""
    gateway.doing = lambda socket, message: socket.send_str("x" * MIB)
    async with pulled(port(), Secret(gateway.url)) as socket:
        for _ in range(2):
            socket.send("go")
            assert len(await socket.receive()) == MIB


async def test_a_frame_beyond_the_bound_closes_with_1009(gateway: Gateway) -> None:
    """Memory is bounded: what is bigger ends the socket, not the process."""
    gateway.doing = lambda socket, message: socket.send_str("x" * 200)
    async with pulled(port(max_frame_bytes=100), Secret(gateway.url)) as socket:
        socket.send("go")
        with pytest.raises(SocketClosed) as caught:
            await socket.receive()
        assert caught.value.code == 1009
        with pytest.raises(SocketClosed):
            socket.send("still there?")


async def test_the_peers_close_code_is_told(gateway: Gateway) -> None:
    """Whoever reconnects decides by it."""
    gateway.doing = lambda socket, message: socket.close(code=4001)
    async with pulled(port(), Secret(gateway.url)) as socket:
        socket.send("go")
        with pytest.raises(SocketClosed) as caught:
            await socket.receive()
    assert caught.value.code == 4001


async def test_a_connection_cut_without_a_word_is_1006(gateway: Gateway) -> None:
    """TCP ended, no close frame came."""

    async def cut(socket: web.WebSocketResponse, message: WSMessage) -> None:
        socket._writer.transport.abort()

    gateway.doing = cut
    async with pulled(port(), Secret(gateway.url)) as socket:
        socket.send("go")
        with pytest.raises(SocketClosed) as caught:
            await socket.receive()
    assert caught.value.code == 1006


async def test_leaving_says_goodbye(gateway: Gateway) -> None:
    """Code 1000, so that the service knows it was meant."""
    async with pulled(port(), Secret(gateway.url)):
        pass
    with anyio.fail_after(5):
        await gateway.left.wait()
    assert gateway.close_code == 1000


async def test_leaving_says_goodbye_even_when_cancelled(gateway: Gateway) -> None:
    """The farewell is shielded: it is said, and its answer is awaited."""
    with anyio.CancelScope() as scope:
        async with pulled(port(), Secret(gateway.url)) as socket:
            scope.cancel()
            await socket.receive()
    with anyio.fail_after(5):
        await gateway.left.wait()
    assert gateway.close_code == 1000
    assert socket.code == 1000


async def test_a_deaf_peer_cannot_delay_leaving(gateway: Gateway) -> None:
    """The farewell is bounded: a peer that reads nothing any more is cut off."""
    forever = asyncio.Event()

    async def sleep(socket: web.WebSocketResponse, message: WSMessage) -> None:
        await forever.wait()

    gateway.doing = sleep
    with anyio.fail_after(5):
        async with pulled(port(close_timeout=0.05), Secret(gateway.url)) as socket:
            socket.send("go")
    forever.set()


async def test_cancelling_a_receive_loses_no_frame(gateway: Gateway) -> None:
    """Waiting with a deadline is safe."""
    async with pulled(port(), Secret(gateway.url)) as socket:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await socket.receive()
        socket.send("one")
        assert await socket.receive() == "one"


async def test_cancelling_while_opening_leaves_no_connection(peer: Peer) -> None:
    """A peer that never answers the upgrade is left alone."""
    peer.stays_silent()
    async with anyio.create_task_group() as group:

        async def open_it() -> None:
            async with pulled(port(), Secret(peer.url.replace("http", "ws"))):
                raise AssertionError("opened")

        group.start_soon(open_it)
        with anyio.fail_after(5):
            await peer.arrived.wait()
            group.cancel_scope.cancel()
    with anyio.fail_after(5):
        await peer.closed.wait()


async def refused(socket_port: WebsocketsSocketPort, url: str) -> SocketRefused:
    with pytest.raises(SocketRefused) as caught:
        async with pulled(socket_port, Secret(url)):
            raise AssertionError("opened")
    told = "".join(traceback.format_exception(caught.value))
    assert "very-secret" not in told
    return caught.value


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 503])
async def test_a_refused_upgrade_tells_its_status(peer: Peer, status: int) -> None:
    """An expired URL is a 403 or 410; the session decides what it means."""
    peer.answers(answer(status))
    assert (await refused(port(), peer.url.replace("http", "ws") + "/?very-secret")).status == status


async def test_a_redirected_upgrade_is_refused(peer: Peer, gateway: Gateway) -> None:
    """The signed URL is not carried to another place, allowed or not."""
    peer.answers(answer(302, location=gateway.url))
    assert (await refused(port(), peer.url.replace("http", "ws"))).status == 302
    assert not gateway.opened.is_set()


@pytest.mark.parametrize("said", [None, b"garbage\r\n\r\n", b"HTTP/1.1 101 Fine\r\n\r\n", answer(200)])
async def test_what_is_no_websocket_is_refused(peer: Peer, said: bytes | None) -> None:
    """Whatever answers instead of a websocket, it is one error."""
    peer.answers(said)
    assert (await refused(port(), peer.url.replace("http", "ws") + "/?very-secret")).status in (None, 200)


async def test_silence_while_opening_is_refused(peer: Peer) -> None:
    """Opening is bounded."""
    peer.stays_silent()
    assert (await refused(port(open_timeout=0.05), peer.url.replace("http", "ws"))).status is None


async def test_nobody_there_is_refused(unused_tcp_port: int) -> None:
    """Nothing listens."""
    assert (await refused(port(), f"ws://127.0.0.1:{unused_tcp_port}/?very-secret")).status is None


async def test_a_name_that_does_not_resolve_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS may fail; that is nobody answering."""
    import socket

    async def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    url = "wss://x.transport.connect.us-east-1.amazonaws.com/?very-secret"
    assert (await refused(port(), url)).status is None


@pytest.mark.parametrize(
    "url",
    [
        "ws://x.transport.connect.us-east-1.amazonaws.com/",
        "wss://evil.example/",
        "wss://amazonaws.com.evil.example/",
        "wss://x.amazonaws.com@evil.example/",
        "http://127.0.0.1/",
        "WS://127.0.0.1/",
        "",
        "wss://",
        "ws://[::1/",
        "ws://127.0.0.1:port/",
        "ws://127.0.0.1:99999/",
        "ws://127.0.0.1/#fragment",
    ],
)
async def test_a_url_that_is_not_allowed_is_refused_before_any_connection(url: str) -> None:
    """Encrypted to AWS, or to where the operator pointed; nothing else, and the sentence shows nothing of it."""
    error = await refused(port(), f"{url}very-secret")
    assert error.status is None


async def test_this_machine_is_not_allowed_unless_named(gateway: Gateway) -> None:
    """In production nothing local is meant; once one loopback address is allowed, each of its names is."""
    assert "not allowed" in str(await refused(WebsocketsSocketPort(), gateway.url))
    async with pulled(port(allowed_hosts=frozenset({"localhost"})), Secret(gateway.url)):
        pass


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "SOCKS_PROXY"])
async def test_loopback_is_not_proxied(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int, variable: str
) -> None:
    """A proxy would look for 127.0.0.1 on its own machine."""
    monkeypatch.setenv(variable, f"http://127.0.0.1:{unused_tcp_port}")
    async with pulled(port(), Secret(gateway.url)):
        pass


async def test_a_proxy_is_asked_for_everything_else(peer: Peer) -> None:
    """By CONNECT, with the host's name; its refusal is not the service's, so it has no status."""
    peer.answers(answer(502))
    socket_port = port(proxy_url=Secret(f"{peer.url.replace('//', '//user:very-secret@')}"))
    error = await refused(socket_port, "wss://x.transport.connect.us-east-1.amazonaws.com/")
    assert error.status is None
    assert (peer.requests[0].method, peer.requests[0].path) == (
        "CONNECT",
        "x.transport.connect.us-east-1.amazonaws.com:443",
    )


async def test_a_proxy_that_is_none_is_refused() -> None:
    """Its address may hold a password and is not repeated."""
    socket_port = port(proxy_url=Secret("very-secret://"))
    await refused(socket_port, "wss://x.transport.connect.us-east-1.amazonaws.com/")


async def test_an_untrusted_certificate_is_refused(unused_tcp_port: int, tmp_path: object) -> None:
    """Certificates are verified, by the same trust as HTTPS calls."""
    socket_port = port()
    assert socket_port._tls is socket_port._tls
    assert socket_port._tls.verify_mode is ssl.CERT_REQUIRED
    assert socket_port._tls.check_hostname
