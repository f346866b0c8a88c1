"""Who is on a chat: customer, custom bot, human agent, Lex bot and the system itself.

A participant knows its name, role and sockets; it must not know the rules of joining and leaving.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.emulator.connection import Connection
    from agent.emulator.contacts import Chat


class Role(StrEnum):
    """Participant roles of the service model [documented]."""

    CUSTOMER = "CUSTOMER"
    AGENT = "AGENT"
    SUPERVISOR = "SUPERVISOR"
    CUSTOM_BOT = "CUSTOM_BOT"
    SYSTEM = "SYSTEM"


class Presence(Enum):
    """How far a participant has come; nobody comes back from GONE."""

    INVITED = "invited"  # has a participant token, has not connected
    HERE = "here"
    GONE = "gone"


@dataclass(slots=True, kw_only=True, eq=False, repr=False, weakref_slot=True)
class Participant:
    """One party of one chat."""

    id: str
    role: Role
    name: str
    chat: Chat
    token: str = ""
    token_expires: float = 0.0
    presence: Presence = Presence.INVITED
    created: float
    join_index: int = 0  # transcript length when this participant joined
    connected_once: bool = False
    late: bool = False  # missed the join window
    connections: list[Connection] = field(default_factory=list)
    answers: dict[tuple[str, str], tuple[float, dict[str, object]]] = field(default_factory=dict)

    @property
    def gone(self) -> bool:
        """Left, removed, never came in time, or the chat is over."""
        return self.presence is Presence.GONE

    @property
    def here(self) -> bool:
        """Joined and not gone."""
        return self.presence is Presence.HERE

    def fields(self) -> dict[str, object]:
        """The sender fields of an item."""
        return {"ParticipantId": self.id, "DisplayName": self.name, "ParticipantRole": self.role.value}
