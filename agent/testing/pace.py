"""When a bot that may use the real network needs real time: whenever it begins, ends or has a turn.

It hears happenings and knows no loop.
"""

from agent.telemetry import Happening

_PACES = {"turn.began": True, "turn.committed": False, "turn.abandoned": False}


class Pace:
    """Whether the bot is at work, as far as what happens in its one chat tells."""

    def __init__(self) -> None:
        self.begin()

    def __call__(self) -> bool:
        return self._busy

    def begin(self) -> None:
        """From now on it is at work, whatever happened before."""
        self._busy = True

    def hear(self, happening: Happening) -> None:
        """Takes note of a turn's beginning and of its end."""
        self._busy = _PACES.get(happening.name, self._busy)
