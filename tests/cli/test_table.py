"""The commands for a DynamoDB table, against moto: they say what they will do, do it once, and look at it."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from agent.cli.exits import Exit
from tests.aws.moto import Moto

Quickly = Callable[..., tuple[int, str, str]]


@pytest.fixture
def client(moto: Moto) -> Any:
    opened = boto3.client("dynamodb", endpoint_url=moto.url)
    yield opened
    opened.close()


def there(moto: Moto, name: str) -> list[str]:
    return [name, "--endpoint-url", moto.url, "--region", moto.region]


def test_a_table_is_planned_then_made_then_left_alone(moto: Moto, client: Any, quickly: Quickly) -> None:
    """The plan names all that costs or matters; making it again changes nothing."""
    name = moto.name()
    code, plan, _ = quickly("table", "create", *there(moto, name), "--dry-run")
    assert code == Exit.OK
    for word in (name, "pk", "sk", "by-holder", "on demand", "encryption", "expires", "point-in-time", moto.region):
        assert word in plan
    assert client.list_tables()["TableNames"] == []
    code, told, _ = quickly("table", "create", *there(moto, name), "--yes")
    assert (code, told) == (Exit.OK, f"{plan}The table {name} is active.\n")
    assert client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["AttributeName"] == "expires"
    code, told, _ = quickly("table", "create", *there(moto, name))
    assert (code, "nothing to do" in told) == (Exit.OK, True)
    code, told, _ = quickly("table", "check", *there(moto, name))
    assert (code, "is a contact store, and active" in told, "expiry      on" in told) == (Exit.OK, True, True)


def test_nothing_is_made_without_a_yes(moto: Moto, client: Any, quickly: Quickly) -> None:
    """Who does not answer has not agreed."""
    code, _, said = quickly("table", "create", *there(moto, moto.name()))
    assert (code, "--yes" in said) == (Exit.USAGE, True)
    assert client.list_tables()["TableNames"] == []


def test_recovery_and_a_key_are_switched_on_when_wanted(moto: Moto, client: Any, quickly: Quickly) -> None:
    """Both cost money, so both are asked for; recovery also on a table that is there."""
    name = moto.name()
    code, told, _ = quickly("table", "create", *there(moto, name), "--yes", "--kms-key", "alias/chats")
    assert (code, "alias/chats" in told) == (Exit.OK, True)
    assert client.describe_table(TableName=name)["Table"]["SSEDescription"]["SSEType"] == "KMS"
    code, told, _ = quickly("table", "create", *there(moto, name), "--yes", "--recovery", "--json")
    assert (code, json.loads(told)["recoverable"]) == (Exit.OK, True)
    _, told, _ = quickly("table", "check", *there(moto, name), "--json")
    assert (json.loads(told)["ready"], json.loads(told)["encryption"]) == (True, "KMS")


def test_a_table_of_something_else_is_refused_and_left(moto: Moto, client: Any, quickly: Quickly) -> None:
    """The sentence says which keys were found and which were expected."""
    name = moto.name()
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for command in (["create", "--yes"], ["check"]):
        code, _, said = quickly("table", *command, *there(moto, name))
        assert code == Exit.CONFIGURATION
        assert "its keys are id (HASH, N), not pk (HASH, S) and sk (RANGE, S)" in said
        assert "the index by-holder is missing" in said


def test_a_missing_table_is_said_to_be_missing(moto: Moto, quickly: Quickly) -> None:
    """With the command that makes it."""
    code, told, _ = quickly("table", "check", *there(moto, moto.name()))
    assert (code, "chat-agent table create" in told) == (Exit.CONFIGURATION, True)


def test_a_table_must_be_named(quickly: Quickly) -> None:
    """There is no default name: a wrong one would be another's."""
    code, _, said = quickly("table", "check")
    assert (code, "store.table" in said) == (Exit.CONFIGURATION, True)


def test_dynamodb_that_does_not_answer_is_a_passing_matter(moto: Moto, quickly: Quickly, tmp_path: Any) -> None:
    """Try again later."""
    (tmp_path / "chat-agent.toml").write_text("[store]\npatience = 0.2\n")
    code, _, said = quickly("table", "check", "shop", "--endpoint-url", "http://127.0.0.1:1")
    assert (code, "store.endpoint_url" in said) == (Exit.TEMPORARY, True)
