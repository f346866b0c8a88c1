"""Driving a coroutine by hand, so that it can wait for days without a task.

`drive` runs a coroutine inside the caller's task and passes everything it awaits on to the event loop, except a `Wait`:
then the coroutine is left where it stands, and costs its frames only. Because each drive may happen in another
task, nothing bound to a task may be held open over a wait; `held` finds it. It knows no chat and no journal.
"""

import gc
from collections.abc import Coroutine, Generator
from contextlib import _AsyncGeneratorContextManager, _GeneratorContextManager
from dataclasses import dataclass
from types import coroutine as generator_coroutine
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

T = TypeVar("T")


class Watcher(Protocol):
    """Told when the coroutine's own code runs and when it does not."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Wait:
    """Yielded by a coroutine that wants to be left alone until somebody has something for it."""


@dataclass(slots=True)
class Finished(Generic[T]):
    """The coroutine returned."""

    value: T


@dataclass(frozen=True, slots=True)
class Parked:
    """The coroutine waits."""


PARKED = Parked()


Outcome: TypeAlias = Finished[T] | Parked
Body: TypeAlias = Coroutine[Any, Any, T]

WAIT = Wait()


@generator_coroutine
def park() -> Generator[Wait, Any, Any]:
    """Waits until the next `drive`, and returns what that one brings."""
    return (yield WAIT)


class drive(Generic[T]):  # noqa: N801
    """Awaitable: runs `body` until it finishes or waits, sending it `value` or throwing `error` first.

    Whatever `body` raises is raised; a cancellation of the calling task arrives inside `body`.
    """

    __slots__ = ("_body", "_error", "_value", "_watch")

    def __init__(
        self, body: Body[T], value: object = None, *, error: BaseException | None = None, watch: "Watcher | None" = None
    ) -> None:
        self._body = body
        self._value = value
        self._error = error
        self._watch = watch

    def __await__(self) -> Generator[Any, Any, Outcome[T]]:
        value, error, self._error = self._value, self._error, None
        try:
            while True:
                try:
                    plain = error is None and self._watch is None
                    awaited = self._body.send(value) if plain else self._step(value, error)
                except StopIteration as stop:
                    return Finished(stop.value)
                if awaited is WAIT:
                    return PARKED
                value = error = None
                try:
                    value = yield awaited
                except BaseException as thrown:
                    error = thrown
        finally:
            del error  # an error must not be held by a frame that it holds

    def _step(self, value: object, error: BaseException | None) -> object:
        if self._watch is not None:
            self._watch.start()
        try:
            return self._body.send(value) if error is None else self._body.throw(error)
        finally:
            if self._watch is not None:
                self._watch.stop()
            del error


_TASK_BOUND = {"CancelScope.__exit__", "TaskGroup.__aexit__", "TaskGroup.__exit__", "Timeout.__aexit__"}
_WRAPPERS = {_GeneratorContextManager.__exit__, _AsyncGeneratorContextManager.__aexit__}


def held(body: object) -> str | None:
    """The name of a cancel scope, task group or timeout that the waiting `body` holds open, if it does.

    CPython keeps the exit methods of open ``with`` blocks on a frame's stack, where the garbage collector can see
    them; elsewhere nothing is found.
    """
    while body is not None:
        for found in gc.get_referents(body):
            if name := _task_bound(found):
                return name
        body = getattr(body, "cr_await", None) or getattr(body, "gi_yieldfrom", None)
    return None


def _task_bound(found: object) -> str | None:
    function = getattr(found, "__func__", None)
    if function is None:
        return None
    if function in _WRAPPERS:
        return held(getattr(found.__self__, "gen", None))  # type: ignore[attr-defined]
    module = str(getattr(function, "__module__", "")).partition(".")[0]
    name = str(getattr(function, "__qualname__", ""))
    return f"{module} {name.partition('.')[0]}" if name in _TASK_BOUND and module in {"anyio", "asyncio"} else None
