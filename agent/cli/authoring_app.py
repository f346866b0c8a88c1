"""The commands of whoever writes bots: new, plugins, graph, bench. Declarations only; nothing heavy is imported."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from agent.cli.exits import MEANINGS

_EPILOG = "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()) + "."
authoring_app = typer.Typer()
Milliseconds = Annotated[float | None, typer.Option(min=0.0, help="Fail above, in ms.", show_default=False)]
Most = Annotated[int | None, typer.Option(min=0, help="Fail above.", show_default=False)]


@authoring_app.command(epilog=_EPILOG)
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The package's name, such as pizza.")],
    template: Annotated[
        Literal["echo", "dialog", "llm"],
        typer.Option("--template", "-t", help="What to begin with."),
    ] = "dialog",
    force: Annotated[
        bool,
        typer.Option("--force", help="Add what is missing to a directory that is there; nothing in it is changed."),
    ] = False,
) -> None:
    """Writes a bot's package into the directory NAME: the bot, tests that pass, a README and a CI file.

    echo says back what it hears, dialog takes an order over crashes, llm asks a language model (needs the extra llm).
    """
    from agent.cli.new import Template
    from agent.cli.new import new as command

    command(name, Template(template), force=force)


@authoring_app.command(epilog=_EPILOG)
def plugins(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What installed packages bring: bots, middleware, sources and stores, and what is wrong with those that fail."""
    from agent.cli.plugins import show as command

    command(as_json=as_json)


@authoring_app.command(epilog=_EPILOG)
def graph(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The bot: module:bot, or an installed one.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it here.", show_default=False)] = None,
) -> None:
    """Draws a bot as a Mermaid flowchart: handlers in the order of trying, what each asks and does, bots behind it.

    The source is read and nothing of it run, so what is composed while running is shown as it is written.
    """
    from agent.cli.graph import graph as command

    command(target, out=out)


@authoring_app.command(epilog=_EPILOG)
def bench(
    target: Annotated[
        str | None, typer.Argument(metavar="TARGET", help="The bot; echo by default.", show_default=False)
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", help="What the customers say, a TOML file.", show_default=False)
    ] = None,
    say: Annotated[list[str], typer.Option(help="A line that each customer says; may be repeated.")] = [],
    chats: Annotated[
        int | None, typer.Option(min=1, help="Customers at once. [default: 20]", show_default=False)
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="How long is measured. [default: 10]", show_default=False)
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(min=0.0, help="Messages/s of all together, at most; 0: as soon as answered.", show_default=False),
    ] = None,
    max_p50: Milliseconds = None,
    max_p95: Milliseconds = None,
    max_p99: Milliseconds = None,
    min_rate: Annotated[
        float | None, typer.Option(min=0.0, help="Fail below so many answered messages/s.", show_default=False)
    ] = None,
    max_unanswered: Most = None,
    max_failed: Most = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the latencies into this PNG (needs the extra bench).", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="The TOML file of settings, for the bot and its middleware."),
    ] = None,
) -> None:
    """Simulated customers against your bot: reply latency, replies/s, joins, CPU and memory per chat.

    The bot runs in a worker process of its own, the customers and the local Amazon Connect in this one; nothing but
    this machine is spoken to. A limit that does not hold is a sentence and exit code 4.
    """
    from agent.cli.bench import bench as command
    from agent.cli.benching.figures import Limits
    from agent.cli.benching.scenario import scenario as read
    from agent.config import load

    wanted = read(scenario, say, chats=chats, seconds=seconds, rate=rate)
    limits = Limits(
        max_p50=max_p50,
        max_p95=max_p95,
        max_p99=max_p99,
        min_rate=min_rate,
        max_unanswered=max_unanswered,
        max_failed=max_failed,
    )
    settings = load(file=config, flags={"bot": {"target": target}}).settings
    command(settings, wanted, limits, picture=plot, as_json=as_json)
