"""The commands for a DynamoDB table. Declarations only; nothing heavy is imported."""

from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.exits import MEANINGS

_EPILOG = "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()) + "."
table_app = typer.Typer(
    help="The DynamoDB table that workers on several machines share.", no_args_is_help=True, epilog=_EPILOG
)

Table = Annotated[
    str | None, typer.Argument(metavar="TABLE", help="Its name. [default: store.table]", show_default=False)
]
Region = Annotated[str | None, typer.Option(help="The table's AWS Region.", show_default=False)]
Endpoint = Annotated[
    str | None, typer.Option(help="Another DynamoDB than AWS's, such as a local one.", show_default=False)
]
Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The TOML file of settings. [default: chat-agent.toml, if there is one]"),
]
Json = Annotated[bool, typer.Option("--json", help="For programs; what people read goes to standard error.")]


@table_app.command(epilog=_EPILOG)
def create(
    table: Table = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", "--plan", help="Only say what would be done.")] = False,
    kms_key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Encrypt it with this KMS key: an ARN, id or alias.", show_default=False),
    ] = None,
    recovery: Annotated[bool, typer.Option("--recovery", help="Switch point-in-time recovery on.")] = False,
    region: Region = None,
    endpoint_url: Endpoint = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Says which table it will make, asks, makes it, and waits until it is active.

    May be repeated: what is there already is left as it is, only missing expiry (and recovery) is switched on. A table
    with other keys is refused and never changed.
    """
    from agent.cli.table import create as command

    settings = _settings(config, table, region, endpoint_url)
    command(settings, yes=yes, dry_run=dry_run, kms_key=kms_key, recovery=recovery, as_json=as_json)


@table_app.command(epilog=_EPILOG)
def check(
    table: Table = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Looks whether the table can be used: its keys, its index, its state, its expiry. Changes nothing.

    Exit code 0: it can; 78: there is none, it has other keys, or a permission is missing; 75: not now.
    """
    from agent.cli.table import check as command

    command(_settings(config, table, region, endpoint_url), as_json=as_json)


def _settings(file: Path | None, table: str | None, region: str | None, endpoint_url: str | None) -> Any:
    from agent.config import load

    store = {"kind": "dynamodb", "table": table, "region": region, "endpoint_url": endpoint_url}
    return load(file=file, flags={"store": store}).settings
