"""Waiting for what happens instead of looking again and again: everything that happens beats, whoever waits looks."""

from collections.abc import Callable

import anyio

PATIENCE = 60.0
"""Seconds after which what has not come true never will; only a failing story waits so long."""


class Pulse:
    """One event, renewed at each beat."""

    def __init__(self) -> None:
        self._next = anyio.Event()

    def beat(self, *_: object) -> None:
        """Something happened; what it was, the conditions see for themselves."""
        self._next.set()
        self._next = anyio.Event()

    async def next(self) -> None:
        """Returns at the next beat."""
        await self._next.wait()

    async def until(
        self, condition: Callable[[], bool], otherwise: Callable[[], str] = lambda: "it never came true"
    ) -> None:
        """Returns as soon as `condition` holds; fails with `otherwise` when it does not for a long time."""
        with anyio.move_on_after(PATIENCE):
            while not condition():
                await self._next.wait()
            return
        raise AssertionError(otherwise())
