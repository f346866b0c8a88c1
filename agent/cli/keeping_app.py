"""The commands about what is kept of contacts. Declarations only; nothing heavy is imported."""

from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.exits import MEANINGS

_EPILOG = "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()) + "."
keeping_app = typer.Typer()
store_app = typer.Typer(help="Looks after the store of contacts.", no_args_is_help=True, epilog=_EPILOG)
keeping_app.add_typer(store_app, name="store")

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The TOML file of settings. [default: chat-agent.toml, if there is one]"),
]
StorePath = Annotated[Path | None, typer.Option(help="The SQLite file.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@keeping_app.command(epilog=_EPILOG)
def erase(
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="The contact's whole id.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also while a worker serves it.")] = False,
    instance: Annotated[
        str | None, typer.Option(help="The Amazon Connect instance: its id or ARN.", show_default=False)
    ] = None,
    store_path: StorePath = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Erases what the store keeps of one contact: token, attributes, state, journal, dead letters. Not undone.

    The audit log notes who did it and about which contact. What lies elsewhere (Amazon Connect's transcript, logs,
    backups) is not touched. Exit code 2 when nothing is kept of it, 75 when a worker serves it.
    """
    from agent.cli.keeping import erase as command

    settings = _settings(config, connect={"instance": instance}, store={"path": store_path})
    command(settings, contact, yes=yes, force=force, as_json=as_json)


@store_app.command(epilog=_EPILOG)
def reseal(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count which key seals how many records.")] = False,
    store_path: StorePath = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Encrypts every record of an SQLite store anew with the first of store.encryption_keys. Workers may go on.

    When done, and every worker runs with the new key first, the old key may go. May be repeated. Exit code 78 when
    a record cannot be opened with any of the keys; it is left as it is.
    """
    from agent.cli.keeping import reseal as command

    command(_settings(config, store={"path": store_path}), dry_run=dry_run, as_json=as_json)


def _settings(file: Path | None, **flags: dict[str, Any]) -> Any:
    from agent.config import load

    return load(file=file, flags=flags).settings
