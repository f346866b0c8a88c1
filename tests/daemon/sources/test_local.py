"""Offers: from a local Amazon Connect, whose stream may end at any time, and of one contact by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import anyio
from aiohttp import web

from agent.daemon.sources import LocalSource, OneContact
from agent.emulator import INSTANCE_ID, emulate
from agent.ids import ContactId, ContactKey, InstanceId
from agent.telemetry import Happening

BOUND = 20


class Told(list[Happening]):
    @property
    def names(self) -> list[str]:
        return [happening.name for happening in self]


def _source(url: str, told: Told | None = None) -> LocalSource:
    return LocalSource(url, random=Random(1), report=(told if told is not None else Told()).append)


async def test_contacts_that_wait_and_those_that_come_are_offered() -> None:
    """First what the local Amazon Connect has waiting, then each new one, with the flow's attributes."""
    with anyio.fail_after(BOUND):
        async with emulate() as connect:
            early = connect.start_chat(connected=True, Attributes={"vip": "yes"})
            async with _source(connect.url).offers() as offers:
                first = (await anext(offers)).offer
                assert first.key == ContactKey(InstanceId(INSTANCE_ID), ContactId(early["ContactId"]))
                assert first.initial_contact_id == early["ContactId"]
                assert first.attributes["vip"] == "yes"
                assert first.channel == "CHAT"
                late = connect.start_chat(connected=True)
                claimable = await anext(offers)
                assert claimable.offer.key.contact_id == late["ContactId"]
                await claimable.done()


@asynccontextmanager
async def _serving(answers: list[bytes | int]) -> AsyncIterator[str]:
    """An address whose stream is the next of `answers`, and ends after it; a number is a status."""

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        next_one = answers.pop(0) if answers else b""
        return web.Response(status=next_one) if isinstance(next_one, int) else web.Response(body=next_one)

    runner = web.ServerRunner(web.Server(answer, access_log=None), handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_an_address_that_fails_is_tried_again() -> None:
    """The local Amazon Connect may start later than the daemon, or again."""
    told = Told()
    offer = b'{"InstanceId": "%s", "ContactId": "c"}\n' % INSTANCE_ID.encode()
    with anyio.fail_after(BOUND):
        async with _serving([502, offer]) as url, _source(url, told).offers() as offers:
            assert (await anext(offers)).offer.key.contact_id == "c"
    assert told.names[:2] == ["source.failed", "source.listening"]


async def test_a_stream_that_ends_is_opened_again_and_garbage_in_it_is_told() -> None:
    """One bad line costs that line only."""
    told = Told()
    good = b'{"InstanceId": "%s", "ContactId": "%d"}\n'
    streams: list[bytes | int] = [
        b"\n{not json\n[]\n" + good % (INSTANCE_ID.encode(), 1) + b'{"ContactId": "x"}\n',
        good % (INSTANCE_ID.encode(), 2),
    ]
    with anyio.fail_after(BOUND):
        async with _serving(streams) as url, _source(url, told).offers() as offers:
            assert [(await anext(offers)).offer.key.contact_id for _ in range(2)] == ["1", "2"]
    assert told.names.count("offer.unreadable") == 3
    assert "source.ended" in told.names


async def test_one_contact_is_offered_once() -> None:
    """And then the source ends."""
    key = ContactKey(InstanceId(INSTANCE_ID), ContactId("one"))
    async with OneContact(key).offers() as offers:
        assert [claimable.offer.key async for claimable in offers] == [key]
