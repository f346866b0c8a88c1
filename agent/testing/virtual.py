"""Virtual time: an event loop whose clock leaps to the next deadline whenever everybody waits.

Hours pass in milliseconds, in the same order every time. When everybody waits for ever, which in real time would be a
hang, the loop raises `EverybodyWaits`. Never with real sockets: nobody would wait for them. It knows no chat.
"""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class EverybodyWaits(RuntimeError):
    """Every task waits for something that can no longer happen."""


class _LeapingSelector(selectors.BaseSelector):
    def __init__(self) -> None:
        self.now = 0.0
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if ready:
            return ready
        if timeout is None:
            raise EverybodyWaits("Everybody waits, and nothing is left that could wake anybody.")
        self.now += max(0.0, timeout)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop in virtual time; `time()` begins at 0."""

    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now


def run_virtually(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to its end in virtual time, on a loop of its own, as `asyncio.run` does.

    Raises EverybodyWaits when it can never end.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
