"""Virtual time: an event loop whose clock leaps to the next deadline whenever everybody waits.

Hours pass in milliseconds, in the same order every time. When everybody waits for ever, which in real time would be a
hang, the loop raises `EverybodyWaits`. While a thread works for the loop, time stands still and the loop really waits.
Of sockets it waits only for those that it was told to be patient with. It knows no chat.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple

from agent.testing.threads import Threads

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Ready = list[tuple[selectors.SelectorKey, int]]

PATIENCE = 10.0
"""Real seconds that the loop waits for a thread, or for a socket that nothing else bounds."""

_THREAD = (
    "A thread has been at work for {patience:g} seconds, and virtual time stands still meanwhile. Let the test replace "
    "what blocks by a double that answers at once; what is to run for the whole test starts its own threading.Thread."
)


class EverybodyWaits(RuntimeError):
    """Every task waits for something that can no longer happen, or for a thread that does not come back."""


class Leap(selectors.BaseSelector):
    """A selector that moves `now` instead of waiting.

    Attributes:
        threads: those for which it really waits, while `now` stands still.
    """

    def __init__(self, real: selectors.BaseSelector, *, now: float = 0.0, longest: float = float("inf")) -> None:
        """`longest`: after so many seconds from `now` on, whoever still waits does so for ever."""
        self.real = real
        self.now = now
        self.threads = Threads()
        self._patient: list[Callable[[], bool]] = []
        self._until = now + longest

    def select(self, timeout: float | None = None) -> Ready:
        ready = self.real.select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self.threads.at_work(asyncio.get_running_loop()):
            return self._wait_for_threads()
        if self._patient and self._has_sockets() and any(patient() for patient in self._patient):
            return self._wait_for_sockets(timeout)
        return self._leap(timeout)

    @contextmanager
    def patiently(self, patient: Callable[[], bool]) -> Iterator[None]:
        """Inside, time is real while `patient` says so and a socket is open."""
        self._patient.append(patient)
        try:
            yield
        finally:
            self._patient.remove(patient)

    def _leap(self, timeout: float | None) -> Ready:
        if timeout is None or self.now > self._until:
            raise EverybodyWaits("Everybody waits, and nothing is left that could wake anybody.")
        self.now += timeout
        return []

    def _wait_for_threads(self) -> Ready:
        ready = self.real.select(PATIENCE)
        if not ready:
            raise EverybodyWaits(_THREAD.format(patience=PATIENCE))
        return ready

    def _has_sockets(self) -> bool:
        """Besides the loop's own pipe to itself."""
        return len(self.get_map()) > 1

    def _wait_for_sockets(self, timeout: float | None) -> Ready:
        began = time.monotonic()
        ready = self.real.select(PATIENCE if timeout is None else timeout)
        if not ready:
            return self._leap(timeout)
        self.now += time.monotonic() - began
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self.real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self.real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self.real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self.real.get_map()

    def close(self) -> None:
        self.real.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop in virtual time; `time()` begins at 0."""

    def __init__(self) -> None:
        self._leaping = Leap(selectors.DefaultSelector())
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        work = super().run_in_executor(executor, func, *args)
        self._leaping.threads.hand(work)
        return work

    async def shutdown_default_executor(self, *args: Any) -> None:
        """Its threads end in a thread of their own, for which the loop must wait, too."""
        ending = self.create_future()
        self._leaping.threads.hand(ending)
        try:
            await super().shutdown_default_executor(*args)
        finally:
            ending.set_result(None)


def run_virtually(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to its end in virtual time, on a loop of its own, as `asyncio.run` does.

    Raises EverybodyWaits when it can never end.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
