"""``chat-agent bots``: what is installed, from where, and where its settings are."""

import json
from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Table

from agent.bot.plugins import Installed, installed


def bots(*, as_json: bool) -> None:
    """Shows the installed bots."""
    found = installed()
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    table = Table("name", "target", "package", "settings", "state", box=None, header_style="bold")
    for one in found:
        table.add_row(one.name, one.target, f"{one.package} {one.version}", _settings(one), _state(one))
    Console(soft_wrap=True, markup=False).print(table)


def _settings(one: Installed) -> str:
    if one.settings is None:
        return "none"
    return f"{one.settings.file} or {one.settings.variable}: {', '.join(one.settings.keys)}"


def _state(one: Installed) -> str:
    if one.rivals:
        chosen = f"{', '.join(one.rivals)} brings one of that name too: write {one.package}:{one.name}"
        return f"{chosen}\n{one.error}" if one.error else chosen
    return one.error or "ok"
