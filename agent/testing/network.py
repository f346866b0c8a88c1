"""No real network while a test chats: whatever tries to reach another machine, or this one, is refused by name.

Python's audit hooks see every connect of the process, and stay for good; outside of a `forbidden` block ours runs no
line of Python. It knows no chat.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_WATCHED = {"socket.connect", "socket.sendto", "socket.getaddrinfo"}


class NetworkForbidden(RuntimeError):
    """The code under test tried to use the network."""


class _Hook:
    """What Python calls.

    Between two lines of Python another thread may run. If the first is amid setting its trace function, which is such
    an event, and the other one sets one as well, CPython 3.11 lets it fail: coverage does so in each thread.
    """

    __call__: Any = {}.get


class _Gate:
    def __init__(self) -> None:
        self.closed = 0
        self.hooked = False

    def look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _WATCHED and not _local_pipe(arguments):
            raise NetworkForbidden(
                f"The bot under test called {event}: tests use no network. Give it a double through its lifespan, or "
                "say chatting(..., network=True)."
            )

    def move(self, by: int) -> None:
        self.closed += by
        _Hook.__call__ = self.look if self.closed else {}.get  # type: ignore[method-assign,assignment]


def _local_pipe(arguments: tuple[Any, ...]) -> bool:
    """A unix socket is no network: its address is a path."""
    address = arguments[-1] if len(arguments) == 2 else None
    return isinstance(address, str | bytes)


_GATE = _Gate()


@contextmanager
def forbidden() -> Iterator[None]:
    """Inside, every attempt to reach the network raises `NetworkForbidden`."""
    if not _GATE.hooked:
        sys.addaudithook(_Hook())
        _GATE.hooked = True
    _GATE.move(1)
    try:
        yield
    finally:
        _GATE.move(-1)
