"""``chat-agent run`` on a table that it cannot use: it ends before it serves anybody, and says what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio.to_thread
import boto3
import pytest

from agent.aws.dynamodb.design import creation
from agent.cli.exits import Exit
from tests.aws.dynamodb.between import between
from tests.aws.dynamodb.tables import made_table
from tests.aws.moto import CREDENTIALS, Moto

pytestmark = pytest.mark.processes
Finished = Callable[..., tuple[int, list[str], str]]


def _ended(finished: Finished, directory: Path, table: str, url: str) -> tuple[int, str]:
    settings = directory / "chat-agent.toml"
    settings.write_text(
        f'[store]\nkind = "dynamodb"\ntable = "{table}"\nendpoint_url = "{url}"\npatience = 1\n', encoding="utf-8"
    )
    nowhere = ("--source", "local", "--endpoint-url", "http://127.0.0.1:9")
    code, _, errors = finished("run", "echo", "--config", str(settings), *nowhere, **CREDENTIALS)
    assert "Traceback" not in errors
    assert "worker.serving" not in errors
    return code, errors


def test_a_table_that_is_not_there_or_is_something_else_is_a_mistake(
    moto: Moto, finished: Finished, tmp_path: Path
) -> None:
    """The first is told how to be made, the second which keys it should have; nothing is changed in it."""
    code, errors = _ended(finished, tmp_path, moto.name(), moto.url)
    assert (code, "chat-agent table create" in errors) == (Exit.CONFIGURATION, True), errors
    name = moto.name()
    client: Any = boto3.client("dynamodb", endpoint_url=moto.url)
    other = {**creation(name), "KeySchema": creation(name)["KeySchema"][:1]}
    del other["GlobalSecondaryIndexes"]
    other["AttributeDefinitions"] = [{"AttributeName": "pk", "AttributeType": "S"}]
    client.create_table(**other)
    code, errors = _ended(finished, tmp_path, name, moto.url)
    assert (code, "is no contact store" in errors) == (Exit.CONFIGURATION, True), errors
    assert client.scan(TableName=name)["Count"] == 0
    client.close()


def test_a_table_that_nobody_answers_for_is_a_matter_of_time(finished: Finished, tmp_path: Path) -> None:
    """Whoever starts it may start it again."""
    code, errors = _ended(finished, tmp_path, "contacts", "http://127.0.0.1:9")
    assert (code, "store.endpoint_url" in errors) == (Exit.TEMPORARY, True), errors


async def test_a_right_that_is_missing_is_named(moto: Moto, finished: Finished, tmp_path: Path) -> None:
    """With the action and the table to allow it on."""
    table = made_table(moto)
    async with between(moto.url) as man:
        man.always((400, "AccessDeniedException"))
        code, errors = await anyio.to_thread.run_sync(_ended, finished, tmp_path, table.table, man.url)
    assert code == Exit.CONFIGURATION, errors
    assert f"allow dynamodb:DescribeTable on the table {table.table}" in errors
