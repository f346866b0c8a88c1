"""The commands of whoever writes bots: new, plugins, graph. Declarations only; nothing heavy is imported."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from agent.cli.exits import MEANINGS

_EPILOG = "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()) + "."
authoring_app = typer.Typer()


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
