"""The contact store in a table of DynamoDB, at somebody else's DynamoDB."""

import boto3

from agent.config import Configuration
from agent.daemon.doctor.findings import Finding, Severity
from agent.daemon.doctor.home import store
from tests.aws.dynamodb.test_store import made_table
from tests.aws.moto import Moto
from tests.daemon.doctor.patients import Told, found

LOCAL = Told(url="http://127.0.0.1:1")


async def of_table(moto: Moto, table: str) -> Finding:
    """What the doctor says about it."""
    section = {"kind": "dynamodb", "table": table, "endpoint_url": moto.url, "patience": 30, "call_timeout": 30}
    (finding,) = await found(store, LOCAL, Configuration(store=section))
    return finding


async def test_a_table_of_the_right_design(moto: Moto) -> None:
    """It is opened and counted."""
    finding = await of_table(moto, made_table(moto).table)
    assert finding.severity is Severity.OK
    assert "dynamodb opens: 0 live chats" in finding.what


async def test_a_table_that_is_not_there(moto: Moto) -> None:
    """With the command that makes it."""
    finding = await of_table(moto, "nowhere")
    assert finding.severity is Severity.FAIL
    assert "nowhere" in finding.cause


async def test_a_table_of_another_design(moto: Moto) -> None:
    """Its keys are somebody else's."""
    name = moto.name()
    client = boto3.client("dynamodb", endpoint_url=moto.url)
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.close()
    finding = await of_table(moto, name)
    assert finding.severity is Severity.FAIL
    assert "its keys are id (HASH, S)" in finding.cause
