"""From settings and loaded bots to a roster: names for targets, and every rule checked before anything starts.

It loads no bot and offers none a contact.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from agent.config import Configuration, RouteSection
from agent.daemon.roster import Roster, Route
from agent.errors import InvalidSetting
from agent.ids import InstanceId
from agent.session.conversation import Converser
from agent.telemetry import Report


class ServedBot(Converser, Protocol):
    """A bot, as whoever serves it sees it."""

    @property
    def display_name(self) -> str: ...

    def lifespan(self) -> AbstractAsyncContextManager[None]: ...

    def report_to(self, report: Report) -> None: ...


def roster_of(settings: Configuration, bot: ServedBot, also: Mapping[str, ServedBot] | None = None) -> Roster:
    """The roster of `bot`, and of those in `also`: the bots that the rules name, by target; None leaves the rules out.

    The operator's display name wins over the author's, for every bot. With rules and no `bot.target`, only what a rule
    fits is served.

    Raises:
        InvalidSetting: two bots have one name, or a rule names a bot that is not there or an instance not served.
    """
    instances = frozenset(filter(None, (settings.connect.instance, *settings.connect.instances)))
    rules = () if also is None else settings.routing.rules
    known = dict[str | None, ServedBot](also or {}) | {settings.bot.target: bot}
    return Roster(
        bots={one.name: settings.connect.display_name or one.display_name for one in _distinct(bot, also or {})},
        default=bot.name if settings.bot.target is not None or not rules else None,
        routes=tuple(_routes(rules, known, instances)),
        instances=instances,
    )


def _distinct(bot: ServedBot, also: Mapping[str, ServedBot]) -> list[ServedBot]:
    found = {bot.name: bot}
    for target, other in also.items():
        if found.setdefault(other.name, other) is not other:
            raise InvalidSetting(
                "routing.rules", f"{target!r} is one of two bots called {other.name!r}; rename one of them."
            )
    return list(found.values())


def _routes(
    rules: Sequence[RouteSection], known: Mapping[str | None, ServedBot], instances: frozenset[InstanceId]
) -> Iterator[Route]:
    for number, rule in enumerate(rules):
        if rule.bot not in known:
            raise InvalidSetting(f"routing.rules.{number}.bot", f"{rule.bot!r} is not served here.")
        if rule.instance is not None and instances and rule.instance not in instances:
            raise InvalidSetting(
                f"routing.rules.{number}.instance", "this instance is not served; add it to connect.instances."
            )
        yield Route(**{**rule.model_dump(), "bot": known[rule.bot].name})
