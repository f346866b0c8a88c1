"""Handlers: an author's function with all that decides when it runs, checked when it is registered.

Every misuse that can be seen in a function is refused here, in a sentence with its place. Nothing here runs a handler.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

from agent.bot.filters import Filter, words
from agent.bot.middleware import Middleware
from agent.errors import RegistrationError

Function: TypeAlias = Callable[..., Awaitable[object]]


class Kind(StrEnum):
    """What a handler is for, spelled as the decorator that registers it; AROUND stands for a middleware."""

    JOIN = "on_join"
    MESSAGE = "on_message"
    ATTACHMENT = "on_attachment"
    EVENT = "on_event"
    LEAVE = "on_leave"
    ERROR = "on_error"
    TIMEOUT = "on_timeout"
    TIMER = "on_timer"
    DIALOG = "dialog"
    AROUND = "middleware"


ARGUMENTS: dict[Kind, tuple[str, ...]] = {
    Kind.JOIN: ("chat",),
    Kind.MESSAGE: ("chat", "message"),
    Kind.ATTACHMENT: ("chat", "attachment"),
    Kind.EVENT: ("chat", "event"),
    Kind.LEAVE: ("chat",),
    Kind.ERROR: ("chat", "error"),
    Kind.TIMEOUT: ("chat",),
    Kind.TIMER: ("chat", "payload"),
    Kind.DIALOG: ("chat",),
    Kind.AROUND: ("chat",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """One registered function.

    Attributes:
        name: what its journal is kept under; a dialog's name, else the function's.
        version: of a dialog; others have version 1.
        filter: which items it is for; None for all.
        anytime: tried before a waiting question gets the message.
        after: for ``on_timeout``, the silence in seconds.
        errors: for ``on_error``, the exceptions it takes.
        middleware: from the outermost router to the handler's own.
        where: file and line of the function.
        key: what it is known by in journals and tables.
    """

    kind: Kind
    function: Function
    name: str
    where: str
    version: int = 1
    filter: Filter[Any] | None = None
    anytime: bool = False
    after: float = 0.0
    errors: tuple[type[BaseException], ...] = ()
    middleware: tuple[Middleware, ...] = ()
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.kind}:{self.name}")

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} ({self.where})"


def place(function: Callable[..., object]) -> str:
    """``file.py:12`` of `function`, as far as it is known."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{Path(code.co_filename).name}:{code.co_firstlineno}" if code else "?"


def checked(kind: Kind, function: object) -> Function:
    """`function`, if it can be a handler of `kind`.

    Raises:
        RegistrationError: it is no async function, or takes the wrong arguments.
    """
    if not callable(function):
        raise RegistrationError(f"@{kind} needs an async function, not {function!r}.")
    if inspect.isasyncgenfunction(function):
        raise RegistrationError(
            f"{_called(function)} has a yield in it; a handler says with 'await chat.say(...)' and yields nothing."
        )
    if not inspect.iscoroutinefunction(function):
        raise RegistrationError(
            f"{_called(function)} is not async; write 'async def {_name(function)}(...)' for {kind}."
        )
    wanted = ARGUMENTS[kind]
    try:
        inspect.signature(function).bind(*wanted)
    except TypeError:
        args = ", ".join(wanted)
        raise RegistrationError(
            f"{_called(function)} takes {inspect.signature(function)}; a handler for {kind} takes ({args})."
        ) from None
    return function


def _name(function: object) -> str:
    return str(getattr(function, "__name__", "handler"))


def _called(function: Callable[..., object]) -> str:
    return f"{_name(function)} ({place(function)})"


def _function_as_filter(kind: Kind, given: Callable[..., object]) -> str:
    """A function that could be the handler wants parentheses above it; any other was meant as a filter."""
    try:
        inspect.signature(given).bind(*ARGUMENTS[kind])
        handler = given.__name__ != "<lambda>"
    except TypeError:
        handler = inspect.iscoroutinefunction(given)
    if handler:
        return f"Write @{kind}() with parentheses above {_called(given)}."
    return f"@{kind} takes a filter, not the function {_called(given)}; write predicate(...) around it."


def as_filter(kind: Kind, given: object) -> Filter[Any] | None:
    """The filter in a decorator's first argument: a `Filter`, a phrase, or None for all.

    Raises:
        RegistrationError: it is something else, often the function itself because of missing parentheses.
    """
    if given is None or isinstance(given, Filter):
        return given
    if isinstance(given, str):
        if not given.strip():
            raise RegistrationError(f"@{kind}({given!r}) would match only empty messages; give words, or no argument.")
        return words(given)
    if inspect.isfunction(given):
        raise RegistrationError(_function_as_filter(kind, given))
    raise RegistrationError(f"@{kind} takes a filter or a phrase, not {given!r}.")
