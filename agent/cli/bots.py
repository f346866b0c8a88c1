"""``chat-agent bots``: what is installed."""

import json
from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Table

from agent.bot.plugins import installed


def bots(*, as_json: bool) -> None:
    """Shows the installed bots."""
    found = installed()
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    table = Table("name", "target", "package", "state", box=None, header_style="bold")
    for one in found:
        table.add_row(one.name, one.target, f"{one.package} {one.version}", one.error or "ok")
    Console(soft_wrap=True, markup=False).print(table)
