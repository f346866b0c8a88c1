"""``chat-agent run``: the daemon."""

from random import SystemRandom

import anyio

from agent.cli.running import attended, bots_of, opened_log, work_until
from agent.config import Configuration
from agent.daemon.assembly import assembled
from agent.daemon.sources import LocalSource
from agent.errors import InvalidSetting


def run(settings: Configuration) -> None:
    """Serves until it is stopped."""
    bot, also = bots_of(settings)
    address = source_address(settings)
    log = opened_log(settings.logging)
    source = LocalSource(address, random=SystemRandom(), report=log)

    async def work(stop: anyio.Event) -> None:
        async with assembled(settings, bot, bot, also=also, source=source, report=log) as assembly:
            await work_until(stop, assembly.worker)

    attended(work)


def source_address(settings: Configuration) -> str:
    """The address of the one kind of source that there is.

    Raises:
        InvalidSetting: they name no source, or one without its address.
    """
    if settings.source.kind is None:
        raise InvalidSetting(
            "source.kind",
            "no source of contacts is named; there is --source local, which follows a local Amazon Connect "
            "('chat-agent emulator') at --endpoint-url. To serve one contact, use 'chat-agent join CONTACT_ID'.",
        )
    url = settings.source.url or settings.connect.endpoint_url
    if url is None:
        raise InvalidSetting(
            "source.url", "the local source needs an address; give --endpoint-url http://127.0.0.1:4510."
        )
    return url
