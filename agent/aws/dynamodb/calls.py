"""One call to DynamoDB: a place in line, a deadline, patience with what passes, one kind of error on the way out.

A refused condition is an answer, not an error. A repeated write carries the same condition and the same mark, so that
whoever writes recognises his own. It does not know the items.
"""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Any, TypeAlias

import anyio
from aiobotocore.client import AioBaseClient
from botocore import exceptions as aws
from botocore import xform_name

from agent.aws.dynamodb.failures import REFUSED_CONDITION, Place, failure
from agent.aws.dynamodb.settings import TableSettings
from agent.aws.scrub import silence
from agent.errors import StoreUnreachable
from agent.wire.backoff import Jitter, backoff

Item: TypeAlias = Mapping[str, Any]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """The condition of a write did not hold. `item` is what lay there instead, None when nothing did."""

    item: Item | None = field(repr=False)


class TableCalls:
    """Calls about one table through a shared client. Cancelling a call frees its place; its effect is unknown then."""

    def __init__(
        self, client: AioBaseClient, settings: TableSettings, *, region: str, random: Random | None = None
    ) -> None:
        self._client = client
        self._settings = settings
        self._place = Place(table=settings.table, region=region)
        self._line = asyncio.Semaphore(settings.max_connections)
        self._random = random or SystemRandom()

    @property
    def place(self) -> Place:
        """Which table this is."""
        return self._place

    async def __call__(self, operation: str, **members: Any) -> Mapping[str, Any]:
        """The answer to `operation`, which has no condition.

        Raises:
            StoreUnreachable: no useful answer within the patience; a write may have taken place.
            StoreUnusable: DynamoDB refuses for good; nothing was changed.
        """
        answer = await self.unless_unmet(operation, **members)
        if isinstance(answer, Unmet):
            raise StoreUnreachable(f"{operation} on table {self._place.table} was refused; it is tried again.")
        return answer

    async def unless_unmet(self, operation: str, **members: Any) -> Mapping[str, Any] | Unmet:
        """As a call, for a write with a condition."""
        give_up = anyio.current_time() + self._settings.patience
        pauses = backoff(self._random, base=_FIRST_PAUSE, cap=_LONGEST_PAUSE, jitter=Jitter.FULL)
        while True:
            try:
                return await self._once(operation, members)
            except StoreUnreachable:
                pause = next(pauses)
                if anyio.current_time() + pause >= give_up:
                    raise
            await anyio.sleep(pause)

    async def _once(self, operation: str, members: Mapping[str, Any]) -> Mapping[str, Any] | Unmet:
        call = getattr(self._client, xform_name(operation))
        during = sys.exception()
        async with self._line:
            try:
                async with asyncio.timeout(self._settings.call_timeout):
                    answer: Mapping[str, Any] = await call(TableName=self._place.table, **members)
                    return answer
            except aws.ClientError as cause:
                if _code(cause) != REFUSED_CONDITION:
                    raise failure(operation, cause, self._place) from cause
                silence(cause, REFUSED_CONDITION, during=during)
                stored: Any = cause.response.get("Item")
                return Unmet(item=stored)
            except Exception as cause:
                raise failure(operation, cause, self._place) from cause


def _code(cause: aws.ClientError) -> object:
    return (cause.response.get("Error") or {}).get("Code")
