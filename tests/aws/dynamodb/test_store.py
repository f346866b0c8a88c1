"""The store in a DynamoDB table keeps the contract, in clear and sealed, against moto over HTTP."""

import base64

import boto3
import pytest

from agent.aws.dynamodb import DynamoDBStore, TableSettings
from agent.aws.dynamodb.design import creation
from agent.clock import Clock
from agent.ids import Secret
from agent.ports import ContactStore
from agent.store import AesGcmSealer, Sealer
from agent.testing.conformance.store import StoreConformance
from tests.aws.moto import Moto

KEY = Secret(base64.b64encode(bytes(32)).decode())


def made_table(moto: Moto) -> TableSettings:
    """A new, empty table of the store's own design."""
    name = moto.name()
    client = boto3.client("dynamodb", endpoint_url=moto.url)
    client.create_table(**creation(name))
    client.close()
    return TableSettings(table=name, region=moto.region, endpoint_url=moto.url, patience=60.0, call_timeout=60.0)


class TestDynamoDBStore(StoreConformance):
    """One table; the second handle is a second client, as another machine has it."""

    sweeps = False
    sealer: Sealer | None = None

    @pytest.fixture(autouse=True)
    def _moto(self, moto: Moto) -> None:
        self.moto = moto

    async def open(self, clock: Clock) -> ContactStore:
        self.settings = made_table(self.moto)
        return await self.another(None, clock)

    async def another(self, store: ContactStore | None, clock: Clock) -> ContactStore:
        return await DynamoDBStore.open(self.settings, clock=clock, sealer=self.sealer)


class TestSealedDynamoDBStore(TestDynamoDBStore):
    """The same, encrypted."""

    sealer = AesGcmSealer([KEY])
