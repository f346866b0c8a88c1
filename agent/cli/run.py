"""``chat-agent run``: the daemon."""

import anyio

from agent.cli.running import attended, bots_of, opened_log, work_until
from agent.config import Configuration
from agent.daemon.assembly import assembled
from agent.daemon.room import Room
from agent.daemon.sources.kinds import source_of


def run(settings: Configuration) -> None:
    """Serves until it is stopped."""
    bot, also = bots_of(settings)
    log = opened_log(settings.logging)
    room = Room(settings.worker.max_chats)
    opened = source_of(settings, room=room, report=log)

    async def work(stop: anyio.Event) -> None:
        async with (
            opened as source,
            assembled(settings, bot, bot, also=also, source=source, room=room, report=log) as assembly,
        ):
            await work_until(stop, assembly.worker)

    attended(work)
