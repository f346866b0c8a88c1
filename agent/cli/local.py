"""A local Amazon Connect with a worker on it, in this process: what ``dev`` and ``chat`` are made of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import SystemRandom
from typing import Any

from agent import errors
from agent.cli.landscape import Landscape, warn_of_strangers
from agent.config import Configuration
from agent.daemon.assembly import Assembly, assembled
from agent.daemon.rostering import ServedBot
from agent.daemon.sources import LocalSource
from agent.daemon.supervisor import Goodbye
from agent.emulator import Emulator, PortInUse, emulate
from agent.ports import ContactStore
from agent.session.conversation import Converser
from agent.telemetry import Report


@asynccontextmanager
async def local_connect(
    *, host: str = "127.0.0.1", port: int = 0, landscape: Landscape | None = None
) -> AsyncIterator[Emulator]:
    """A local Amazon Connect.

    Raises:
        errors.PortInUse: another program listens there.
        errors.InvalidSetting: this machine cannot listen there, or the landscape cannot be had.
    """
    arguments = (landscape or Landscape()).arguments()
    warn_of_strangers(host)
    try:
        async with emulate(host=host, port=port, **arguments) as connect:
            yield connect
    except PortInUse as error:
        raise errors.PortInUse(f"{error} Stop it, or take another with --port (0 for any free one).") from error


@asynccontextmanager
async def worker_on(
    connect: Emulator,
    settings: Configuration,
    served: ServedBot,
    *,
    bot: Converser | None = None,
    store: ContactStore | None = None,
    report: Report,
) -> AsyncIterator[Assembly]:
    """A worker on `connect`: nothing is kept, nothing is paced, and on stopping the bot leaves its chats.

    `bot` is what converses if not `served` itself; `store` outlives the worker.
    """
    here: dict[str, Any] = {
        "connect": {
            "endpoint_url": connect.url,
            "participant_endpoint_url": None,
            "instance": None,
            "region": connect.settings.region_name,
        },
        "store": {"kind": "memory"},
        "pacing": {"enabled": False},
    }
    changed = {name: getattr(settings, name).model_copy(update=values) for name, values in here.items()}
    source = LocalSource(connect.url, random=SystemRandom(), report=report)
    async with assembled(
        settings.model_copy(update=changed),
        bot or served,
        served,
        source=source,
        goodbye=Goodbye.LEAVE,
        store=store,
        report=report,
    ) as assembly:
        yield assembly
