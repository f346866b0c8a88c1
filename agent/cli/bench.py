"""``chat-agent bench``: N simulated customers against a bot on a local Amazon Connect."""

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from time import monotonic

import anyio
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from agent.bot.bot import Bot
from agent.bot.handlers import Kind
from agent.cli.benching.customers import Crowd
from agent.cli.benching.figures import Figures, Limits, Tally
from agent.cli.benching.scenario import Scenario
from agent.cli.benching.shown import plot, plotter, show
from agent.cli.benching.worker import BotProcess, bot_process
from agent.cli.exits import Exit
from agent.cli.running import FIRST_BOT, attended, bot_of
from agent.config import Configuration
from agent.daemon.rostering import ServedBot
from agent.emulator import Settings, emulate

_STEP = 0.1


def bench(settings: Configuration, scenario: Scenario, limits: Limits, *, picture: Path | None, as_json: bool) -> None:
    """Runs the scenario and shows what came of it.

    Raises:
        TargetNotFound, TargetBroken: the bot cannot be had, or its worker ended early.
        ConfigurationError: a picture is wanted and cannot be drawn.
        typer.Exit: a limit does not hold.
    """
    figure = None if picture is None else plotter()
    with redirect_stdout(sys.stderr):  # what the author prints on import is no figure
        bot = bot_of(settings, default=FIRST_BOT)
    done: list[Figures] = []

    async def work(stop: anyio.Event) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_when, stop, group.cancel_scope)
            done.append(await _measured(settings, scenario, bot))
            group.cancel_scope.cancel()

    attended(work)
    if not done:
        raise typer.Exit(Exit.FORCED)
    if picture is not None:
        plot(done[0], picture, figure)
    _tell(done[0], done[0].broken(limits), as_json=as_json)


async def _measured(settings: Configuration, scenario: Scenario, bot: ServedBot) -> Figures:
    tally, target = Tally(), settings.bot.target or FIRST_BOT
    async with (
        emulate(settings=Settings(timeline_length=0)) as connect,
        bot_process(connect, target, middleware=settings.bot.middleware, chats=scenario.chats, tally=tally) as process,
        anyio.create_task_group() as group,
    ):
        group.start_soon(process.ends)
        group.start_soon(process.follow_log)
        crowd = Crowd(connect, scenario, tally, greets=_greets(bot))
        figures = await _ran(process, crowd, scenario, tally, bot.name)
        group.cancel_scope.cancel()
    return figures


async def _ran(process: BotProcess, crowd: Crowd, scenario: Scenario, tally: Tally, name: str) -> Figures:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        async with anyio.create_task_group() as group:
            joining = progress.add_task("joining", total=scenario.chats, words="the worker starts")
            await crowd.worker_is_there()
            empty = process.used()
            for number in range(1, scenario.chats + 1):
                group.start_soon(crowd.customer, number)
            await crowd.meet(lambda met: progress.update(joining, completed=met, words=f"{met} chats"))
            begun, began = process.used(), monotonic()
            crowd.begin()
            talking = progress.add_task("talking", total=scenario.seconds, words="")
            while (passed := monotonic() - began) < scenario.seconds:
                progress.update(talking, completed=passed, words=f"{len(tally.latencies)} answers")
                await anyio.sleep(min(_STEP, scenario.seconds - passed))
            figures = Figures(
                bot=name,
                chats=scenario.chats,
                seconds=monotonic() - began,
                answered=len(tally.latencies),
                replies=tally.replies,
                tally=tally,
                usage=process.usage(empty, begun),
            )
            progress.update(talking, completed=scenario.seconds, words="the last answers")
            await crowd.finish()
            group.cancel_scope.cancel()
    return figures


def _greets(bot: ServedBot) -> bool:
    return isinstance(bot, Bot) and Kind.JOIN in bot.routes.alone


async def _cancel_when(stop: anyio.Event, scope: anyio.CancelScope) -> None:
    await stop.wait()
    scope.cancel()


def _tell(figures: Figures, broken: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(figures.record() | {"ok": not broken, "broken": list(broken)}, indent=2))
    else:
        show(figures, Console())
        if figures.usage.cpu is None:
            typer.echo("CPU and memory are not known: pip install 'connect-chat-agent[bench]'", err=True)
    for sentence in broken:
        typer.secho(sentence, fg=typer.colors.RED, err=True)
    if broken:
        raise typer.Exit(Exit.UNFIT)
