"""One call to AWS: a place in line, a deadline, and one kind of error on the way out.

The line is first come, first served. aiohttp's own pool is not: it lets a newcomer take a freed connection before
those who wait, so at saturation a few chats would be served and all others starve. It does not know what the
operations mean.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeAlias

import anyio
from aiobotocore.client import AioBaseClient
from botocore import xform_name

from agent.aws.deadline import Deadline
from agent.aws.failures import failure
from agent.ports import Operation

Answer: TypeAlias = Mapping[str, Any]


class Caller(Protocol):
    """Whatever calls an operation with the members of its request."""

    async def __call__(self, operation: Operation, **members: Any) -> Answer: ...


class ClientCalls:
    """Calls operations through an aiobotocore client; errors come out as botocore's own."""

    def __init__(self, client: AioBaseClient) -> None:
        self._client = client
        self._methods: dict[Operation, Callable[..., Awaitable[Answer]]] = {}

    async def __call__(self, operation: Operation, **members: Any) -> Answer:
        if operation not in self._methods:
            self._methods[operation] = getattr(self._client, xform_name(operation.value))
        return await self._methods[operation](**members)


class InLine:
    """Bounds the calls of a way that does not do so itself.

    Args:
        way: how a single call is made.
        at_once: how many calls may be under way; should not exceed the client's pool.
        timeout: seconds for one call, counted from when it leaves the line.
    """

    def __init__(self, way: Caller, *, at_once: int, timeout: float) -> None:
        self._way = way
        self._line = asyncio.Semaphore(at_once)
        self._timeout = timeout

    async def __call__(self, operation: Operation, **members: Any) -> Answer:
        async with self._line:
            with Deadline(self._timeout):
                return await self._way(operation, **members)


class Landed:
    """A way whose messages, once they may have been sent, are waited for, whoever is cancelled."""

    def __init__(self, way: Caller) -> None:
        self._way = way

    async def __call__(self, operation: Operation, **members: Any) -> Answer:
        with anyio.CancelScope(shield=operation is Operation.SEND_MESSAGE):
            answer = await self._way(operation, **members)
        return answer


class Calls:
    """The calls to one service. Cancelling a call closes its connection and frees its place in line.

    Args:
        way: how a call is made, in line and in time; whatever it raises becomes a ConnectError.
    """

    def __init__(self, way: Caller) -> None:
        self._way = way

    async def __call__(self, operation: Operation, **members: Any) -> Answer:
        """Calls `operation` with the members of its request as the service model spells them.

        Raises:
            ConnectError: whatever went wrong; only cancellation passes as it is.
        """
        during = sys.exception()
        try:
            return await self._way(operation, **members)
        except Exception as cause:
            raise failure(operation, cause, during=during) from cause
