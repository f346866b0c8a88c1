"""``chat-agent dev``: a local Amazon Connect, its chat page, and the bot on every chat, anew whenever it is saved."""

import os
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import typer

from agent.bot.bot import Bot
from agent.cli.devloop.code import AuthorsCode
from agent.cli.devloop.loop import made_of, reload_on_save
from agent.cli.devloop.succession import Succession
from agent.cli.devloop.trouble import Stage
from agent.cli.devloop.workbench import AuthorsWorkbench
from agent.cli.local import local_connect, worker_on
from agent.cli.running import FIRST_BOT, all_of, attended, bot_of, opened_log
from agent.clock import SystemClock
from agent.config import Configuration
from agent.daemon.rostering import ServedBot


def dev(settings: Configuration, *, host: str, port: int, browser: bool, reload: bool) -> None:
    """Serves until it is stopped."""
    sys.dont_write_bytecode = sys.dont_write_bytecode or reload  # a file saved twice in one second looks the same to it
    code = AuthorsCode(Path.cwd())
    bot = _loaded(settings, code)
    log = opened_log(settings.logging, show_error_text=True)

    async def work(stop: anyio.Event) -> None:
        async with local_connect(host=host, port=port) as connect:
            target = settings.bot.target or FIRST_BOT
            bench = AuthorsWorkbench(target, code, connect=connect, clock=SystemClock())
            connect.region.workbench = bench
            report = all_of(log, bench.heard)

            def opened(build: ServedBot) -> Any:
                bench.store.bot = build.name
                return worker_on(connect, settings, build, store=bench.store, report=report)

            succession = Succession(opened, began=bench.serving, failed=lambda error: bench.failed(error, Stage.START))
            typer.echo(f"{connect.url}/")
            async with anyio.create_task_group() as group:
                if browser and _has_screen():
                    group.start_soon(_open, f"{connect.url}/")
                if reload:
                    group.start_soon(_reload, settings, code, succession, bench)
                group.start_soon(_stop_when, stop, succession.stop)
                await succession.run(bot)
                group.cancel_scope.cancel()

    attended(work)


def _loaded(settings: Configuration, code: AuthorsCode) -> ServedBot:
    bot = bot_of(settings, default=FIRST_BOT)
    if isinstance(bot, Bot):
        code.follow(*made_of(bot))
    return bot


async def _reload(settings: Configuration, code: AuthorsCode, succession: Succession, bench: AuthorsWorkbench) -> None:
    await reload_on_save(code, lambda: _loaded(settings, code), succession=succession, bench=bench)


async def _stop_when(stop: anyio.Event, end: Callable[[], None]) -> None:
    await stop.wait()
    end()


async def _open(address: str) -> None:
    await anyio.to_thread.run_sync(webbrowser.open, address, abandon_on_cancel=True)


def _has_screen() -> bool:
    """A browser without a window would take the terminal over."""
    windows = sys.platform in {"darwin", "win32"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return windows and sys.stdout.isatty()
