"""The loop put together: the author saves, the bot is imported anew, and its chats go on with it."""

import os
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from agent.bot.bot import Bot
from agent.cli.devloop.code import AuthorsCode
from agent.cli.devloop.saves import saves
from agent.cli.devloop.succession import Succession
from agent.cli.devloop.trouble import Stage
from agent.cli.devloop.workbench import AuthorsWorkbench
from agent.daemon.rostering import ServedBot
from agent.errors import ChatAgentError


def made_of(bot: Bot[Any, Any]) -> tuple[set[str], list[Path]]:
    """The packages in which the handlers of `bot` stand, and the file of its own settings."""
    handlers = bot.routes.by_key.values()
    packages = {str(getattr(one.function, "__module__", "")).partition(".")[0] for one in handlers}
    place = bot.settings_file
    return packages, [] if place is None else [Path(os.environ.get(place.variable) or place.file)]


async def reload_on_save(
    code: AuthorsCode,
    load: Callable[[], ServedBot],
    *,
    succession: Succession,
    bench: AuthorsWorkbench,
) -> None:
    """Lets each build that can be imported succeed the one before, until cancelled.

    Importing happens beside the event loop: an import that takes long, or never ends, disturbs no chat.
    """
    async with aclosing(saves(code)) as changes:
        async for _ in changes:
            try:
                bot = await anyio.to_thread.run_sync(code.anew, load, abandon_on_cancel=True)
            except ChatAgentError as error:
                bench.failed(error, Stage.LOAD)
            else:
                succession.succeed(bot)
