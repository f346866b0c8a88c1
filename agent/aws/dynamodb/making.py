"""Making the table, and looking at it: what is there, what is missing, what will be done about it, and doing it.

It may be repeated at any time: what is right already is left. It never changes keys and deletes nothing. It knows no
item.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio

from agent.aws.dynamodb.calls import TableCalls
from agent.aws.dynamodb.design import EXPIRES, INDEX, creation, faults
from agent.aws.dynamodb.failures import TableMissing
from agent.aws.dynamodb.opening import unfit
from agent.errors import StoreUnreachable, StoreUnusable

_LONGEST = 300.0  # seconds until a new table is given up waiting for
_BETWEEN = 1.0
_READY = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """The table as it is. All but `exists` mean nothing where there is none.

    Attributes:
        faults: what makes its keys or its index unfit; nothing here mends that.
        expiring: whether its time to live is on, with the right attribute.
        recoverable: whether point-in-time recovery is on; None when that may not be asked.
    """

    exists: bool
    status: str = ""
    faults: Sequence[str] = ()
    expiring: bool = False
    recoverable: bool | None = None
    billing: str = ""
    encryption: str = ""

    @property
    def ready(self) -> bool:
        """Whether a worker can use it as it is."""
        return self.exists and not self.faults and self.status in (_READY, "UPDATING")


async def look(calls: TableCalls) -> TableState:
    """Looks; changes nothing. Raises StoreError."""
    try:
        described = (await calls("DescribeTable")).get("Table") or {}
    except TableMissing:
        return TableState(exists=False)
    living = (await calls("DescribeTimeToLive")).get("TimeToLiveDescription") or {}
    return TableState(
        exists=True,
        status=_status(described),
        faults=faults(described),
        expiring=_expiring(living),
        recoverable=await _recoverable(calls),
        billing=(described.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED"),
        encryption="KMS" if (described.get("SSEDescription") or {}).get("Status") == "ENABLED" else "AWS owned key",
    )


async def make(calls: TableCalls, *, kms_key: str | None = None, recovery: bool = False) -> TableState:
    """Makes what is missing, waits until the table is active, and returns how it is then.

    Raises:
        StoreUnusable: there is a table of that name with other keys, or a permission is missing.
        StoreUnreachable: DynamoDB does not answer, or the table does not become active in five minutes.
    """
    before = await look(calls)
    if before.faults:
        raise unfit(calls.place.table, before.faults)
    if not before.exists:
        await _create(calls, kms_key)
    await _until_active(calls)
    if not before.expiring:
        on = {"Enabled": True, "AttributeName": EXPIRES}
        await calls("UpdateTimeToLive", TimeToLiveSpecification=on)
    if recovery and not before.recoverable:
        await calls("UpdateContinuousBackups", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    return await look(calls)


async def _create(calls: TableCalls, kms_key: str | None) -> None:
    wanted = {name: value for name, value in creation(calls.place.table).items() if name != "TableName"}
    if kms_key is not None:
        wanted["SSESpecification"] = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": kms_key}
    try:
        await calls("CreateTable", **wanted)
    except StoreUnusable:
        # Somebody else, or our own attempt whose answer was lost, may have made it: then all is well.
        if not (await look(calls)).exists:
            raise


async def _until_active(calls: TableCalls) -> None:
    with anyio.move_on_after(_LONGEST):
        while True:
            state = await look(calls)
            if state.exists and state.status == _READY:
                return
            await anyio.sleep(_BETWEEN)
    raise StoreUnreachable(
        f"The table {calls.place.table} is not active after {_LONGEST:.0f} seconds; look again later."
    )


def _status(described: Mapping[str, Any]) -> str:
    """The table's, or that of its index while that is still being filled."""
    indexes = {one["IndexName"]: one.get("IndexStatus") for one in described.get("GlobalSecondaryIndexes") or ()}
    status = str(described.get("TableStatus", ""))
    return status if status != _READY else str(indexes.get(INDEX) or status)


def _expiring(living: Mapping[str, Any]) -> bool:
    return living.get("TimeToLiveStatus") in ("ENABLED", "ENABLING") and living.get("AttributeName", EXPIRES) == EXPIRES


async def _recoverable(calls: TableCalls) -> bool | None:
    try:
        answer = await calls("DescribeContinuousBackups")
    except StoreUnusable:
        return None
    described = (answer.get("ContinuousBackupsDescription") or {}).get("PointInTimeRecoveryDescription") or {}
    return bool(described.get("PointInTimeRecoveryStatus") == "ENABLED")
