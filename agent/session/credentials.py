"""The newest connection token, and how to get a newer one.

A stored token may be retired by a later connection [live], so there is one holder and everybody asks it at each call.
A 403 with a token fetched because of a 403 means that the chat is over for us [live]. It knows no socket.
"""

import asyncio
from collections.abc import Callable

from agent.errors import AccessDenied, RemovedFromChat, ResourceNotFound
from agent.ids import ContactKey
from agent.ports import Access
from agent.record import Participant
from agent.session.fence import Fence
from agent.session.join import connect
from agent.session.surroundings import Ports
from agent.telemetry import Happening


class Credentials:
    """Holds the newest `Access`; all of a session's calls take their token from it.

    Attributes:
        current: what the newest connection gave; ask again for each call.
    """

    def __init__(
        self,
        key: ContactKey,
        participant: Participant,
        first: Access,
        *,
        fence: Fence,
        ports: Ports,
        urgent: Callable[[], bool],
    ) -> None:
        self.current = first
        self._key = key
        self._participant = participant
        self._fence = fence
        self._ports = ports
        self._urgent = urgent
        self._lock = asyncio.Lock()
        self._last_chance: Access | None = None

    def accepted(self) -> None:
        """A call with the current token was accepted."""
        self._last_chance = None

    async def fetch(self) -> Access:
        """A new connection: the newest token, and a new URL where the instance gives websockets.

        Raises:
            ConversationOver: the participant is no longer welcome; the fence is closed.
            ConnectError: it failed for good in another way.
        """
        async with self._lock:
            return await self._fetch()

    async def _fetch(self) -> Access:
        """One at a time: the newest answer is that of the newest connection."""
        try:
            self.current = await connect(self._key, self._participant, self._ports, urgent=self._urgent())
        except (AccessDenied, ResourceNotFound):
            self._fence.close(RemovedFromChat)
            self._fence.check()
        self._ports.report(Happening(name="connection.renewed", contact=self._key))
        return self.current

    async def renew(self, refused: Access) -> None:
        """A call with `refused`'s token was answered with 403: see to a newer one.

        Raises:
            ConversationOver: the chat is over for us; the fence is closed.
            ConnectError: a new token could not be had for another reason.
        """
        async with self._lock:
            self._fence.check()
            if refused is not self.current:
                return
            if refused is self._last_chance:
                self._fence.close(RemovedFromChat)
                self._fence.check()
            self._last_chance = await self._fetch()
