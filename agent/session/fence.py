"""The fence: once the conversation is over nothing more is said, and everybody learns it at the same instant.

It closes once and never opens again; only the reason may become better known. It knows no chat; it only remembers why.
"""

from collections.abc import Callable

import anyio

from agent.errors import ConversationOver


class Fence:
    """Open until `close`; afterwards `check` raises the reason."""

    def __init__(self) -> None:
        self._reason: type[ConversationOver] | None = None
        self._closed = anyio.Event()
        self._listeners: list[Callable[[], None]] = []

    @property
    def reason(self) -> type[ConversationOver] | None:
        """Why the conversation is over, None while it goes on."""
        return self._reason

    def check(self) -> None:
        """Raises the reason if the conversation is over."""
        if self._reason is not None:
            raise self._reason

    def close(self, reason: type[ConversationOver]) -> None:
        """The conversation is over. The first reason counts; later ones are ignored."""
        if self._reason is not None:
            return
        self._reason = reason
        self._closed.set()
        for listener in self._listeners:
            listener()

    def explain(self, reason: type[ConversationOver]) -> None:
        """What closed the fence is now better known."""
        if self._reason is not None:
            self._reason = reason

    def on_close(self, listener: Callable[[], None]) -> None:
        """Calls `listener` when the fence closes, at once if it is closed."""
        self._listeners.append(listener)
        if self._reason is not None:
            listener()

    async def wait(self) -> None:
        """Returns when the conversation is over."""
        await self._closed.wait()
