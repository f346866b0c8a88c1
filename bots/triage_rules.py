"""Who gets a chat: rules over contact attributes, business hours and words. Pure; it knows no bot and no chat."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

import pydantic

from bots.declared import AttributeName, Declaration, HandOff, Table, mistake
from bots.picking import plain

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _span(given: str) -> str:
    found = _SPAN.fullmatch(given.replace(" ", ""))
    if not found or not found[0][:5] < found[0][6:] <= "24:00":
        raise mistake('hours are written "09:00-17:30", within one day')
    return found[0]


def _zone(given: str) -> str:
    if given not in (known := available_timezones()):
        near = get_close_matches(given, known, n=1)
        meant = f"did you mean {near[0]!r}?" if near else "write one such as Europe/Berlin"
        raise mistake(f"unknown time zone; {meant}")
    return given


Span = Annotated[str, pydantic.AfterValidator(_span)]
Zone = Annotated[str, pydantic.AfterValidator(_zone)]


class Hours(Table):
    """When people are there: by day of the week, in the time zone of the file."""

    mon: tuple[Span, ...] = ()
    tue: tuple[Span, ...] = ()
    wed: tuple[Span, ...] = ()
    thu: tuple[Span, ...] = ()
    fri: tuple[Span, ...] = ()
    sat: tuple[Span, ...] = ()
    sun: tuple[Span, ...] = ()

    def hold(self, at: datetime) -> bool:
        """Whether the local time `at` is within them."""
        now = at.time().isoformat("minutes")
        return any(span[:5] <= now < span[6:] for span in getattr(self, _DAYS[at.weekday()]))


class During(StrEnum):
    """Within business hours, or outside."""

    OPEN = "open"
    CLOSED = "closed"


class Route(Table):
    """Where a chat goes: to a bot, by its installed name or ``module:name``, or to people."""

    bot: str | None = None
    hand_off: HandOff | None = None

    @pydantic.model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if (self.bot is None) == (self.hand_off is None):
            raise mistake("a route needs either bot or hand_off")
        return self


class Rule(Route):
    """A route and its conditions, all of which must hold; of `words` one must be in the message."""

    attributes: dict[AttributeName, str] = pydantic.Field(default_factory=dict)
    hours: During | None = None
    words: tuple[Annotated[str, pydantic.StringConstraints(min_length=1)], ...] = ()

    def holds(self, attributes: Mapping[str, str], during: During, said: str | None) -> bool:
        """Whether it is for a contact with these `attributes` who `said` that, None when nothing yet."""
        return (
            all(attributes.get(name) == value for name, value in self.attributes.items())
            and self.hours in (None, during)
            and (not self.words or (said is not None and any(_within(word, said) for word in self.words)))
        )


def _within(phrase: str, said: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(plain(phrase))}(?!\w)", plain(said)) is not None


class Triage(Declaration):
    """The file. Rules are tried in their order; without a match the customer is asked, then sent `otherwise`."""

    greeting: str = "What is it about?"
    unknown: str = "Sorry, can you say it in other words?"
    tries: int = pydantic.Field(default=2, ge=1)
    time_zone: Zone = "UTC"
    hours: Hours | None = None
    holidays: frozenset[date] = frozenset()
    rules: tuple[Rule, ...] = ()
    otherwise: Route

    @pydantic.model_validator(mode="after")
    def _has_hours_if_it_asks_for_them(self) -> Self:
        for number, rule in enumerate(self.rules):
            if rule.hours and self.hours is None:
                raise mistake("the file has no [hours]", "rules", number, "hours")
        return self

    def route(self, attributes: Mapping[str, str], now: datetime, said: str | None) -> Route | None:
        """The first rule that holds at `now` (aware)."""
        during = self.during(now)
        return next((rule for rule in self.rules if rule.holds(attributes, during, said)), None)

    def during(self, now: datetime) -> During:
        """Whether `now` (aware) is within business hours; holidays are not."""
        here = now.astimezone(ZoneInfo(self.time_zone))
        working = self.hours is not None and here.date() not in self.holidays and self.hours.hold(here)
        return During.OPEN if working else During.CLOSED
