"""Events as a decorator names them: by their last words, by their whole content type, or by a filter.

A name that no event has would never be heard, so it is refused with the one that was meant. It runs nothing.
"""

from difflib import get_close_matches
from typing import Any

from agent.bot.filters import Filter
from agent.bot.handlers import Kind, as_filter
from agent.errors import RegistrationError
from agent.wire.content import EVENT_PREFIX, EVENT_TYPES
from agent.wire.items import Event


def event_filter(kinds: tuple[Filter[Any] | str, ...]) -> Filter[Any] | None:
    """The filter for what was given to ``on_event``; None for every event.

    Raises:
        RegistrationError: a name is that of no event, or it is something else.
    """
    found: Filter[Any] | None = None
    for kind in kinds:
        if kind is None:
            raise RegistrationError("@on_event(None) names no event; @on_event() hears every one.")
        if not isinstance(kind, Filter | str):
            as_filter(Kind.EVENT, kind)
        one = kind if isinstance(kind, Filter) else _named_event(kind)
        found = one if found is None else found | one
    return found


def _named_event(kind: str) -> Filter[Event]:
    _refuse_unknown_event(kind)

    def test(item: object, contact: object) -> Event | None:
        is_it = isinstance(item, Event) and (item.content_type == kind or item.content_type.endswith(f".event.{kind}"))
        return item if is_it and isinstance(item, Event) else None

    return Filter(f"event({kind!r})", test)


def _refuse_unknown_event(kind: str) -> None:
    """A whole content type is taken as it is: the service adds to its events."""
    known = [name.removeprefix(EVENT_PREFIX) for name in EVENT_TYPES]
    if "/" in kind or kind in known:
        return
    near = get_close_matches(kind, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}."
    raise RegistrationError(
        f"@on_event({kind!r}) is no known event; {hint} "
        f"A newer one is named by its whole content type, {EVENT_PREFIX}..."
    )
