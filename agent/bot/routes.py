"""The frozen table of who takes what, compiled once from a bot's routers.

Compiling finds what no single registration can see: two handlers for one thing, a handler that never gets its turn.
Looking up is a dictionary for messages of fixed words and a walk over the rest. It runs nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agent.bot.filters import Filter, normalised
from agent.bot.handlers import Handler, Kind
from agent.bot.middleware import Middleware
from agent.bot.router import Router
from agent.errors import RegistrationError
from agent.session.conversation import Contact
from agent.wire.content import Role
from agent.wire.items import Item, Message

_ROUTED = {Kind.MESSAGE, Kind.DIALOG, Kind.ATTACHMENT, Kind.EVENT}
_ALONE = {Kind.JOIN, Kind.LEAVE}


@dataclass(frozen=True, slots=True)
class Lane:
    """Handlers in the order of trying, with an index by the words of a message."""

    handlers: tuple[Handler, ...]
    by_key: Mapping[str, tuple[int, ...]]
    rest: tuple[int, ...]

    @classmethod
    def of(cls, handlers: Iterable[Handler]) -> "Lane":
        ordered = sorted(handlers, key=lambda handler: handler.filter is None)
        by_key: dict[str, list[int]] = {}
        rest: list[int] = []
        for rank, handler in enumerate(ordered):
            if handler.filter is None or handler.filter.keys is None:
                rest.append(rank)
            else:
                for key in handler.filter.keys:
                    by_key.setdefault(key, []).append(rank)
        return cls(tuple(ordered), {key: tuple(ranks) for key, ranks in by_key.items()}, tuple(rest))

    def first(self, item: Item, contact: Contact) -> Handler | None:
        """The first handler whose filter matches."""
        if not self.handlers:
            return None
        customers = item.sender.role == Role.CUSTOMER
        keyed = self.by_key.get(normalised(item.content), ()) if isinstance(item, Message) and self.by_key else ()
        best = self._among(keyed, item, contact, customers, len(self.handlers))
        found = self._among(self.rest, item, contact, customers, best)
        return self.handlers[found] if found < len(self.handlers) else None

    def _among(self, ranks: tuple[int, ...], item: Item, contact: Contact, customers: bool, before: int) -> int:
        for rank in ranks:
            if rank >= before:
                break
            handler = self.handlers[rank]
            asked = handler.filter
            if not customers and handler.kind is not Kind.EVENT and (asked is None or not asked.names_role):
                continue
            if asked is None or asked.test(item, contact) is not None:
                return rank
        return before


@dataclass(frozen=True, slots=True)
class Routes:
    """Everything a bot registered, by what it is for."""

    anytime: Lane
    messages: Lane
    attachments: Lane
    events: Lane
    alone: Mapping[Kind, Handler] = field(default_factory=dict)
    timeouts: tuple[Handler, ...] = ()
    timers: Mapping[str, Handler] = field(default_factory=dict)
    errors: tuple[Handler, ...] = ()
    by_key: Mapping[tuple[str, int], Handler] = field(default_factory=dict)
    newest: Mapping[str, int] = field(default_factory=dict)

    def for_error(self, error: Exception) -> Handler | None:
        """The first error handler that takes `error`."""
        return next((one for one in self.errors if isinstance(error, one.errors)), None)


def compiled(root: Router[Any, Any]) -> Routes:
    """The table of all that is registered in `root` and its nested routers.

    Raises:
        RegistrationError: two handlers are for one thing.
    """
    handlers = _distinct(list(_flattened(root, root.only, ())))
    newest = _newest_versions(handlers)
    live = [one for one in handlers if one.kind is not Kind.DIALOG or one.version == newest[one.key]]
    _refuse_doubles(live)
    _refuse_shadowed([one for one in live if one.kind is Kind.ERROR])
    _refuse_unstartable(live)
    return Routes(
        anytime=Lane.of(one for one in live if one.anytime),
        messages=Lane.of(one for one in live if _starts(one) and not one.anytime),
        attachments=Lane.of(one for one in live if one.kind is Kind.ATTACHMENT),
        events=Lane.of(one for one in live if one.kind is Kind.EVENT),
        alone={one.kind: one for one in live if one.kind in _ALONE},
        timeouts=tuple(one for one in live if one.kind is Kind.TIMEOUT),
        timers={one.name: one for one in live if one.kind is Kind.TIMER},
        errors=tuple(one for one in live if one.kind is Kind.ERROR),
        by_key={(one.key, one.version): one for one in handlers},
        newest=newest,
    )


def _starts(handler: Handler) -> bool:
    return handler.kind is Kind.MESSAGE or (handler.kind is Kind.DIALOG and handler.filter is not None)


def _flattened(
    router: Router[Any, Any], guard: Filter[Any] | None, around: tuple[Middleware, ...]
) -> Iterator[Handler]:
    for entry in router.entries:
        if isinstance(entry, Router):
            yield from _flattened(entry, _with_guard(guard, entry.only), (*around, *entry.middleware))
        else:
            asked = _with_guard(guard, entry.filter) if _guarded(entry) else entry.filter
            yield replace(entry, filter=asked, middleware=(*around, *entry.middleware))


def _guarded(handler: Handler) -> bool:
    return handler.kind in _ROUTED and not (handler.kind is Kind.DIALOG and handler.filter is None)


def _with_guard(guard: Filter[Any] | None, asked: Filter[Any] | None) -> Filter[Any] | None:
    if guard is None or asked is None:
        return guard if asked is None else asked
    return guard & asked


def _distinct(handlers: list[Handler]) -> list[Handler]:
    """Handlers of the same name get a number, so that each journal finds its own; dialogs must differ by themselves."""
    seen: dict[tuple[str, int], Handler] = {}
    counts: dict[str, int] = {}
    for handler in handlers:
        name = handler.key
        if handler.kind in {Kind.DIALOG, Kind.TIMER}:
            if other := seen.get((name, handler.version)):
                raise RegistrationError(f"{handler} and {other} have the same name and version; change one of them.")
        else:
            counts[name] = counts.get(name, 0) + 1
            if counts[name] > 1:
                handler = replace(handler, name=f"{handler.name}#{counts[name]}")
        seen[(handler.key, handler.version)] = handler
    return list(seen.values())


def _newest_versions(handlers: Iterable[Handler]) -> dict[str, int]:
    newest: dict[str, int] = {}
    for handler in handlers:
        newest[handler.key] = max(newest.get(handler.key, 0), handler.version)
    return newest


def _refuse_doubles(handlers: Iterable[Handler]) -> None:
    taken: dict[tuple[str, str], Handler] = {}
    for handler in handlers:
        for thing in _things(handler):
            if other := taken.get(thing):
                raise RegistrationError(f"{handler} never gets a turn: {other} already takes {thing[1]}.")
            taken[thing] = handler


def _refuse_shadowed(handlers: Iterable[Handler]) -> None:
    """Error handlers are tried in their order, so the special ones stand before the general ones."""
    taken: dict[type[BaseException], Handler] = {}
    for handler in handlers:
        before = tuple(taken)
        if all(issubclass(error, before) for error in handler.errors):
            named = " or ".join(error.__name__ for error in handler.errors)
            other = next(one for error, one in taken.items() if issubclass(handler.errors[0], error))
            raise RegistrationError(
                f"{handler} never gets a turn: {other} already takes {named}; register the special one first."
            )
        taken |= dict.fromkeys(handler.errors, handler)


def _refuse_unstartable(handlers: Iterable[Handler]) -> None:
    for handler in handlers:
        if handler.kind is Kind.DIALOG and handler.filter is None:
            raise RegistrationError(
                f"{handler} never starts: no filter starts it. Give it one, or call the plain function from a handler."
            )


_WHAT: dict[Kind, Callable[[Handler], list[str]]] = {
    Kind.JOIN: lambda handler: ["the joining"],
    Kind.LEAVE: lambda handler: ["the leaving"],
    Kind.TIMEOUT: lambda handler: [f"a silence of {handler.after:g} s"],
    Kind.ATTACHMENT: lambda handler: [
        f"attachments {handler.filter!r}" if handler.filter is not None else "every attachment"
    ],
    Kind.EVENT: lambda handler: [f"events {handler.filter!r}" if handler.filter is not None else "every event"],
}


def _things(handler: Handler) -> list[tuple[str, str]]:
    if handler.kind in _WHAT:
        return [(handler.kind, thing) for thing in _WHAT[handler.kind](handler)]
    if not _starts(handler):
        return []
    return [("message", thing) for thing in _phrases(handler.filter)]


def _phrases(asked: Filter[Any] | None) -> list[str]:
    if asked is None:
        return ["every other message"]
    if asked.keys and not asked.joined:
        return [f"the message {phrase!r}" for phrase in sorted(asked.keys)]
    return [f"messages {asked!r}"]
