"""Kept connections, one answer at a time: what is read, what is kept, and what breaks."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from botocore import exceptions as aws
from hypothesis import given
from hypothesis import strategies as some

from agent.aws.http import head
from agent.aws.wires import Answer, NoConnection, Patience, Wires
from agent.emulator.certificate import SelfMade
from tests.aws.conftest import Peer, answer

PATIENT = Patience(connect=10.0, read=30.0, idle=30.0)
ASK = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def wires_to(peer: Peer, patience: Patience = PATIENT) -> AsyncIterator[Wires]:
    wires = Wires("127.0.0.1", int(peer.url.rpartition(":")[2]), tls=None, patience=patience)
    try:
        yield wires
    finally:
        wires.close()


async def test_an_answer_is_read_whole(peer: Peer) -> None:
    """Status, headers in lower case, body."""
    peer.answers(answer(418, content=b"tea", X_Kind="pot"))
    async with wires_to(peer) as wires:
        heard = await wires.exchange(ASK)
    assert heard == Answer(status=418, headers={"content-length": "3", "x-kind": "pot"}, content=b"tea")


async def test_a_chunked_answer_is_put_together(peer: Peer) -> None:
    """Some proxies cut answers into chunks."""
    peer.answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    async with wires_to(peer) as wires:
        assert (await wires.exchange(ASK)).content == b"abcde"


async def test_an_interim_answer_is_passed_over(peer: Peer) -> None:
    """100 Continue is no answer."""
    peer.answers(b"HTTP/1.1 100 Continue\r\n\r\n" + answer(200, content=b"real"))
    async with wires_to(peer) as wires:
        heard = await wires.exchange(ASK)
    assert (heard.status, heard.content) == (200, b"real")


async def test_connections_are_kept_as_many_as_are_needed(peer: Peer) -> None:
    """One for calls in a row, more for calls at once."""
    peer.answers(answer(200))
    async with wires_to(peer) as wires:
        for _ in range(3):
            await wires.exchange(ASK)
        assert peer.opened == 1
        await asyncio.gather(*(wires.exchange(ASK) for _ in range(3)))
        assert peer.opened == 3


async def test_a_connection_that_the_peer_ends_is_not_kept(peer: Peer) -> None:
    """``Connection: close`` is heeded."""
    peer.answers(answer(200, connection="close"))
    async with wires_to(peer) as wires:
        await wires.exchange(ASK)
        await wires.exchange(ASK)
    assert peer.opened == 2


async def test_a_kept_connection_that_broke_meanwhile_is_not_used(peer: Peer) -> None:
    """The peer went away between two calls: the next one dials."""
    peer.answers(answer(200))
    async with wires_to(peer) as wires:
        await wires.exchange(ASK)
        for writer in list(peer.connections):
            writer.transport.abort()
        async with asyncio.timeout(30):
            while wires.open:
                await asyncio.sleep(0)
        assert (await wires.exchange(ASK)).status == 200
    assert peer.opened == 2


async def test_an_idle_connection_is_let_go(peer: Peer) -> None:
    """A connection that nobody needs any more costs the peer nothing after a while."""
    peer.answers(answer(200))
    async with wires_to(peer, Patience(connect=10.0, read=30.0, idle=0.01)) as wires:
        await wires.exchange(ASK)
        async with asyncio.timeout(30):
            await peer.closed.wait()


async def test_what_nobody_asked_for_ends_the_connection(peer: Peer) -> None:
    """A second answer to one request must not be taken for the next one's."""
    peer.answers(answer(200, content=b"one") + answer(200, content=b"two"), answer(200, content=b"three"))
    async with wires_to(peer) as wires:
        first = wires.exchange(ASK)
        try:
            heard = [(await first).content]
        except aws.HTTPClientError:
            heard = []
        heard.append((await wires.exchange(ASK)).content)
    assert heard[-1] == b"three"
    assert b"two" not in heard


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (None, aws.ConnectionClosedError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", aws.ReadTimeoutError),
        (b"\x00\x01 rubbish\r\n\r\n", aws.HTTPClientError),
        (b"HTTP/1.1 200 OK\r\nX: \r\nContent-Length: -1\r\n\r\n", aws.HTTPClientError),
    ],
    ids=["hung up", "stopped half-way", "rubbish", "a length that is none"],
)
async def test_what_is_no_answer_is_an_error(peer: Peer, said: bytes | None, error: type[Exception]) -> None:
    """The request may have had its effect; the connection is not used again."""
    peer.answers(said, answer(200))
    async with wires_to(peer, Patience(connect=10.0, read=0.2, idle=30.0)) as wires:
        with pytest.raises(error):
            await wires.exchange(ASK)
        assert (await wires.exchange(ASK)).status == 200
    assert peer.opened == 2


async def test_an_answer_without_end_is_cut_off(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded whatever the peer sends."""
    monkeypatch.setattr("agent.aws.wires._LARGEST", 1_000)
    peer.answers(answer(200, content=b"x" * 2_000))
    async with wires_to(peer) as wires:
        with pytest.raises(aws.HTTPClientError, match="too large"):
            await wires.exchange(ASK)


async def test_nobody_there_is_told_apart(unused_tcp_port: int) -> None:
    """Nothing was sent: a repeat is safe whatever the call."""
    wires = Wires("127.0.0.1", unused_tcp_port, tls=None, patience=PATIENT)
    with pytest.raises(NoConnection):
        await wires.exchange(ASK)


@asynccontextmanager
async def secure(certificate: SelfMade) -> AsyncIterator[int]:
    peer = Peer()
    peer.answers(answer(200, content=b"safe"))
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0, ssl=certificate.context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in list(peer.connections):
            writer.close()
        await server.wait_closed()


async def test_tls_is_verified(tmp_path: Path) -> None:
    """A certificate that is trusted is taken, another is not, and then nothing is sent."""
    certificate = SelfMade("127.0.0.1")

    async def trusting() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=certificate.path)

    async def wary() -> ssl.SSLContext:
        return ssl.create_default_context()

    try:
        async with secure(certificate) as port:
            for trust, safe in ((trusting, True), (wary, False)):
                wires = Wires("localhost", port, tls=trust, patience=PATIENT)
                if safe:
                    assert (await wires.exchange(ASK)).content == b"safe"
                else:
                    with pytest.raises(aws.SSLError):
                        await wires.exchange(ASK)
                wires.close()
    finally:
        certificate.close()


@given(words=some.text(min_size=1))
def test_no_header_makes_another(words: str) -> None:
    """A token with a line break in it would be the way to a header of somebody else's choice."""
    if "\r" in words or "\n" in words:
        with pytest.raises(ValueError, match="line break"):
            head("POST", "/x", "h", {"X-Amz-Bearer": words})
    else:
        assert head("POST", "/x", "h", {"X-Amz-Bearer": words.encode("ascii", "replace").decode()}).count(b"\r\n") == 4
