"""The store in a DynamoDB table keeps the contract, in clear and sealed, against moto over HTTP."""

import base64

import pytest

from agent.aws.dynamodb import DynamoDBStore
from agent.clock import Clock
from agent.ids import Secret
from agent.ports import ContactStore
from agent.store import AesGcmSealer, Sealer
from agent.testing.conformance.store import StoreConformance
from tests.aws.dynamodb.tables import made_table
from tests.aws.moto import Moto

KEY = Secret(base64.b64encode(bytes(32)).decode())


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
