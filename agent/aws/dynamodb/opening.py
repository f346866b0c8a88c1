"""Opening the way to a table: region, credentials, address; and a look whether the table will do.

It knows no item.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiobotocore.config import AioConfig

from agent.aws.clients import client_options
from agent.aws.dynamodb.calls import TableCalls
from agent.aws.dynamodb.design import faults
from agent.aws.dynamodb.settings import TableSettings
from agent.aws.endpoints import endpoint_of, region_of
from agent.aws.quiet import hush
from agent.aws.session import opened_session, signing_keys
from agent.aws.settings import AwsSettings
from agent.errors import StoreUnreachable, StoreUnusable

_FIT = frozenset({"ACTIVE", "UPDATING"})


@asynccontextmanager
async def opened_table(settings: TableSettings) -> AsyncIterator[TableCalls]:
    """Calls about the table; nothing is asked yet. On leaving, the client and its connections are closed.

    Raises:
        ConfigurationError: no region, no credentials, or an endpoint outside AWS that no setting names.
    """
    way = AwsSettings(
        region=settings.region,
        endpoint_url=settings.endpoint_url,
        max_connections=settings.max_connections,
        connect_timeout=settings.call_timeout,
        read_timeout=settings.call_timeout,
    )
    session = opened_session(way)
    region = region_of(session, way)
    url = await endpoint_of(session, "dynamodb", region, settings.endpoint_url)
    async with session.create_client(
        "dynamodb",
        region_name=region,
        endpoint_url=url,
        config=AioConfig(**client_options(way, url)),
        **await signing_keys(session, url),
    ) as client:
        hush()
        yield TableCalls(client, settings, region=region)


async def require_fit(calls: TableCalls) -> None:
    """Looks at the table's keys and index.

    Raises:
        StoreUnusable: there is no such table, or it has others; the text says what was expected and found.
        StoreUnreachable: it is still being made, or DynamoDB does not answer.
    """
    description = (await calls("DescribeTable")).get("Table") or {}
    table = calls.place.table
    if wrong := faults(description):
        raise unfit(table, wrong)
    if (status := description.get("TableStatus")) not in _FIT:
        raise StoreUnreachable(f"The table {table} is {str(status).lower()}; try again when it is active.")


def unfit(table: str, wrong: Sequence[str]) -> StoreUnusable:
    """The refusal of a table with other keys."""
    return StoreUnusable(
        f"The table {table} is no contact store: {'; '.join(wrong)}. Name another in store.table, and make it with "
        "`chat-agent table create`."
    )
