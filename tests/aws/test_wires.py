"""Kept connections, one answer at a time: what is read, what is kept, and what breaks."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from botocore import exceptions as aws
from hypothesis import given
from hypothesis import strategies as some

from agent.aws.http import head
from agent.aws.wires import NoConnection, Patience, Wires
from agent.emulator.certificate import SelfMade
from tests.aws.conftest import Peer, Request, answer

PATIENT = Patience(connect=10.0, read=30.0, idle=30.0)
ASK = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def wires_to(peer: Peer, patience: Patience = PATIENT, at_once: int = 64) -> AsyncIterator[Wires]:
    wires = Wires("127.0.0.1", int(peer.url.rpartition(":")[2]), tls=None, patience=patience, at_once=at_once)
    try:
        yield wires
    finally:
        wires.close()


async def test_an_answer_is_read_whole(peer: Peer) -> None:
    """Status, headers in lower case, body."""
    peer.answers(answer(418, content=b"tea", X_Kind="pot"))
    async with wires_to(peer) as wires:
        heard = await wires.exchange(ASK)
    assert (heard.status, heard.headers, heard.content) == (418, {"content-length": "3", "x-kind": "pot"}, b"tea")


async def test_a_chunked_answer_is_put_together(peer: Peer) -> None:
    """Some proxies cut answers into chunks."""
    peer.answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    async with wires_to(peer) as wires:
        assert (await wires.exchange(ASK)).content == b"abcde"


async def test_an_interim_answer_is_passed_over(peer: Peer) -> None:
    """100 Continue is no answer."""
    peer.answers(b"HTTP/1.1 100 Continue\r\nX-Kind: early\r\n\r\n" + answer(200, content=b"real"))
    async with wires_to(peer) as wires:
        heard = await wires.exchange(ASK)
    assert (heard.status, heard.headers, heard.content) == (200, {"content-length": "4"}, b"real")


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
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", aws.HTTPClientError),
    ],
    ids=["hung up", "stopped half-way", "rubbish", "a length that is none", "an upgrade"],
)
async def test_what_is_no_answer_is_an_error(peer: Peer, said: bytes | None, error: type[Exception]) -> None:
    """The request may have had its effect; the connection is not used again."""
    peer.answers(said, answer(200))
    async with wires_to(peer, Patience(connect=10.0, read=0.2, idle=30.0)) as wires:
        with pytest.raises(error) as caught:
            await wires.exchange(ASK)
        assert caught.type is error
        assert (await wires.exchange(ASK)).status == 200
    assert peer.opened == 2


async def test_who_finds_no_place_is_next_in_line(peer: Peer) -> None:
    """In the order of asking, on the connection that is there; an error before them holds nobody up."""
    peer.answers(answer(200), b"rubbish\r\n\r\n", answer(200))
    async with wires_to(peer, at_once=1) as wires:
        asked = [ASK.replace(b"/x", b"/%d" % number) for number in range(5)]
        heard = await asyncio.gather(*map(wires.exchange, asked), return_exceptions=True)
    assert [type(each).__name__ for each in heard] == ["Answer", "HTTPClientError", "Answer", "Answer", "Answer"]
    assert [request.path for request in peer.requests] == ["/0", "/1", "/2", "/3", "/4"]
    assert peer.opened == 2


@pytest.mark.parametrize("stray", [answer(200, content=b"two"), b"HTTP/1.1 200 OK\r\nContent-"], ids=["whole", "begun"])
async def test_a_connection_with_more_on_it_than_the_answer_is_not_kept(peer: Peer, stray: bytes) -> None:
    """Whatever comes behind an answer would be taken for the next one's."""
    peer.answers(answer(200, content=b"one") + stray, answer(200, content=b"three"))
    async with wires_to(peer) as wires:
        assert [(await wires.exchange(ASK)).content for _ in range(2)] == [b"one", b"three"]
    assert peer.opened == 2


async def test_who_is_cancelled_under_way_cuts_the_connection(peer: Peer) -> None:
    """Its answer is still to come and must not be the next one's."""
    peer.stays_silent()
    async with wires_to(peer) as wires:
        asking = asyncio.ensure_future(wires.exchange(ASK))
        async with asyncio.timeout(30):
            await peer.arrived.wait()
            asking.cancel()
            await peer.closed.wait()
        assert isinstance((await asyncio.gather(asking, return_exceptions=True))[0], asyncio.CancelledError)
        peer.answers(answer(200, content=b"mine"))
        assert (await wires.exchange(ASK)).content == b"mine"


@pytest.mark.parametrize("by", ["its task", "a scope"])
async def test_what_is_sent_to_the_end_is_known_before_its_cancellation_comes(peer: Peer, by: str) -> None:
    """Who was cancelled while a message was under way learns what became of it, and is cancelled then."""
    may_answer = asyncio.Event()
    learned: list[bytes] = []
    scope = anyio.CancelScope()

    async def late(request: Request) -> bytes | None:
        await may_answer.wait()
        return answer(200, content=b"said")

    async def say(wires: Wires) -> None:
        with scope:
            learned.append((await wires.exchange(ASK, to_the_end=True)).content)
            await asyncio.Event().wait()

    peer.answering = late
    async with wires_to(peer) as wires, asyncio.timeout(30):
        saying = asyncio.ensure_future(say(wires))
        await peer.arrived.wait()
        scope.cancel() if by == "a scope" else saying.cancel()
        for _ in range(3):
            await asyncio.sleep(0)
        assert not saying.done()
        may_answer.set()
        ended = (await asyncio.gather(saying, return_exceptions=True))[0]
        assert learned == [b"said"]
        assert isinstance(ended, asyncio.CancelledError) is (by == "its task")
        assert saying.cancelling() == (by == "its task")
        assert wires.open == 1


async def test_a_connection_that_breaks_under_way_is_known_before_the_cancellation_comes(peer: Peer) -> None:
    """The error comes out, and then the cancellation."""
    may_end = asyncio.Event()
    learned: list[object] = []

    async def hang_up(request: Request) -> bytes | None:
        await may_end.wait()
        return None

    async def say() -> None:
        try:
            await wires.exchange(ASK, to_the_end=True)
        except aws.ConnectionClosedError as error:
            learned.append(type(error))
        await asyncio.sleep(0)
        learned.append("not cancelled")

    peer.answering = hang_up
    async with wires_to(peer) as wires, asyncio.timeout(30):
        saying = asyncio.ensure_future(say())
        await peer.arrived.wait()
        saying.cancel()
        await asyncio.sleep(0)
        may_end.set()
        await asyncio.wait([saying])
    assert saying.cancelled()
    assert learned == [aws.ConnectionClosedError]


async def test_who_is_cancelled_twice_does_not_wait_and_can_clean_up(peer: Peer) -> None:
    """The connection is cut, and no further cancellation comes."""
    cleaned: list[str] = []

    async def say() -> None:
        try:
            await wires.exchange(ASK, to_the_end=True)
        finally:
            await asyncio.sleep(0)
            cleaned.append("up")

    peer.stays_silent()
    async with wires_to(peer) as wires, asyncio.timeout(30):
        saying = asyncio.ensure_future(say())
        await peer.arrived.wait()
        for _ in range(2):
            saying.cancel()
            await asyncio.sleep(0)
        await asyncio.wait([saying])
        await peer.closed.wait()
    assert saying.cancelled()
    assert cleaned == ["up"]


async def test_what_is_still_in_line_is_not_sent_to_the_end(peer: Peer) -> None:
    """Nothing of it was sent, so its cancellation comes at once."""
    peer.stays_silent()
    async with wires_to(peer, at_once=1) as wires, asyncio.timeout(30):
        first, second = (asyncio.ensure_future(wires.exchange(ASK, to_the_end=not n)) for n in (1, 0))
        await peer.arrived.wait()
        second.cancel()
        assert isinstance((await asyncio.gather(second, return_exceptions=True))[0], asyncio.CancelledError)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
    assert len(peer.requests) == 1


async def test_a_place_is_free_again_whatever_became_of_who_had_it(peer: Peer) -> None:
    """Cancelled in line, cancelled when its turn to dial had come, cancelled under way: the next one gets through."""
    peer.stays_silent()
    async with wires_to(peer, at_once=1) as wires:
        for _ in range(2):
            asking = [asyncio.ensure_future(wires.exchange(ASK)) for _ in range(3)]
            async with asyncio.timeout(30):
                await peer.arrived.wait()
            for each in (asking[1], asking[0], asking[2]):
                each.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        peer.answers(answer(200))
        async with asyncio.timeout(30):
            assert (await wires.exchange(ASK)).status == 200


async def test_who_waits_at_the_end_is_told(peer: Peer) -> None:
    """Nothing of it was sent."""
    peer.stays_silent()
    async with wires_to(peer, at_once=1) as wires:
        asking = [asyncio.ensure_future(wires.exchange(ASK)) for _ in range(2)]
        async with asyncio.timeout(30):
            await peer.arrived.wait()
        wires.close()
        first, second = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(first, aws.ConnectionClosedError)
    assert isinstance(second, NoConnection)


Passing = Callable[[float], Awaitable[None]]


@pytest.fixture
async def passing(monkeypatch: pytest.MonkeyPatch) -> Passing:
    """Lets seconds pass on the loop's clock, after what is on its way has arrived: loopback needs a turn or two."""
    loop, ahead = asyncio.get_running_loop(), 0.0
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + ahead)

    async def passing(seconds: float) -> None:
        nonlocal ahead
        for _ in range(10):
            await asyncio.sleep(0)
        ahead += seconds
        for _ in range(10):
            await asyncio.sleep(0)

    return passing


@pytest.mark.parametrize(
    ("pause", "seconds", "error"),
    [(25.0, 120.0, None), (25.0, 60.0, TimeoutError), (35.0, 120.0, aws.ReadTimeoutError)],
    ids=["in time", "too long in all", "too long silent"],
)
async def test_silence_counts_from_the_last_bytes_and_the_whole_from_its_beginning(
    peer: Peer, passing: Passing, pause: float, seconds: float, error: type[Exception] | None
) -> None:
    """An answer in four parts, thirty seconds of silence allowed."""

    async def drip(request: Request) -> bytes | None:
        (writer,) = peer.connections
        for part in (b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 4\r\n\r\n", b"ab"):
            writer.write(part)
            await passing(pause)
        return b"cd"

    peer.answering = drip
    async with wires_to(peer) as wires:
        await passing(0)
        if error is None:
            assert (await wires.exchange(ASK, seconds)).content == b"abcd"
        else:
            with pytest.raises(error):
                await wires.exchange(ASK, seconds)


async def test_connections_that_nobody_needs_grow_old_while_another_is_used(peer: Peer, passing: Passing) -> None:
    """The last used is used again, so that the others are let go; in the end it is, too."""
    peer.answers(answer(200))
    async with wires_to(peer) as wires:
        await asyncio.gather(*(wires.exchange(ASK) for _ in range(3)))
        for left in (3, 3, 3, 1):
            await passing(8.0)
            assert wires.open == left
            await wires.exchange(ASK)
        await passing(29.0)
        assert wires.open == 1
        await passing(2.0)
        assert (wires.open, peer.opened) == (0, 3)


async def test_connections_let_go_one_by_one(peer: Peer, passing: Passing) -> None:
    """Each has its own time, though one timer minds all."""
    peer.answers(answer(200))
    async with wires_to(peer) as wires:
        await asyncio.gather(*(wires.exchange(ASK) for _ in range(2)))
        await passing(5.0)
        await wires.exchange(ASK)
        for left in (2, 1, 0):
            assert wires.open == left
            await passing(27.0 if left == 2 else 4.0)


@pytest.mark.parametrize("seconds", [30.0, 5.0])
async def test_dialling_is_bounded(
    peer: Peer, passing: Passing, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """By its own patience and by the call's end; either way nothing was sent."""
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", lambda *_, **__: asyncio.Future())
    async with wires_to(peer) as wires:
        asking = asyncio.ensure_future(wires.exchange(ASK, seconds))
        await passing(min(10.0, seconds) - 1.0)
        assert not asking.done()
        await passing(2.0)
        assert isinstance(asking.exception(), aws.ConnectTimeoutError)


async def test_an_answer_without_end_is_cut_off(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded whatever the peer sends."""
    monkeypatch.setattr("agent.aws.wires.wire._LARGEST", 1_000)
    peer.answers(answer(200, content=b"x" * 2_000))
    async with wires_to(peer) as wires:
        with pytest.raises(aws.HTTPClientError, match="too large"):
            await wires.exchange(ASK)


async def test_nobody_there_is_told_apart(unused_tcp_port: int) -> None:
    """Nothing was sent: a repeat is safe whatever the call."""
    wires = Wires("127.0.0.1", unused_tcp_port, tls=None, patience=PATIENT, at_once=64)
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
                wires = Wires("localhost", port, tls=trust, patience=PATIENT, at_once=64)
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
