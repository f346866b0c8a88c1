"""The cable carries everything while it is whole, and nothing that was sent while it was cut."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from tests.cluster.cable import HOST, Cable, cable_to

BOUND = 30


@asynccontextmanager
async def an_echo() -> AsyncIterator[str]:
    """A service that sends back what it gets, and to ``where`` its own address."""
    listener = await anyio.create_tcp_listener(local_host=HOST)
    url = f"http://{HOST}:{listener.extra(SocketAttribute.local_port)}"

    async def answer(stream: SocketStream) -> None:
        async with stream:
            async for chunk in stream:
                await stream.send(url.encode() if chunk == b"where" else chunk)

    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, answer)
        yield url
        group.cancel_scope.cancel()


@asynccontextmanager
async def a_cable() -> AsyncIterator[Cable]:
    with anyio.fail_after(BOUND):
        async with an_echo() as url, cable_to(url) as cable:
            yield cable


async def plugged(cable: Cable) -> SocketStream:
    return await anyio.connect_tcp(HOST, int(cable.url.rpartition(":")[2]))


async def asked(stream: SocketStream, text: bytes) -> bytes:
    await stream.send(text)
    return await stream.receive()


async def test_a_whole_cable_carries_both_ways() -> None:
    """Byte for byte, but that the service's own address is the cable's."""
    async with a_cable() as cable, await plugged(cable) as stream:
        assert await asked(stream, b"hello") == b"hello"
        assert await asked(stream, b"where") == cable.url.encode()


async def test_a_cut_breaks_what_is_open_and_refuses_what_is_new() -> None:
    """Until it is mended."""
    async with a_cable() as cable, await plugged(cable) as stream:
        assert await asked(stream, b"before") == b"before"
        cable.cut(silent=False)
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await stream.receive()
        async with await plugged(cable) as refused:
            with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                await asked(refused, b"during")
        cable.mend()
        async with await plugged(cable) as again:
            assert await asked(again, b"after") == b"after"


async def test_a_silent_cut_swallows_what_is_sent_for_good() -> None:
    """The connection stays, and nothing comes; mended, it breaks instead of delivering late."""
    async with a_cable() as cable, await plugged(cable) as stream:
        assert await asked(stream, b"before") == b"before"
        cable.cut(silent=True)
        await stream.send(b"during")
        await anyio.wait_all_tasks_blocked()
        cable.mend()
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await stream.receive()


async def test_a_service_that_has_gone_is_a_connection_that_ends() -> None:
    """As without a cable, nearly: it is accepted first."""
    with anyio.fail_after(BOUND):
        async with an_echo() as url:
            pass
        async with cable_to(url) as cable, await plugged(cable) as stream:
            with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                await stream.receive()
