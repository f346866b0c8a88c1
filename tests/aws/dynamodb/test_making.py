"""Making a table: by two at once, in the way of another, without the right to look at everything, and slowly."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import boto3
import pytest

from agent.aws.dynamodb import TableSettings, making
from agent.aws.dynamodb.calls import TableCalls
from agent.aws.dynamodb.making import look, make
from agent.aws.dynamodb.opening import opened_table, require_fit
from agent.errors import StoreUnreachable, StoreUnusable
from tests.aws.dynamodb.between import Between, Fate, between
from tests.aws.dynamodb.tables import PATIENT, at, made_table
from tests.aws.moto import Moto


@asynccontextmanager
async def asked(moto: Moto, table: str | None = None) -> AsyncIterator[tuple[TableCalls, Between]]:
    settings = TableSettings(table=table or moto.name(), region=moto.region, patience=PATIENT, call_timeout=PATIENT)
    async with between(moto.url) as man, opened_table(at(settings, man.url)) as calls:
        yield calls, man


async def test_a_table_whose_making_was_not_heard_of_is_made_all_the_same(moto: Moto) -> None:
    """The second attempt finds it in its way, and it is the right one."""
    async with asked(moto) as (calls, man):
        man.once("CreateTable", Fate.LOSE_ANSWER)
        assert (await make(calls)).ready
        await require_fit(calls)


async def test_a_table_that_may_not_be_made_says_so(moto: Moto) -> None:
    """With the action."""
    async with asked(moto) as (calls, man):
        man.once("CreateTable", (400, "AccessDeniedException"))
        with pytest.raises(StoreUnusable, match="dynamodb:CreateTable"):
            await make(calls)


async def test_a_table_with_other_keys_is_never_touched(moto: Moto) -> None:
    """Not even its expiry."""
    name = moto.name()
    client = boto3.client("dynamodb", endpoint_url=moto.url)
    keys = {"AttributeName": "id", "KeyType": "HASH"}
    types = {"AttributeName": "id", "AttributeType": "S"}
    client.create_table(TableName=name, KeySchema=[keys], AttributeDefinitions=[types], BillingMode="PAY_PER_REQUEST")
    client.close()
    async with asked(moto, name) as (calls, man):
        with pytest.raises(StoreUnusable, match="no contact store"):
            await make(calls)
        assert not {"CreateTable", "UpdateTimeToLive"} & set(man.counted())


async def test_not_being_allowed_to_ask_for_recovery_hinders_nothing(moto: Moto) -> None:
    """It is said that it is not known."""
    settings = made_table(moto)
    async with between(moto.url) as man, opened_table(replace(settings, endpoint_url=man.url)) as calls:
        man.once("DescribeContinuousBackups", (400, "AccessDeniedException"))
        assert (await look(calls)).recoverable is None


async def test_a_table_that_takes_too_long_is_given_up_waiting_for(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may become active later."""
    monkeypatch.setattr(making, "_LONGEST", 0.0)
    async with asked(moto) as (calls, _):
        with pytest.raises(StoreUnreachable, match="not active"):
            await make(calls)
