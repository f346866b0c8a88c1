"""Live chats that wait for a bot which this worker does not serve, so that nobody forgets them when a bot goes.

A look at what nobody serves finds them; another worker may have that bot, and then takes them up. Each bot is told of
when it is first met, and when its count has changed, but once a minute at most. It claims nothing and knows no store.
"""

from collections import Counter
from collections.abc import Collection
from math import inf

from agent.clock import Clock
from agent.ids import ContactKey
from agent.telemetry import Happening, Level, Report

_QUIET = 60.0  # seconds; chats that are being handed over come and go one by one


class Unserved:
    """The chats of bots that are not served, as the last whole look found them."""

    def __init__(self, clock: Clock, report: Report) -> None:
        self._clock = clock
        self._report = report
        self._bots: dict[ContactKey, str] = {}
        self._told: dict[str, tuple[int, float]] = {}

    def __len__(self) -> int:
        return len(self._bots)

    def meet(self, key: ContactKey, bot: str) -> None:
        """This chat waits for that bot."""
        self._bots[key] = bot

    def looked(self, waiting: Collection[ContactKey]) -> None:
        """A whole look found these chats without a worker: who is not among them waits no more."""
        self._bots = {key: bot for key, bot in self._bots.items() if key in waiting}
        now, counts = self._clock.monotonic(), Counter(self._bots.values())
        self._told = {bot: told for bot, told in self._told.items() if bot in counts or now - told[1] < _QUIET}
        for bot, chats in counts.items():
            before, at = self._told.get(bot, (0, -inf))
            if chats != before and now - at >= _QUIET:
                self._told[bot] = chats, now
                self._tell(bot, chats)

    def _tell(self, bot: str, chats: int) -> None:
        self._report(Happening(name="bot.not_served", level=Level.WARNING, fields={"bot": bot, "chats": chats}))
