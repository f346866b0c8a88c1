"""No real network while a test chats: whatever tries to reach another machine, or this one, is refused by name.

Python's audit hooks see every connect of the process; the hook does nothing unless a `forbidden` block is open. It
knows no chat.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_WATCHED = {"socket.connect", "socket.sendto", "socket.getaddrinfo"}


class NetworkForbidden(RuntimeError):
    """The code under test tried to use the network."""


class _Gate:
    def __init__(self) -> None:
        self.closed = 0
        self.hooked = False

    def look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.closed and event in _WATCHED and not _local_pipe(arguments):
            raise NetworkForbidden(
                f"The bot under test called {event}: tests use no network. Give it a double through its lifespan, or "
                "say chatting(..., network=True)."
            )


def _local_pipe(arguments: tuple[Any, ...]) -> bool:
    """A unix socket is no network: its address is a path."""
    address = arguments[-1] if len(arguments) == 2 else None
    return isinstance(address, str | bytes)


_GATE = _Gate()


@contextmanager
def forbidden() -> Iterator[None]:
    """Inside, every attempt to reach the network raises `NetworkForbidden`."""
    if not _GATE.hooked:
        sys.addaudithook(_GATE.look)
        _GATE.hooked = True
    _GATE.closed += 1
    try:
        yield
    finally:
        _GATE.closed -= 1
