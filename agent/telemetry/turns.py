"""Which turn the running code belongs to, so that whatever is written down meanwhile can name it.

It follows the task and the tasks that it starts, across every await. It knows no turn's content.
"""

from contextvars import ContextVar

import msgspec

from agent.ids import ContactKey


class RunningTurn(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is stable across repetitions of the same turn."""

    contact: ContactKey
    id: str


_running: ContextVar[RunningTurn | None] = ContextVar("running_turn", default=None)


def running_turn() -> RunningTurn | None:
    """The turn that the calling code belongs to, if any."""
    return _running.get()


class within:  # noqa: N801  # it reads as the statement that it is
    """``with within(contact, turn):`` what runs inside belongs to this turn."""

    __slots__ = ("_before", "_turn")

    def __init__(self, contact: ContactKey, turn: str) -> None:
        self._turn = RunningTurn(contact=contact, id=turn)

    def __enter__(self) -> None:
        self._before = _running.set(self._turn)

    def __exit__(self, *_: object) -> None:
        _running.reset(self._before)
