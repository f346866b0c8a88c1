"""What happened, in order, for the inspector: calls, frames, items, faults and errors in one bounded ring.

An entry is a small value made at once; its text is formed only when somebody reads, with secrets masked.
This module must not know any protocol, and it never keeps a token.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from agent.emulator.clock import ScaledClock
from agent.emulator.happenings import (
    BotNoLongerWanted,
    BotWanted,
    ContactChanged,
    FlowMoved,
    Happening,
    ItemPublished,
)
from agent.emulator.ids import iso

SECRETS = frozenset({"ParticipantToken", "ConnectionToken", "ClientToken", "Url", "NextToken", "StreamingEndpointArn"})
MASK = "***"


class Entry(NamedTuple):
    """One thing that happened. `kind` is call, frame, item, contact, offer, flow, socket, fault or error."""

    number: int
    at: float
    kind: str
    name: str
    contact_id: str | None
    participant_id: str | None
    duration: float | None
    status: int | None
    payload: Any

    def record(self) -> dict[str, object]:
        """The entry as JSON, secrets masked."""
        return {
            "number": self.number,
            "at": iso(int(self.at * 1000)),
            "kind": self.kind,
            "name": self.name,
            "contactId": self.contact_id,
            "participantId": self.participant_id,
            "duration": self.duration,
            "status": self.status,
            "payload": masked(self.payload),
        }


def masked(payload: Any) -> Any:
    """`payload` with every secret member replaced."""
    if isinstance(payload, Mapping):
        return {key: MASK if key in SECRETS else masked(value) for key, value in payload.items()}
    if isinstance(payload, list | tuple):
        return [masked(value) for value in payload]
    return payload


class Timeline:
    """The ring, and whoever follows it live."""

    def __init__(self, *, clock: ScaledClock, length: int) -> None:
        self._clock = clock
        self._ring: deque[Entry] = deque(maxlen=length)
        self._count = 0
        self.followers: list[Callable[[Entry], None]] = []

    def note(
        self,
        kind: str,
        name: str,
        *,
        contact_id: str | None = None,
        participant_id: str | None = None,
        duration: float | None = None,
        status: int | None = None,
        payload: Any = None,
    ) -> None:
        """Write one entry; `payload` must not change afterwards."""
        if not self._ring.maxlen:
            return
        self._count += 1
        at = self._clock.time()
        entry = Entry(self._count, at, kind, name, contact_id, participant_id, duration, status, payload)
        self._ring.append(entry)
        for follower in self.followers:
            follower(entry)

    def entries(self, since: int = 0) -> list[Entry]:
        """Every remembered entry with a number above `since`, oldest first."""
        return [entry for entry in self._ring if entry.number > since]

    def happened(self, happening: Happening) -> None:
        """Write what the state told."""
        contact_id = happening.chat.contact_id
        match happening:
            case ItemPublished(item=item):
                name = str(item.get("ContentType") or item["Type"])
                self.note("item", name, contact_id=contact_id, payload=item)
            case ContactChanged(segment=segment, change=change):
                self.note("contact", change, contact_id=segment.contact_id)
            case BotWanted():
                self.note("offer", "offered", contact_id=contact_id)
            case BotNoLongerWanted():
                self.note("offer", "closed", contact_id=contact_id)
            case FlowMoved(block=block):
                self.note("flow", block, contact_id=contact_id)
