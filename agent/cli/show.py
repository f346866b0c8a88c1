"""``chat-agent config show``: every setting with its origin. Secrets are only ever references, so all can be shown."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from agent.config import Loaded


def show(loaded: Loaded, *, as_json: bool) -> None:
    """Shows the effective settings."""
    rows = list(_flat(loaded.settings.model_dump(mode="json"), loaded.origins))
    if as_json:
        typer.echo(
            json.dumps([{"name": name, "value": value, "from": origin} for name, value, origin in rows], indent=2)
        )
        return
    table = Table(box=None, header_style="bold")
    table.add_column("setting", min_width=max(len(name) for name, _, _ in rows))  # whole, so that grep finds it
    table.add_column("value", overflow="fold")
    table.add_column("from")
    for name, value, origin in rows:
        table.add_row(name, json.dumps(value, ensure_ascii=False), origin)
    Console(soft_wrap=True, markup=False).print(table)


def _flat(tree: Mapping[str, Any], origins: Mapping[str, str], at: str = "") -> Iterator[tuple[str, Any, str]]:
    for key, value in tree.items():
        name = f"{at}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, origins, f"{name}.")
        else:
            yield name, value, origins.get(name, "default")
