"""The same thing done to many, a few at a time, so that a storm of them leaves room for everything else."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

Thing = TypeVar("Thing")


async def abreast(things: Iterable[Thing], act: Callable[[Thing], Awaitable[None]], *, at_once: int) -> None:
    """Calls `act` on each of `things`, in their order, at most `at_once` at a time.

    Raises the first error, after which no further one is begun; those under way are brought to their end.
    """
    waiting = iter(things)
    errors: list[Exception] = []

    async def work() -> None:
        for thing in waiting:
            try:
                await act(thing)
            except Exception as error:  # must not leave through the task group, which would wrap it
                errors.append(error)
            if errors:
                return

    async with anyio.create_task_group() as group:
        for _ in range(at_once):
            group.start_soon(work)
    if errors:
        raise errors[0]
