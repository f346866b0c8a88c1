"""Which chats are deaf: on the chat, but for too long without websocket and stream, or with a gap that stays open.

A `Report` that remembers since when, and one task for all chats that tells of each chat once. A link mends itself;
this only sees to it that somebody learns when it does not succeed. It knows no socket.
"""

from collections.abc import Callable, Mapping

import anyio

from agent.clock import Clock
from agent.ids import ContactKey
from agent.telemetry import Happening, Level, Report

_LOOKS = 4
"""How often it looks in the time after which a chat counts as deaf."""


class Deafness:
    """A `Report` that follows the ways in of all chats."""

    def __init__(self, *, after: float, share: float, clock: Clock, report: Report) -> None:
        """
        Args:
            after: seconds without a subscribed websocket after which a chat counts as deaf.
            share: the part of all chats that must be deaf for the worker to be so, 0-1.
            report: is told ``chat.deaf`` and ``chat.hears_again``.
        """
        self._after = after
        self._share = share
        self._clock = clock
        self._report = report
        self._unsubscribed: dict[ContactKey, float] = {}
        self._unread: dict[ContactKey, float] = {}
        self._streaming: set[ContactKey] = set()
        self._told: set[ContactKey] = set()
        self._acts: Mapping[str, Callable[[ContactKey], None]] = {
            "contact.joined": self._joined,
            "link.lost": self._lost,
            "link.failed": self._lost,
            "link.no_address": self._lost,
            "link.subscribed": self._subscribed,
            "stream.started": self._streamed,
            "stream.not_started": self._not_streamed,
            "transcript.failed": self._behind,
            "transcript.read": self._caught_up,
            "contact.ended": self._over,
            "chat.closed": self._over,
        }

    def __call__(self, happening: Happening) -> None:
        act = self._acts.get(happening.name)
        if act is not None and happening.contact is not None:
            act(happening.contact)

    def adopt(self, *, after: float, share: float) -> None:
        """From now on these count."""
        self._after = after
        self._share = share

    def deaf(self) -> frozenset[ContactKey]:
        """The chats that are deaf now."""
        latest = self._clock.monotonic() - self._after
        since = (*self._unsubscribed.items(), *self._unread.items())
        return frozenset(contact for contact, moment in since if moment <= latest)

    def alarming(self, chats: int) -> bool:
        """Whether so many of all `chats` are deaf that it is no longer about a chat, but about this worker."""
        deaf = len(self.deaf())
        return deaf > 0 and deaf >= self._share * chats

    async def watch(self) -> None:
        """Tells of each chat that has become deaf, once; runs until cancelled."""
        while True:
            await anyio.sleep(self._after / _LOOKS)
            for contact in sorted(self.deaf() - self._told):
                self._told.add(contact)
                self._report(Happening(name="chat.deaf", level=Level.ERROR, contact=contact))

    def _joined(self, contact: ContactKey) -> None:
        if contact not in self._streaming:  # which is begun before the join
            self._lost(contact)

    def _streamed(self, contact: ContactKey) -> None:
        self._streaming.add(contact)
        self._subscribed(contact)

    def _not_streamed(self, contact: ContactKey) -> None:
        self._streaming.discard(contact)
        self._lost(contact)

    def _lost(self, contact: ContactKey) -> None:
        self._unsubscribed.setdefault(contact, self._clock.monotonic())

    def _subscribed(self, contact: ContactKey) -> None:
        self._unsubscribed.pop(contact, None)
        self._relieve(contact)

    def _behind(self, contact: ContactKey) -> None:
        self._unread.setdefault(contact, self._clock.monotonic())

    def _caught_up(self, contact: ContactKey) -> None:
        self._unread.pop(contact, None)
        self._relieve(contact)

    def _relieve(self, contact: ContactKey) -> None:
        if contact in self._told and contact not in self._unsubscribed and contact not in self._unread:
            self._told.discard(contact)
            self._report(Happening(name="chat.hears_again", contact=contact))

    def _over(self, contact: ContactKey) -> None:
        self._unsubscribed.pop(contact, None)
        self._unread.pop(contact, None)
        self._streaming.discard(contact)
        self._told.discard(contact)
