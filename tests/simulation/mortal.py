"""A worker's ports that can die under it: from one instant on, nothing it does has any effect.

A crash strikes before or after the effect of a call, chosen by its number, so that over many seeds every await of the
session is crashed at.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import anyio

from agent.errors import StoreUnreachable
from agent.ports import ContactStore, Operation


class Crashed(BaseException):
    """The process is gone. No code of the session may survive it."""


class Life:
    """One worker process. `last_call` is the number of the call at which it dies, None for never."""

    def __init__(self, last_call: int | None, *, before: bool, on_death: Callable[[], None]) -> None:
        self.alive = True
        self._left = last_call
        self._before = before
        self._on_death = on_death

    def die(self) -> None:
        if self.alive:
            self.alive = False
            self._on_death()

    async def call(self, effect: Callable[[], Any]) -> Any:
        """`effect`'s result, unless death comes first or at once afterwards."""
        self._check()
        last = self._counts_down()
        if last and self._before:
            self.die()
            self._check()
        result = await effect()
        if last:
            self.die()
        self._check()
        return result

    def _counts_down(self) -> bool:
        if self._left is None:
            return False
        self._left -= 1
        return self._left == 0

    def _check(self) -> None:
        if not self.alive:
            raise Crashed


class MortalCalls:
    """Calls to Amazon Connect of one life."""

    def __init__(self, calls: Any, life: Life) -> None:
        self._calls = calls
        self._life = life

    async def __call__(self, operation: Operation, **members: Any) -> Mapping[str, Any]:
        return await self._life.call(lambda: self._calls(operation, **members))


class MortalStore:
    """A store of one life: slow, and now and then out of reach, before or after the write."""

    def __init__(self, store: ContactStore, life: Life, random: Random, faults: float) -> None:
        self._store = store
        self._life = life
        self._random = random
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def mortal(*args: Any, **kwargs: Any) -> Any:
            return await self._life.call(lambda: self._slowly(method, *args, **kwargs))

        return mortal

    async def _slowly(self, method: Any, *args: Any, **kwargs: Any) -> Any:
        await anyio.sleep(self._random.random() * 0.02)
        trouble = self._random.random() < self._faults
        if trouble and self._random.random() < 0.5:
            raise StoreUnreachable("the store did not answer")
        result = await method(*args, **kwargs)
        if trouble:
            raise StoreUnreachable("the store did not answer")
        return result
