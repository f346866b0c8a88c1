"""Calls that may be repeated: admitted by the pacer, repeated with jittered delays while that can help.

One policy for the whole session, so that no call is retried twice over. It knows no operation's meaning.
"""

from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import anyio

from agent.errors import ConnectError, Throttled
from agent.ids import InstanceId
from agent.ports import Operation
from agent.session.surroundings import Ports
from agent.telemetry import Happening, Level
from agent.wire.backoff import backoff

T = TypeVar("T")


def delays(ports: Ports) -> Iterator[float]:
    """Seconds to wait before each repetition, without end."""
    return backoff(ports.random, base=0.5, factor=2.0, cap=30.0)


async def pause(ports: Ports, instance: InstanceId, error: ConnectError, delay: float) -> None:
    """Waits after a call that may be repeated, and tells the pacer when it was throttled."""
    operation = Operation(error.operation)
    if isinstance(error, Throttled):
        ports.pacer.throttled(operation, instance)
    fields: dict[str, str | float] = {"operation": operation.value, "delay": round(delay, 3)}
    ports.report(Happening(name="call.repeated", level=Level.DEBUG, fields=fields, error=error))
    await anyio.sleep(delay)


async def retrying(
    call: Callable[[], Awaitable[T]], *, ports: Ports, operation: Operation, instance: InstanceId, urgent: bool = False
) -> T:
    """`call`'s result, repeated while it fails in a way that may pass.

    Raises:
        ConnectError: it failed for good.
    """
    waits = delays(ports)
    while True:
        await ports.pacer.admit(operation, instance, urgent=urgent)
        try:
            return await call()
        except ConnectError as error:
            if not error.retryable:
                raise
            await pause(ports, instance, error, next(waits))
