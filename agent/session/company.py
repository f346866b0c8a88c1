"""Tasks that keep a block company and end with it, and leave nothing behind.

A task that is cancelled by its group leaves a circle: the group keeps the task's exception in the frame that this
exception points to [anyio], and with it every frame below, with tokens and words, until Python's collector comes by.
Here each task has a scope of its own that swallows its cancellation, and the group is not cancelled. It knows no chat.
"""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVarTuple

import anyio

Ts = TypeVarTuple("Ts")


class Company:
    """A task group whose tasks are ended, not waited for, when its block is left; what one raises ends the block."""

    def __init__(self) -> None:
        self.group = anyio.create_task_group()
        self._scopes: set[anyio.CancelScope] = set()

    def start(self, work: Callable[[*Ts], Awaitable[object]], *arguments: *Ts) -> None:
        """Runs `work` until it ends or the block does."""
        scope = anyio.CancelScope(shield=True)  # only what is shielded from its group can end without it
        self._scopes.add(scope)
        self.group.start_soon(self._within, scope, work, *arguments)

    async def _within(
        self, scope: anyio.CancelScope, work: Callable[[*Ts], Awaitable[object]], *arguments: *Ts
    ) -> None:
        try:
            with scope:
                await work(*arguments)
        finally:
            self._scopes.discard(scope)

    async def __aenter__(self) -> Self:
        await self.group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        for scope in list(self._scopes):
            scope.cancel()
        try:
            return await self.group.__aexit__(kind, raised, trace)
        finally:
            del raised, trace  # they would hold this very frame
