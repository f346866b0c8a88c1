"""Middleware: one kind, an async context around a turn.

A middleware is called with the chat and gives an async context manager. It is entered before the turn's handler runs
and left after it, also on errors; a dialog that lasts many turns passes through it in each. Bots, routers and handlers
have theirs; the bot's is the outermost. It must not ask questions: those belong to handlers, which have a journal.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, TypeAlias

from agent.errors import RegistrationError

Middleware: TypeAlias = Callable[[Any], AbstractAsyncContextManager[object]]


def checked(middleware: Iterable[object]) -> tuple[Middleware, ...]:
    """`middleware`, if all of it can be called.

    Raises:
        RegistrationError: something in it is no function.
    """
    found: list[Middleware] = []
    for one in middleware:
        if not callable(one):
            raise RegistrationError(f"Middleware is a function of the chat giving an async context, not {one!r}.")
        found.append(one)
    return tuple(found)


async def enter(stack: AsyncExitStack, middleware: Middleware, chat: object) -> None:
    """Enters `middleware`, inside of what was entered before.

    Raises:
        RegistrationError: it gave no async context.
    """
    context = middleware(chat)
    if not isinstance(context, AbstractAsyncContextManager):
        name = getattr(middleware, "__name__", repr(middleware))
        raise RegistrationError(f"Middleware {name} gave no async context; put @asynccontextmanager above it.")
    await stack.enter_async_context(context)
