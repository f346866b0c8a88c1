"""A bot's lifespan: a function that gives an async context, looked at when the bot is made and when it is opened.

What can be seen in the function is refused at once; it knows no bot.
"""

import inspect
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from agent.bot.handlers import place
from agent.bot.wording import called
from agent.errors import RegistrationError

T = TypeVar("T")


def opening(
    lifespan: Callable[[], AbstractAsyncContextManager[T]] | None,
) -> Callable[[], AbstractAsyncContextManager[T]] | None:
    """`lifespan`, if it may give an async context.

    Raises:
        RegistrationError: it is no function, was called already, or misses its decorator.
    """
    if lifespan is None:
        return None
    if isinstance(lifespan, AbstractAsyncContextManager):
        raise RegistrationError("Bot(lifespan=...) takes the function itself, without parentheses after its name.")
    if not callable(lifespan):
        raise RegistrationError(f"Bot(lifespan=...) takes a function giving an async context, not {called(lifespan)}.")
    if inspect.isasyncgenfunction(lifespan) or inspect.isgeneratorfunction(lifespan):
        raise RegistrationError(f"The lifespan {_named(lifespan)} is no context; put @asynccontextmanager above it.")
    if inspect.iscoroutinefunction(lifespan):
        raise RegistrationError(
            f"The lifespan {_named(lifespan)} yields nothing; let it yield what chat.deps gives, "
            "and put @asynccontextmanager above it."
        )
    return lifespan


def opened(lifespan: Callable[[], AbstractAsyncContextManager[T]]) -> AbstractAsyncContextManager[T]:
    """What `lifespan` gives. Raises RegistrationError: it is no async context."""
    context = lifespan()
    if not isinstance(context, AbstractAsyncContextManager):
        raise RegistrationError(
            f"The lifespan {_named(lifespan)} gave no async context, but {called(context)}; "
            "put @asynccontextmanager above it, and make it async."
        )
    return context


def _named(lifespan: Callable[..., object]) -> str:
    return f"{getattr(lifespan, '__name__', called(lifespan))} ({place(lifespan)})"
