"""A circuit breaker: a backend that failed too often is left alone for a while, so that chats need not wait for it.

Time is the event loop's, so that tests in virtual time see it open and close. It knows no backend and no chat; that an
open circuit hands a chat off is decided by whoever runs the turn.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import wraps
from types import TracebackType
from typing import ParamSpec, TypeVar

import anyio

from agent.errors import CircuitOpen, ConversationOver, RegistrationError

P = ParamSpec("P")
T = TypeVar("T")


class CircuitState(StrEnum):
    """CLOSED: calls go through. OPEN: none does. HALF_OPEN: one does, and decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """One backend's circuit, shared by all chats of the process; use it as ``async with`` around the call.

    Args:
        name: the backend's, for people.
        failures: so many failures `within` seconds open it.
        rest: seconds after which one call is let through; when it goes well the circuit is closed, else it rests again.
        errors: what counts as the backend's failure; everything else passes uncounted.
    """

    def __init__(
        self,
        name: str,
        *,
        failures: int = 5,
        within: float = 60.0,
        rest: float = 30.0,
        errors: tuple[type[Exception], ...] = (Exception,),
    ) -> None:
        """
        Raises:
            RegistrationError: a number is none that could work.
        """
        if failures < 1 or within <= 0 or rest <= 0:
            raise RegistrationError(f"CircuitBreaker({name!r}): failures, within and rest must be positive.")
        self.name = name
        self._limit = failures
        self._within = within
        self._rest = rest
        self._errors = errors
        self._failed: deque[float] = deque(maxlen=failures)
        self._opened_at: float | None = None
        self._probe: int | None = None

    @property
    def state(self) -> CircuitState:
        """What happens to a call now."""
        if self._opened_at is None:
            return CircuitState.CLOSED
        rested = anyio.current_time() >= self._opened_at + self._rest
        return CircuitState.HALF_OPEN if rested and self._probe is None else CircuitState.OPEN

    def guarding(self, function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        """`function` behind this circuit, as ``chat.step`` takes it: with its name and its annotations."""

        @wraps(function)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            async with self:
                return await function(*args, **kwargs)

        return guarded

    async def __aenter__(self) -> "CircuitBreaker":
        """
        Raises:
            CircuitOpen: it is open.
        """
        state = self.state
        if state is CircuitState.OPEN:
            raise CircuitOpen(f"The circuit of {self.name!r} is open: it failed too often, and is left alone for now.")
        if state is CircuitState.HALF_OPEN:
            self._probe = anyio.get_current_task().id
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        probing = self._probe == anyio.get_current_task().id
        if probing:
            self._probe = None
        if isinstance(error, self._errors) and not isinstance(error, ConversationOver):
            self._failure(probing=probing)
        elif error is None and probing:
            self._opened_at = None
            self._failed.clear()

    def _failure(self, *, probing: bool) -> None:
        now = anyio.current_time()
        self._failed.append(now)
        often = len(self._failed) == self._limit and now - self._failed[0] <= self._within
        if often or probing:
            self._opened_at = now
