"""One segment of a chat: a contact with its own ContactId under the chat's InitialContactId.

Each transfer, and a disconnect flow, opens the next one [documented]. This module must not know participants.
"""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True, eq=False)
class Segment:
    """A contact record: how it began, where it was queued, whom it reached, why it ended. Times are ms."""

    contact_id: str
    previous: str | None
    method: str
    initiated: int
    flow_id: str
    connected: int | None = None
    disconnected: int | None = None
    reason: str | None = None
    queue: str | None = None
    enqueued: int | None = None
    agent: str | None = None
    agent_connected: int | None = None
    updated: int = 0

    @property
    def open(self) -> bool:
        """Not disconnected yet."""
        return self.disconnected is None
