"""Routers: where an author's functions are registered, in order, and nested.

A router collects; it runs nothing. The order of trying is that of the file: depth first, an included router standing
where it was included. Handlers without any filter are the fallback and come after all that have one.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Generic, overload

from typing_extensions import TypeVar

from agent.bot import durable
from agent.bot import middleware as middlewares
from agent.bot.chat import Chat
from agent.bot.duration import Duration, seconds
from agent.bot.event_names import event_filter
from agent.bot.filters import Filter
from agent.bot.handlers import Function, Handler, Kind, as_filter, checked, place
from agent.bot.middleware import Middleware
from agent.errors import RegistrationError
from agent.wire.items import Attachment, Event, Message

DepsT = TypeVar("DepsT", default=object)
StateT = TypeVar("StateT", default=object)
F = TypeVar("F", bound=Callable[..., Any])
MiddlewareT = TypeVar("MiddlewareT", bound=Middleware)
T = TypeVar("T")

When = Filter[Any] | str | None


class Router(Generic[DepsT, StateT]):
    """A set of handlers that belong together.

    Args:
        only: a filter that everything in this router also needs to pass; it does not apply to join, leave, errors
            and timers.
        middleware: contexts around each turn that one of its handlers takes.
    """

    def __init__(self, only: When = None, *, middleware: Iterable[Middleware] = ()) -> None:
        self.only = as_filter(Kind.MESSAGE, only)
        self.entries: list[Handler | Router[Any, Any]] = []
        self._middleware = list(middlewares.checked(middleware))
        self._frozen = False

    # ----------------------------------------------------------------------------------- decorators

    @overload
    def on_join(
        self, function: Callable[[Chat[DepsT, StateT]], Awaitable[None]], /
    ) -> Callable[[Chat[DepsT, StateT]], Awaitable[None]]: ...

    @overload
    def on_join(self, /, *, middleware: Iterable[Middleware] = ()) -> Callable[[F], F]: ...

    def on_join(self, function: Any = None, /, *, middleware: Iterable[Middleware] = ()) -> Any:
        """The bot has joined the chat: the place for a greeting."""
        return self._bare(Kind.JOIN, function, middleware)

    @overload
    def on_leave(
        self, function: Callable[[Chat[DepsT, StateT]], Awaitable[None]], /
    ) -> Callable[[Chat[DepsT, StateT]], Awaitable[None]]: ...

    @overload
    def on_leave(self, /, *, middleware: Iterable[Middleware] = ()) -> Callable[[F], F]: ...

    def on_leave(self, function: Any = None, /, *, middleware: Iterable[Middleware] = ()) -> Any:
        """The conversation is over; nothing can be said any more."""
        return self._bare(Kind.LEAVE, function, middleware)

    def on_message(
        self, when: When = None, /, *, anytime: bool = False, middleware: Iterable[Middleware] = ()
    ) -> Callable[
        [Callable[[Chat[DepsT, StateT], Message], Awaitable[None]]],
        Callable[[Chat[DepsT, StateT], Message], Awaitable[None]],
    ]:
        """A message that `when` matches; without a filter, whatever nothing else took.

        Messages are the customer's unless the filter names a role. With `anytime` the handler is tried even while a
        dialog waits for an answer.
        """
        found = as_filter(Kind.MESSAGE, when)
        if anytime and found is None:
            raise RegistrationError("on_message(anytime=True) needs a filter; else no question would ever be answered.")
        return self._decorator(Kind.MESSAGE, middleware, filter=found, anytime=anytime)

    def on_attachment(
        self, when: When = None, /, *, middleware: Iterable[Middleware] = ()
    ) -> Callable[
        [Callable[[Chat[DepsT, StateT], Attachment], Awaitable[None]]],
        Callable[[Chat[DepsT, StateT], Attachment], Awaitable[None]],
    ]:
        """Files that the customer sent."""
        return self._decorator(Kind.ATTACHMENT, middleware, filter=as_filter(Kind.ATTACHMENT, when))

    def on_event(
        self, *kinds: Filter[Any] | str, middleware: Iterable[Middleware] = ()
    ) -> Callable[
        [Callable[[Chat[DepsT, StateT], Event], Awaitable[None]]],
        Callable[[Chat[DepsT, StateT], Event], Awaitable[None]],
    ]:
        """An event, by `EventType`, by its last words such as ``"participant.idle"``, or by a filter."""
        return self._decorator(Kind.EVENT, middleware, filter=event_filter(kinds))

    def on_timeout(
        self, after: Duration, /, *, middleware: Iterable[Middleware] = ()
    ) -> Callable[[Callable[[Chat[DepsT, StateT]], Awaitable[None]]], Callable[[Chat[DepsT, StateT]], Awaitable[None]]]:
        """The customer has said nothing for `after`; once per silence."""
        if callable(after):
            raise RegistrationError("Write @on_timeout('10m'): how long the customer has to be silent.")
        if not (silence := seconds(after)):
            raise RegistrationError("on_timeout needs a duration longer than zero.")
        return self._decorator(Kind.TIMEOUT, middleware, after=silence)

    def on_timer(
        self, name: str, /, *, middleware: Iterable[Middleware] = ()
    ) -> Callable[
        [Callable[[Chat[DepsT, StateT], str], Awaitable[None]]], Callable[[Chat[DepsT, StateT], str], Awaitable[None]]
    ]:
        """A timer set with ``chat.later(..., name)`` went off."""
        if not isinstance(name, str) or not name:
            raise RegistrationError("Write @on_timer('name'), the name given to chat.later.")
        known = durable.text("@on_timer", "name", name, error=RegistrationError)
        return self._decorator(Kind.TIMER, middleware, name=known)

    def on_error(
        self, *errors: type[Exception], middleware: Iterable[Middleware] = ()
    ) -> Callable[
        [Callable[[Chat[DepsT, StateT], Exception], Awaitable[None]]],
        Callable[[Chat[DepsT, StateT], Exception], Awaitable[None]],
    ]:
        """A turn raised one of `errors` (any, if none is given): the author's last word to the customer.

        They are tried in their order; a general one that stands before a special one is refused.
        """
        for error in errors:
            if not (isinstance(error, type) and issubclass(error, Exception)):
                raise RegistrationError(f"@on_error() takes exception classes, not {error!r}; mind the parentheses.")
        return self._decorator(Kind.ERROR, middleware, errors=errors or (Exception,))

    def dialog(
        self,
        when: When = None,
        /,
        *,
        name: str | None = None,
        version: int = 1,
        middleware: Iterable[Middleware] = (),
    ) -> Callable[[Callable[[Chat[DepsT, StateT]], Awaitable[T]]], Callable[[Chat[DepsT, StateT]], Awaitable[T]]]:
        """A conversation over many turns that survives restarts; `when` starts it, a bare phrase also names it.

        Raise `version` when the order of its questions and steps changes, and keep the old function registered under
        the old version for as long as conversations may be in it.
        """
        found = as_filter(Kind.DIALOG, when)
        called = name or (when if isinstance(when, str) else None)
        if not called:
            raise RegistrationError("A dialog needs a name: @dialog('order') or @dialog(filter, name='order').")
        known = durable.text("@dialog", "name", called, error=RegistrationError)
        if not durable.number(version) or version < 1:
            raise RegistrationError(f"Dialog {known!r}: version={version!r} is not a whole number from 1 up.")
        return self._decorator(Kind.DIALOG, middleware, name=known, version=version, filter=found)

    # ------------------------------------------------------------------------------------ structure

    def include(self, *routers: "Router[DepsT, StateT]") -> None:
        """Puts `routers` here, at this place of the order."""
        self._unfrozen()
        for router in routers:
            if router is self or self in list(router.nested()):
                raise RegistrationError("A router cannot include itself, not even through another.")
            if router in list(self.nested()):
                raise RegistrationError("This router is already included here; each goes to one place.")
            self.entries.append(router)

    def use(self, middleware: MiddlewareT) -> MiddlewareT:
        """Adds an async context around each turn taken here. Usable as a decorator."""
        self._unfrozen()
        self._middleware.extend(middlewares.checked([middleware]))
        return middleware

    def nested(self) -> "Iterable[Router[Any, Any]]":
        """All routers inside this one, depth first."""
        for entry in self.entries:
            if isinstance(entry, Router):
                yield entry
                yield from entry.nested()

    @property
    def middleware(self) -> tuple[Middleware, ...]:
        """What surrounds the turns of this router, outermost first."""
        return tuple(self._middleware)

    def freeze(self) -> None:
        """Refuses every later registration."""
        self._frozen = True
        for router in self.nested():
            router._frozen = True  # noqa: SLF001

    def _unfrozen(self) -> None:
        if self._frozen:
            raise RegistrationError("This bot is already serving; register everything when the module is imported.")

    def _bare(self, kind: Kind, function: object, middleware: Iterable[Middleware]) -> object:
        decorate = self._decorator(kind, middleware)
        return decorate if function is None else decorate(function)

    def _decorator(
        self, kind: Kind, middleware: Iterable[Middleware], *, name: str = "", **rules: Any
    ) -> Callable[[Any], Any]:
        self._unfrozen()
        own = middlewares.checked(middleware)

        def decorate(function: Function) -> Function:
            self._unfrozen()
            found = checked(kind, function)
            called = name or str(getattr(function, "__name__", "handler"))
            self.entries.append(
                Handler(kind=kind, function=found, name=called, where=place(found), middleware=own, **rules)
            )
            return function

        return decorate
