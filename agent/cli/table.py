"""``chat-agent table``: says what will be made in AWS, makes it when told to, and looks at what is there.

It prints and asks; what is done to a table is known in `agent.aws.dynamodb.making`.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

import anyio
import typer

from agent.aws.dynamodb import TableSettings
from agent.aws.dynamodb.design import EXPIRES, HOLDER, INDEX, PARTITION, SORT
from agent.aws.dynamodb.making import TableState, look, make
from agent.aws.dynamodb.opening import opened_table, unfit
from agent.cli.exits import Exit
from agent.config import Configuration
from agent.daemon.assembly import aws_settings
from agent.daemon.stores import table_settings
from agent.errors import StoreUnreachable


def create(
    settings: Configuration, *, yes: bool, dry_run: bool, kms_key: str | None, recovery: bool, as_json: bool
) -> None:
    """Makes the table, or what it lacks. Raises StoreError and ConfigurationError."""
    wanted = table_settings(settings.store, aws_settings(settings.connect))
    state, region = anyio.run(_look, wanted)
    if state.faults:
        raise unfit(wanted.table, state.faults)
    plan = list(_plan(state, wanted, region, kms_key, recovery))
    _say("\n".join(plan or [f"The table {wanted.table} is as it should be; there is nothing to do."]), as_json)
    if made := bool(plan) and not dry_run:
        _agree(yes, as_json)
        state = anyio.run(_make, wanted, kms_key, recovery)
        _say(f"The table {wanted.table} is active.", as_json)
    if as_json:
        typer.echo(json.dumps({"table": wanted.table, "plan": plan, "made": made, **asdict(state)}))


async def _look(wanted: TableSettings) -> tuple[TableState, str]:
    async with opened_table(wanted) as calls:
        return await look(calls), calls.place.region


async def _make(wanted: TableSettings, kms_key: str | None, recovery: bool) -> TableState:
    async with opened_table(wanted) as calls:
        return await make(calls, kms_key=kms_key, recovery=recovery)


def check(settings: Configuration, *, as_json: bool) -> None:
    """Looks at the table. Raises StoreError and ConfigurationError."""
    wanted = table_settings(settings.store, aws_settings(settings.connect))
    state, region = anyio.run(_look, wanted)
    if as_json:
        typer.echo(json.dumps({"table": wanted.table, "region": region, "ready": state.ready, **asdict(state)}))
    if not state.exists:
        _say(f"There is no table {wanted.table} in {region}; make it with `chat-agent table create`.", as_json)
        raise typer.Exit(Exit.CONFIGURATION)
    if state.faults:
        raise unfit(wanted.table, state.faults)
    _say("\n".join(_findings(state, wanted.table, region)), as_json)
    if not state.ready:
        raise StoreUnreachable(f"The table {wanted.table} is {state.status.lower()}; try again when it is active.")


def _plan(state: TableState, wanted: TableSettings, region: str, kms_key: str | None, recovery: bool) -> Iterator[str]:
    if not state.exists:
        where = wanted.endpoint_url or "AWS"
        yield f"A DynamoDB table will be made at {where}, in {region}:"
        yield f"  name        {wanted.table}"
        yield f"  keys        {PARTITION} (partition, string), {SORT} (sort, string)"
        yield f"  index       {INDEX}: {HOLDER} (partition), {PARTITION} (sort); keys only"
        yield "  billing     on demand (PAY_PER_REQUEST)"
        yield f"  encryption  {kms_key or 'at rest, with a key that DynamoDB owns'}"
    if not state.expiring:
        yield f"  expiry      time to live will be switched on, attribute {EXPIRES}"
    if not state.exists and not recovery:
        yield "  recovery    no point-in-time recovery; --recovery switches it on"
    if recovery and not state.recoverable:
        yield "  recovery    point-in-time recovery will be switched on"


def _findings(state: TableState, table: str, region: str) -> Iterator[str]:
    yield f"The table {table} in {region} is a contact store, and {state.status.lower()}."
    yield f"  billing     {state.billing}"
    yield f"  encryption  {state.encryption}"
    off = "OFF: contacts that are over stay for ever; `chat-agent table create` switches it on"
    yield f"  expiry      {'on' if state.expiring else off}"
    yield f"  recovery    {_RECOVERY[state.recoverable]}"


_RECOVERY = {True: "point-in-time recovery is on", False: "no point-in-time recovery", None: "may not be asked"}


def _agree(yes: bool, as_json: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty() or as_json or not typer.confirm("Make it?"):
        typer.echo("Nothing was made. --yes makes it without asking.", err=True)
        raise typer.Exit(Exit.USAGE)


def _say(words: str, as_json: bool) -> None:
    typer.echo(words, err=as_json)
