"""``chat-agent plugins``: what installed packages bring, of every kind."""

import json
from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Table

from agent.plugins import Group, Plugin, plugins, trouble


def show(*, as_json: bool) -> None:
    """Shows all plugins, each imported; those that fail carry their error."""
    found = [(plugin, trouble(plugin)) for group in Group for plugin in plugins(group)]
    if as_json:
        typer.echo(json.dumps([asdict(plugin) | {"error": error} for plugin, error in found], indent=2))
        return
    table = Table("group", "name", "target", "package", "state", box=None, header_style="bold")
    for plugin, error in found:
        package = f"{plugin.package} {plugin.version}"
        table.add_row(plugin.group, plugin.name, plugin.target, package, error or _state(plugin))
    Console(soft_wrap=True, markup=False).print(table)


def _state(plugin: Plugin) -> str:
    if not plugin.rivals:
        return "ok"
    return f"{', '.join(plugin.rivals)} brings one of that name too: write {plugin.exact}"
