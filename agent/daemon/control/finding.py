"""Finds the contact that an operator means, by the whole name or by the beginning of its id."""

from collections.abc import Iterable
from itertools import islice

from agent.daemon.control.protocol import Code
from agent.daemon.control.timeline import Timeline
from agent.daemon.worker import Worker
from agent.errors import ControlRefused
from agent.ids import ContactKey
from agent.ports import ContactStore

_MOST = 10
_MOST_STORED = 10_000


class Finder:
    """Looks among the chats that are served here, those that lately were, and at last in the store."""

    def __init__(self, worker: Worker, timeline: Timeline, store: ContactStore) -> None:
        self._worker = worker
        self._timeline = timeline
        self._store = store

    def served(self) -> list[ContactKey]:
        """The chats that are served here, in the order of their names."""
        supervisor = self._worker.supervisor
        return sorted(supervisor.contacts) if supervisor else []

    async def matches(self, name: str, *, stored: bool = False) -> list[ContactKey]:
        """The contacts that `name` may mean, at most ten: served ones hide those that no longer are."""
        for keys in (self.served(), list(self._timeline)):
            if found := _matching(keys, name):
                return found
        return await self._stored(name) if stored else []

    async def one(self, name: str, *, stored: bool = False) -> ContactKey:
        """The one contact that `name` means.

        Raises:
            ControlRefused: it means none, or several.
        """
        found = await self.matches(name, stored=stored)
        if len(found) == 1:
            return found[0]
        if not found:
            raise ControlRefused(Code.UNKNOWN, f"No contact begins with {name}; see 'chat-agent ps'.")
        listed = ", ".join(key.contact_id for key in found)
        raise ControlRefused(Code.AMBIGUOUS, f"{name} may be {listed}; give more of it.")

    async def _stored(self, name: str) -> list[ContactKey]:
        found: list[ContactKey] = []
        after: ContactKey | None = None
        looked_at = 0
        while len(found) < _MOST and looked_at < _MOST_STORED and (keys := await self._store.live(after=after)):
            found += _matching(keys, name)
            after, looked_at = keys[-1], looked_at + len(keys)
        return found[:_MOST]


def _matching(keys: Iterable[ContactKey], name: str) -> list[ContactKey]:
    lowered = name.lower()
    begin = (key for key in keys if key.contact_id.lower().startswith(lowered) or str(key).lower() == lowered)
    return list(islice(begin, _MOST))
