"""Filters: questions about an item, asked before a handler is chosen.

A filter is a value. It answers with something (what it found) or with None, combines with ``&``, ``|`` and ``~``, and
prints as it was written. It sees the item and the contact; it must not know handlers, turns or a chat.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from agent.bot.wording import called
from agent.errors import BotError, RegistrationError
from agent.session.conversation import Contact
from agent.wire.content import Role
from agent.wire.items import Event, Item, Message

T = TypeVar("T")
U = TypeVar("U")
Test = Callable[[Item, Contact], T | None]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Filter(Generic[T]):
    """A question about an item; `T` is what a match finds, see ``chat.bound``.

    Attributes:
        name: the filter as source text.
        test: the question; answers None for no.
        keys: if given, only messages with exactly one of these (normalised) texts can match; an index for routing.
        names_role: the question is about roles, so the default "from the customer" does not apply.
        joined: ``&`` or ``|`` when it is made of others; for parentheses.
    """

    name: str
    test: Test[T]
    keys: frozenset[str] | None = field(default=None)
    names_role: bool = False
    joined: str = ""

    def match(self, item: Item, contact: Contact) -> T | None:
        """What the filter finds in `item`, None when it does not match."""
        return self.test(item, contact)

    def __bool__(self) -> bool:
        """Raises RegistrationError: ``and``, ``or`` and ``not`` would take one of the filters and forget the other."""
        raise RegistrationError(
            f"The filter {self.name} is not true or false by itself; join filters with &, | and ~ "
            "instead of and, or and not."
        )

    def __and__(self, other: "Filter[U]") -> "Filter[tuple[T, U]]":
        _refuse_unjoinable(self, "&", other)
        return Filter(
            f"{self._inner('|')} & {other._inner('|')}",
            lambda item, contact: _both(self.test(item, contact), other, item, contact),
            _narrower(self.keys, other.keys),
            self.names_role or other.names_role,
            "&",
        )

    def __or__(self, other: "Filter[U]") -> "Filter[T | U]":
        _refuse_unjoinable(self, "|", other)
        return Filter(
            f"{self.name} | {other.name}",
            lambda item, contact: _either(self.test(item, contact), other, item, contact),
            None if self.keys is None or other.keys is None else self.keys | other.keys,
            self.names_role or other.names_role,
            "|",
        )

    def __invert__(self) -> "Filter[Literal[True]]":
        return Filter(
            f"~{self._inner('&|')}",
            lambda item, contact: True if self.test(item, contact) is None else None,
            names_role=self.names_role,
        )

    def _inner(self, weaker: str) -> str:
        return f"({self.name})" if self.joined and self.joined in weaker else self.name

    def __repr__(self) -> str:
        return self.name


def _refuse_unjoinable(mine: Filter[T], sign: str, other: object) -> None:
    if not isinstance(other, Filter):
        hint = f"; write words({other!r})" if isinstance(other, str) else ""
        raise RegistrationError(f"{mine.name} {sign} ... takes another filter, not {called(other)}{hint}.")


def _strings(name: str, given: tuple[object, ...]) -> None:
    """Raises RegistrationError: `given` are not one or more strings."""
    if not given:
        raise RegistrationError(f"{name}() needs a string at least.")
    for one in given:
        if isinstance(one, list | tuple | set | frozenset):
            raise RegistrationError(f"{name} takes strings, not a {called(one)} of them; write {name}(*...).")
        if not isinstance(one, str):
            raise RegistrationError(f"{name} takes strings, not {called(one)}.")


def _both(mine: T | None, other: Filter[U], item: Item, contact: Contact) -> tuple[T, U] | None:
    if mine is None:
        return None
    theirs = other.test(item, contact)
    return None if theirs is None else (mine, theirs)


def _either(mine: T | None, other: Filter[U], item: Item, contact: Contact) -> T | U | None:
    return other.test(item, contact) if mine is None else mine


def _narrower(mine: frozenset[str] | None, theirs: frozenset[str] | None) -> frozenset[str] | None:
    if mine is None or theirs is None:
        return theirs if mine is None else mine
    return mine & theirs


def normalised(text: str) -> str:
    """`text` as word filters compare it: without case, outer space and repeated space."""
    return " ".join(text.casefold().split())


def words(*phrases: str) -> Filter[str]:
    """Messages of just one of these phrases, ignoring case and outer space. Finds the phrase as given."""
    _strings("words", phrases)
    known = {normalised(phrase): phrase for phrase in phrases}

    def test(item: Item, contact: Contact) -> str | None:
        return known.get(normalised(item.content)) if isinstance(item, Message) else None

    return Filter(f"words({', '.join(map(repr, phrases))})", test, frozenset(known))


def regex(pattern: str, flags: re.RegexFlag = re.IGNORECASE) -> Filter[re.Match[str]]:
    """Messages in which `pattern` is found anywhere; case is ignored unless `flags` say else. Finds the match."""
    compiled = compiled_pattern("regex", pattern, flags)

    def test(item: Item, contact: Contact) -> re.Match[str] | None:
        return compiled.search(item.content) if isinstance(item, Message) else None

    return Filter(f"regex({pattern!r})", test)


def compiled_pattern(
    where: str, pattern: object, flags: re.RegexFlag, *, error: type[BotError] = RegistrationError
) -> re.Pattern[str]:
    """The regular expression. Raises RegistrationError, or another `error`, with what is wrong in it and where."""
    if not isinstance(pattern, str):
        raise error(f"{where}: the pattern must be a string, not {called(pattern)}.")
    try:
        return re.compile(pattern, flags)
    except (re.error, ValueError) as wrong:
        raise error(f"{where}({pattern!r}) is no regular expression: {wrong}.") from None


def content_type(*types: str) -> Filter[str]:
    """Messages and events of one of these content types, see `ContentType` and `EventType`. Finds the type."""
    _strings("content_type", types)

    def test(item: Item, contact: Contact) -> str | None:
        known = isinstance(item, Message | Event) and item.content_type in types
        return item.content_type if known and isinstance(item, Message | Event) else None

    return Filter(f"content_type({', '.join(map(repr, types))})", test)


def role(*roles: Role | str) -> Filter[str]:
    """Items from a participant of one of these roles; lifts the default "from the customer". Finds the role."""
    _strings("role", roles)
    wanted = {str(one) for one in roles}

    def test(item: Item, contact: Contact) -> str | None:
        came = item.sender.role
        return str(came) if came is not None and str(came) in wanted else None

    return Filter(f"role({', '.join(repr(str(one)) for one in roles)})", test, names_role=True)


def attribute(name: str, value: str | None = None) -> Filter[str]:
    """Contacts that have the contact attribute `name`, with exactly `value` if given. Finds the attribute's value."""
    _strings("attribute", (name,) if value is None else (name, value))

    def test(item: Item, contact: Contact) -> str | None:
        came = contact.attributes.get(name)
        return came if value is None or came == value else None

    return Filter(f"attribute({name!r})" if value is None else f"attribute({name!r}, {value!r})", test)


def channel(*channels: str) -> Filter[str]:
    """Contacts of one of these channels, such as ``CHAT``. Finds the channel."""
    _strings("channel", channels)

    def test(item: Item, contact: Contact) -> str | None:
        return contact.channel if contact.channel in channels else None

    return Filter(f"channel({', '.join(map(repr, channels))})", test)


def predicate(test: Callable[[Item], T | None], name: str | None = None) -> Filter[T]:
    """Items for which `test` answers something else than None or False. Finds the answer."""
    if not callable(test):
        raise RegistrationError(f"predicate takes a function of the item, not {called(test)}.")
    if inspect.iscoroutinefunction(test):
        raise RegistrationError("predicate takes a plain function: an async one would match whatever came.")

    def ask(item: Item, contact: Contact) -> T | None:
        answer = test(item)
        return None if answer is None or answer is False else answer

    return Filter(f"predicate({name or getattr(test, '__name__', repr(test))})", ask)
