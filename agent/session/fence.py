"""The fence: once the conversation is over nothing more is said, and everybody learns it at the same instant.

It closes once and never opens again; only the reason may become better known. Whether this worker may speak at all is
asked at every check, as a process that was stopped for a while learns of nothing meanwhile. It knows no chat; it only
remembers why.
"""

from collections.abc import Callable

from agent.errors import ConversationOver, OwnershipLost
from agent.session.moment import Moment


class Fence:
    """Open until `close`, or until `may_speak` says no; afterwards `check` raises the reason."""

    def __init__(self, may_speak: Callable[[], bool] = lambda: True) -> None:
        self._may_speak = may_speak
        self._reason: type[ConversationOver] | None = None
        self._closed = Moment()
        self._listeners: list[Callable[[], None]] = []

    @property
    def reason(self) -> type[ConversationOver] | None:
        """Why the conversation is over, None while it goes on."""
        return self._reason

    def check(self) -> None:
        """Raises the reason if the conversation is over."""
        if not self._may_speak():
            self.close(OwnershipLost)
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

    def forget_listeners(self) -> None:
        """Nobody is told any more; who listened can go."""
        self._listeners.clear()

    async def wait(self) -> None:
        """Returns when the conversation is over."""
        await self._closed.wait()
