"""``chat-agent dev``: a local Amazon Connect, its chat page, and the bot on every chat."""

import os
import sys
import webbrowser

import anyio
import anyio.to_thread
import typer

from agent.cli.local import local_connect, worker_on
from agent.cli.running import FIRST_BOT, attended, bot_of, opened_log, work_until
from agent.config import Configuration


def dev(settings: Configuration, *, host: str, port: int, browser: bool) -> None:
    """Serves until it is stopped."""
    bot = bot_of(settings, default=FIRST_BOT)
    log = opened_log(settings.logging, show_error_text=True)

    async def work(stop: anyio.Event) -> None:
        async with (
            local_connect(host=host, port=port) as connect,
            worker_on(connect, settings, bot, report=log) as assembly,
        ):
            typer.echo(f"{connect.url}/")
            async with anyio.create_task_group() as group:
                if browser and _has_screen():
                    group.start_soon(_open, f"{connect.url}/")
                await work_until(stop, assembly.worker)

    attended(work)


async def _open(address: str) -> None:
    await anyio.to_thread.run_sync(webbrowser.open, address, abandon_on_cancel=True)


def _has_screen() -> bool:
    """A browser without a window would take the terminal over."""
    windows = sys.platform in {"darwin", "win32"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return windows and sys.stdout.isatty()
