"""Stopping a worker in virtual time as SIGSTOP stops a process: time passes, and nothing of it runs until it goes on.

Every callback that a stopped worker's tasks scheduled is kept back, timers that ran out meanwhile as well, and all of
them run in their order when it wakes. Which callbacks are a worker's is told by their context.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from itertools import count
from typing import Any, TypeVar

from agent.testing.virtual import VirtualLoop

T = TypeVar("T")


class Freezer:
    """One worker's tasks: those that were started while it was `entered`."""

    def __init__(self) -> None:
        self.frozen = False
        self._kept: list[tuple[asyncio.Handle, Callable[[], None]]] = []

    def enter(self) -> None:
        """The running task, and all that it starts from now on, are this worker's."""
        _FREEZER.set(self)

    def freeze(self) -> None:
        self.frozen = True

    def thaw(self) -> None:
        self.frozen = False
        kept, self._kept = self._kept, []
        loop = asyncio.get_running_loop()
        for handle, callback in kept:
            if not handle.cancelled():
                loop.call_soon(callback)

    def keep(self, handle: asyncio.Handle, callback: Callable[[], None]) -> None:
        self._kept.append((handle, callback))


_FREEZER: ContextVar[Freezer | None] = ContextVar("freezer", default=None)


class _Numbered(asyncio.Task[Any]):
    """A task whose place in a set is the same in every run: sets of them are cancelled in their order."""

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        self._number = number
        super().__init__(*args, **kwargs)

    def __hash__(self) -> int:
        return self._number


class FreezingLoop(VirtualLoop):
    """A virtual loop whose workers can be frozen, and which tells the same story in every run."""

    def __init__(self) -> None:
        super().__init__()
        numbers = count()
        self.set_task_factory(lambda loop, work, **more: _Numbered(work, loop=loop, number=next(numbers), **more))

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> asyncio.Handle:  # type: ignore[override]
        gate = _Gate(callback, args, context)
        gate.handle = super().call_soon(gate, context=gate.context)
        return gate.handle

    def call_at(self, when: float, callback: Any, *args: Any, context: Context | None = None) -> asyncio.TimerHandle:  # type: ignore[override]
        gate = _Gate(callback, args, context)
        gate.handle = handle = super().call_at(when, gate, context=gate.context)
        return handle


class _Gate:
    """A callback that waits while its worker is frozen."""

    __slots__ = ("_args", "_callback", "_freezer", "context", "handle")

    def __init__(self, callback: Any, args: tuple[Any, ...], context: Context | None) -> None:
        self.context = copy_context() if context is None else context
        self.handle: asyncio.Handle | None = None
        self._freezer = self.context.get(_FREEZER)
        self._callback = callback
        self._args = args

    def __call__(self) -> None:
        if self._freezer is not None and self._freezer.frozen and self.handle is not None:
            self._freezer.keep(self.handle, self._again)
        else:
            self._callback(*self._args)

    def _again(self) -> None:
        self.context.run(self)


def outside(work: Callable[[], T]) -> T:
    """What `work` returns; what it schedules is no worker's."""
    context = copy_context()
    context.run(_FREEZER.set, None)
    return context.run(work)


def run_freezing(work: Coroutine[Any, Any, T]) -> T:
    """As `run_virtually`, with workers that can be frozen."""
    with asyncio.Runner(loop_factory=FreezingLoop) as runner:
        return runner.run(work)
