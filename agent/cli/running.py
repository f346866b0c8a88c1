"""What the serving commands share: the event loop, the log, signals, the bot, and how a worker is attended.

It starts things and stops them in order. What they do is not known here.
"""

import atexit
import gc
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import anyio
import typer

from agent.bot.plugins import load, load_middleware
from agent.cli.exits import Exit
from agent.clock import SystemClock
from agent.config import Configuration, LoggingSection
from agent.daemon.rostering import ServedBot
from agent.daemon.signals import heed
from agent.daemon.worker import Worker
from agent.errors import InvalidSetting
from agent.telemetry import Happening, Level, Report
from agent.telemetry.logging import LibraryLog, LogSettings, LogWriter
from agent.telemetry.outlet import Outlet
from agent.telemetry.uncaught import watch_uncaught

T = TypeVar("T")
_COLLECTING = (10_000, 10, 10)
"""Python's collector, made for short programs, would spend a third of a busy worker's time on looking at thousands of
chats and AWS's models, which all live on."""
FIRST_BOT = "echo"
"""Which bot a newcomer meets."""


def on_loop(work: Callable[[], Awaitable[T]]) -> T:
    """Runs `work` on uvloop where it is installed, else on asyncio's own loop."""
    gc.set_threshold(*_COLLECTING)
    try:
        import uvloop  # noqa: F401
    except ImportError:
        fast = False
    else:
        fast = True
    return anyio.run(work, backend="asyncio", backend_options={"use_uvloop": fast})


def attended(work: Callable[[anyio.Event], Awaitable[None]]) -> None:
    """Runs `work` to its end; the event it gets is set by the first SIGINT or SIGTERM. The second one cuts it off.

    Raises:
        typer.Exit: it was cut off.
    """
    if on_loop(lambda: _attended(work)):
        raise typer.Exit(Exit.FORCED)


async def _attended(work: Callable[[anyio.Event], Awaitable[None]]) -> bool:
    stop = anyio.Event()
    with anyio.CancelScope() as force:
        async with anyio.create_task_group() as group:
            await group.start(heed, stop.set, force)
            await work(stop)
            group.cancel_scope.cancel()
    return force.cancelled_caught


async def work_until(stop: anyio.Event, worker: Worker) -> None:
    """Runs `worker` to its end, and asks it to stop when `stop` is set."""
    async with anyio.create_task_group() as group:
        group.start_soon(_stop_when, stop, worker)
        await worker.run()
        group.cancel_scope.cancel()


async def _stop_when(stop: anyio.Event, worker: Worker) -> None:
    await stop.wait()
    worker.stop()


def bot_of(settings: Configuration, *, default: str | None = None) -> ServedBot:
    """The bot that the settings name, or else `default` does.

    Raises:
        InvalidSetting: they name none.
        TargetNotFound, TargetBroken: it cannot be had.
    """
    target = settings.bot.target or default
    if target is None:
        raise InvalidSetting(
            "bot.target", "no bot is named; give a TARGET such as module:bot, see 'chat-agent bots' for installed ones."
        )
    return _surrounded(settings, target)


def _surrounded(settings: Configuration, target: str) -> ServedBot:
    bot = load(target)
    bot.surround([load_middleware(one) for one in settings.bot.middleware])
    return bot


def bots_of(settings: Configuration) -> tuple[ServedBot, Mapping[str, ServedBot]]:
    """The bot that the settings name, and those of their rules by target. With rules alone the first one's bot leads.

    Raises:
        InvalidSetting: they name none.
        TargetNotFound, TargetBroken: one cannot be had; the text says which.
    """
    routed = {rule.bot: _surrounded(settings, rule.bot) for rule in settings.routing.rules}
    if settings.bot.target is None and routed:
        return next(iter(routed.values())), routed
    return bot_of(settings), routed


def opened_log(section: LoggingSection, *, show_error_text: bool = False, unattended: bool = False) -> LogWriter:
    """The log on standard error, which libraries write to from now on as well.

    `unattended`: whoever reads it, or no longer does, neither ends nor holds up the program.
    """
    terminal = sys.stderr.isatty()
    wanted = LogSettings(
        level=Level[section.level.upper()],
        json=section.format == "json" or (section.format == "auto" and not terminal),
        colors=terminal,
        show_error_text=show_error_text or section.show_error_text,
    )
    outlet = Outlet(sys.stderr.fileno(), lost=lambda lines: writer(_lost_lines(lines))) if unattended else None
    writer = LogWriter(wanted, clock=SystemClock(), stream=outlet)
    if outlet is not None:
        atexit.register(outlet.drain)
    logging.basicConfig(handlers=[LibraryLog(writer)], level=logging.WARNING, force=True)
    watch_uncaught(writer.uncaught)
    return writer


def _lost_lines(lines: int) -> Happening:
    """So many lines of the log could not be written."""
    return Happening(name="log.lost", level=Level.WARNING, fields={"lines": lines})


def all_of(*reports: Report) -> Report:
    """A report that tells each of `reports`."""

    def report(happening: Happening) -> None:
        for one in reports:
            one(happening)

    return report
