"""What happened lately in each chat: a bounded memory, fed by happenings.

Happenings hold no token and no customer's words; of an error only its type is kept. Chats that are over are forgotten
first when there are too many. It knows names of happenings, and nothing else of a chat.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from agent.clock import Clock, timestamp
from agent.ids import ContactKey
from agent.telemetry import Happening
from agent.telemetry.turns import running_turn

_LONGEST = 200
_LEFT_OUT = frozenset({"paste"})


class State(StrEnum):
    """What a chat is doing."""

    JOINING = "joining"
    IDLE = "idle"
    TURN = "in a turn"
    RECONNECTING = "reconnecting"
    CRASHED = "crashed"
    GONE = "gone"


STATES = {
    "contact.claimed": State.JOINING,
    "contact.joined": State.IDLE,
    "turn.began": State.TURN,
    "turn.committed": State.IDLE,
    "turn.abandoned": State.IDLE,
    "link.lost": State.RECONNECTING,
    "link.subscribed": State.IDLE,
    "chat.crashed": State.CRASHED,
    "contact.ended": State.GONE,
    "contact.refused": State.GONE,
    "contact.given_up": State.GONE,
    "chat.closed": State.GONE,
}
_QUIET = frozenset({"store.saved"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened. `turn` is the turn that it happened in, "" for none."""

    at: datetime
    name: str
    level: str
    turn: str
    fields: Mapping[str, str | int | float]
    error: str

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        fields = {name: _short(value) for name, value in self.fields.items() if name not in _LEFT_OUT}
        shown = {"at": timestamp(self.at), "name": self.name, "level": self.level, "turn": self.turn}
        return {**shown, "fields": fields, "error": self.error}


@dataclass(slots=True, kw_only=True)
class Story:
    """What happened in one chat.

    Attributes:
        since: when this worker took it on.
        turns, sends, failures: counted since then.
    """

    since: datetime
    entries: deque[Entry]
    bot: str = ""
    state: State = State.JOINING
    turns: int = 0
    sends: int = 0
    failures: int = 0
    last_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.last_at = self.since

    def add(self, entry: Entry) -> None:
        """One more thing happened."""
        self.entries.append(entry)
        self.last_at = entry.at
        self.state = STATES.get(entry.name, self.state)
        self.bot = str(entry.fields.get("bot", self.bot))
        self.turns += entry.name == "turn.committed"
        self.sends += entry.name == "send.accepted"
        self.failures += entry.name == "turn.failed"


class Timeline:
    """A `Report`: call it with a `Happening` and it is remembered."""

    def __init__(self, *, clock: Clock, length: int, chats: int) -> None:
        """`length` is how many happenings of a chat are remembered, `chats` of how many chats."""
        self._clock = clock
        self._length = length
        self._chats = chats
        self._stories: dict[ContactKey, Story] = {}
        self._listeners: list[Callable[[ContactKey | None, Entry], None]] = []

    def __call__(self, happening: Happening) -> None:
        if happening.name in _QUIET:
            return
        entry = self._entry(happening)
        if happening.contact is not None:
            self._story(happening.contact, entry).add(entry)
        for listener in self._listeners:
            listener(happening.contact, entry)

    def story(self, key: ContactKey) -> Story | None:
        """What is remembered of a chat."""
        return self._stories.get(key)

    def __iter__(self) -> Iterator[ContactKey]:
        return iter(list(self._stories))

    @contextmanager
    def heard_by(self, listener: Callable[[ContactKey | None, Entry], None]) -> Iterator[None]:
        """`listener` is told of all that happens inside; it must return at once."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def _entry(self, happening: Happening) -> Entry:
        turn = running_turn()
        named = str(happening.fields.get("turn", ""))
        return Entry(
            at=self._clock.now(),
            name=happening.name,
            level=happening.level.name.lower(),
            turn=turn.id if turn and turn.contact == happening.contact else named,
            fields=happening.fields,
            error=type(happening.error).__name__ if happening.error else "",
        )

    def _story(self, key: ContactKey, entry: Entry) -> Story:
        story = self._stories.get(key)
        if story is None or (entry.name == "contact.claimed" and story.state is State.GONE):
            before = story.entries if story else ()
            self._stories.pop(key, None)
            self._make_room()
            story = self._stories[key] = Story(since=entry.at, entries=deque(before, maxlen=self._length))
        return story

    def _make_room(self) -> None:
        if len(self._stories) >= self._chats:
            gone = (key for key, story in self._stories.items() if story.state is State.GONE)
            del self._stories[next(gone, next(iter(self._stories)))]


def _short(value: str | int | float) -> str | int | float:
    return value[:_LONGEST] if isinstance(value, str) else value
