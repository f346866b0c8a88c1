"""The bot's state of one contact as one living object: loaded, shown to replays as it was, written at a turn's end.

Handlers and waiting dialogs all hold the same object; it changes its content, never its identity. It knows no run.
"""

from typing import Any

from agent.bot.state import StateType


class Memory:
    """State of type `of`; of nothing when the bot has none.

    Attributes:
        value: the living object, None before the first `load`.
    """

    __slots__ = ("_of", "_stored", "_true", "value")

    def __init__(self, of: StateType[Any] | None) -> None:
        self._of = of
        self.value: Any = None
        self._stored: bytes | None = None
        self._true: bytes | None = None

    def load(self, stored: bytes) -> None:
        """Makes the object what `stored` says, unless it already is. Raises StateError."""
        if self._of is None or stored == self._stored:
            return
        if self.value is None:
            self.value = self._of.load(stored)
        else:
            self._of.overwrite(self.value, stored)
        self._stored = stored

    def now(self) -> bytes | None:
        """The state as it stands, None when there is none."""
        return None if self._of is None else self._of.dump(self.value)

    def final(self, stored: bytes) -> bytes:
        """What a turn that began with `stored` leaves behind. Raises StateError when it would not load again."""
        self._stored = stored if self._of is None else self._of.checked(self.value)
        return self._stored

    def distrust(self) -> None:
        """A turn went wrong: the object may hold half of it, and is loaded anew."""
        self._stored = self._true = None

    def replay(self, stored: bytes | None) -> None:
        """Shows the state as it was then, until `restore`."""
        if self._of is None:
            return
        if self._true is None:
            self._true = self.now()
        self._of.overwrite(self.value, stored or b"")

    def restore(self) -> None:
        """Ends a replay: the state is again what it was before."""
        true, self._true = self._true, None
        if self._of is not None and true is not None and true != self.now():
            self._of.overwrite(self.value, true)
