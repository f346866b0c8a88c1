"""A worker that reaches the store but not Amazon Connect gives its chats to those who hear.

It tells the others that it is deaf, and waits until they had time to find out the same of themselves: when Amazon
Connect is away for everybody, nothing moves. Then it lets the deaf chats go, no faster than they can be connected anew,
and takes nothing for a while, so that no chat comes back to be lost again. One or two deaf chats prove nothing about a
worker. It knows no socket and no store.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import inf

from agent.clock import Clock
from agent.daemon.census import Census
from agent.daemon.room import Room
from agent.ids import ContactKey, WorkerId
from agent.telemetry import Happening, Level, Report, silent

DEAF = "deaf"
"""Why a worker that hears nothing lets nobody in."""

_LEAST = 3  # deaf chats
_SHARE = 0.5  # of all chats
_CERTAIN = 15.0  # seconds, in which others notice what all have in common
_MISTRUST = 300.0  # seconds after the last chat was given away


def hears_all() -> Collection[ContactKey]:
    """No chat is deaf, as far as anybody looks."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What a worker knows of its own ears.

    Attributes:
        deaf: the chats that have not been heard for too long.
        rate: how many chats a second the others can connect.
    """

    deaf: Callable[[], Collection[ContactKey]] = hears_all
    rate: float = inf


class Relief:
    """The chats of `owner` that others should have because they are not heard here."""

    def __init__(self, owner: WorkerId, hearing: Hearing, *, room: Room, clock: Clock, report: Report = silent) -> None:
        self._owner = owner
        self._hearing = hearing
        self._room = room
        self._clock = clock
        self._report = report
        self._since: float | None = None
        self._until = -inf
        self._asked_at = clock.monotonic()
        self._allowed = 0.0
        self._given: set[ContactKey] = set()

    @property
    def told(self) -> bool:
        """Whether the others should know that this worker is deaf."""
        return self._since is not None

    def due(self, seen: Census) -> list[ContactKey]:
        """The contacts that should be released now; asked at every look."""
        deaf, now = self._hearing.deaf(), self._clock.monotonic()
        self._given &= set(deaf)
        self._save_up(now)
        self._judge(len(deaf), now)
        if self._since is None or not seen.hearing - {self._owner}:
            self._room.reopen(DEAF)
            return []
        self._room.shut(DEAF)
        return self._pick(deaf, now) if now - self._since >= _CERTAIN else []

    def _judge(self, deaf: int, now: float) -> None:
        proven = deaf >= _LEAST and deaf >= _SHARE * self._room.taken
        if self._since is None and proven:
            self._since, self._until = now, now
            self._tell("worker.deaf", Level.ERROR, chats=deaf)
        elif self._since is not None and not deaf and now >= self._until:
            self._since = None
            self._tell("worker.hears_again", Level.INFO)

    def _save_up(self, now: float) -> None:
        """At most one second's worth."""
        rate = self._hearing.rate
        self._allowed = min(self._allowed + (now - self._asked_at) * rate, max(1.0, rate)) if rate < inf else inf
        self._asked_at = now

    def _pick(self, deaf: Collection[ContactKey], now: float) -> list[ContactKey]:
        left = sorted(set(deaf) - self._given)
        picked = left[: int(min(self._allowed, len(left)))]
        if picked:
            self._allowed -= len(picked)
            self._given.update(picked)
            self._until = now + _MISTRUST
        return picked

    def _tell(self, name: str, level: Level, **fields: int) -> None:
        self._report(Happening(name=name, level=level, fields=fields))
