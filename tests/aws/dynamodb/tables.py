"""Empty tables of the store's own design, at moto."""

from dataclasses import replace

import boto3

from agent.aws.dynamodb import TableSettings
from agent.aws.dynamodb.design import creation
from tests.aws.moto import Moto

PATIENT = 60.0


def made_table(moto: Moto) -> TableSettings:
    """A new, empty table; calls about it are patient, because machines are slow."""
    name = moto.name()
    client = boto3.client("dynamodb", endpoint_url=moto.url, region_name=moto.region)
    client.create_table(**creation(name))
    client.close()
    return TableSettings(table=name, region=moto.region, endpoint_url=moto.url, patience=PATIENT, call_timeout=PATIENT)


def items_in(settings: TableSettings) -> list[dict[str, object]]:
    """Everything that lies in the table."""
    client = boto3.client("dynamodb", endpoint_url=settings.endpoint_url, region_name=settings.region)
    pages = client.get_paginator("scan").paginate(TableName=settings.table)
    items = [item for page in pages for item in page["Items"]]
    client.close()
    return items


def at(settings: TableSettings, url: str, *, patience: float = PATIENT) -> TableSettings:
    """The same table, asked at another address."""
    return replace(settings, endpoint_url=url, patience=patience)
