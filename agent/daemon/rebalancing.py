"""Which of this worker's chats move when another worker joins: the newcomer's fair part, gently, each once.

A moved chat costs a new connection, which counts against a quota, and its customer a short pause. So only chats that
rest between two turns and have been here for a while move, so many a second and no more, and a worker with few chats
keeps them. Which ones is what `Census.preferred` says, so that nothing ever moves to and fro. It knows no store.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agent.clock import Clock
from agent.daemon.census import Census
from agent.ids import ContactKey, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebalancing:
    """How chats move to a newcomer.

    Attributes:
        rate: how many a second, from all workers together; 0 for never.
        few: how many chats a worker keeps in any case.
        stay: seconds for which a chat stays with the worker that took it up.
    """

    rate: float = 1.0
    few: int = 5
    stay: float = 60.0


class Rebalancer:
    """The chats of `owner` that newcomers should have."""

    def __init__(self, owner: WorkerId, settings: Rebalancing, clock: Clock) -> None:
        self._owner = owner
        self._settings = settings
        self._clock = clock
        self._asked_at = clock.monotonic()
        self._allowed = 0.0
        self._seen = Census()
        self._movable: deque[ContactKey] = deque()

    def due(
        self, seen: Census, contacts: Iterable[ContactKey], may_move: Callable[[ContactKey, float], bool]
    ) -> list[ContactKey]:
        """The contacts that should be released now.

        Args:
            contacts: all that are served here; gone through once in every change of workers.
            may_move: whether the contact is served here, at rest, and was for the given seconds.
        """
        self._save_up(seen)
        if not seen.joining or self._owner in seen.joining or self._owner not in seen.staying:
            self._movable.clear()
            self._seen = Census()
            return []
        if seen != self._seen:
            self._seen = seen
            self._movable = self._candidates(seen, contacts)
        return self._pick(may_move)

    def _save_up(self, seen: Census) -> None:
        """At most one second's worth, so that a pause is not followed by a storm."""
        now = self._clock.monotonic()
        mine = self._settings.rate / max(1, len(set(seen.staying) - seen.joining))
        self._allowed = min(self._allowed + (now - self._asked_at) * mine, max(1.0, mine))
        self._asked_at = now

    def _candidates(self, seen: Census, contacts: Iterable[ContactKey]) -> deque[ContactKey]:
        here = list(contacts)
        moving = [key for key in here if seen.preferred(key) in seen.joining]
        return deque(moving[: max(0, len(here) - self._settings.few)])

    def _pick(self, may_move: Callable[[ContactKey, float], bool]) -> list[ContactKey]:
        picked: list[ContactKey] = []
        for _ in range(len(self._movable)):
            if self._allowed < 1 or self._settings.rate <= 0:
                break
            key = self._movable.popleft()
            if may_move(key, self._settings.stay):
                picked.append(key)
                self._allowed -= 1
            else:
                self._movable.append(key)
        return picked
