"""Which turn the running code belongs to, so that whatever is written down meanwhile can name it.

It follows the task and the tasks that it starts, across every await. It knows no turn's content.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from agent.ids import ContactKey


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningTurn:
    """`id` is stable across repetitions of the same turn."""

    contact: ContactKey
    id: str


_running: ContextVar[RunningTurn | None] = ContextVar("running_turn", default=None)


def running_turn() -> RunningTurn | None:
    """The turn that the calling code belongs to, if any."""
    return _running.get()


@contextmanager
def within(contact: ContactKey, turn: str) -> Iterator[None]:
    """What runs inside belongs to this turn."""
    token = _running.set(RunningTurn(contact=contact, id=turn))
    try:
        yield
    finally:
        _running.reset(token)
