"""What happened, as values: the emulator's state tells these to whoever listens (offers, sinks, timeline).

Pure words. This module must not know who listens, nor how anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from agent.emulator.contacts import Chat
    from agent.emulator.items import Item
    from agent.emulator.participants import Participant
    from agent.emulator.segments import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPublished:
    """A message, event, attachment or receipt went out to the participants; `text` is its JSON."""

    chat: Chat
    item: Item
    text: str
    sender: Participant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChanged:
    """A contact event in EventBridge's words: INITIATED, CONNECTED_TO_SYSTEM, QUEUED, ... [documented]."""

    chat: Chat
    segment: Segment
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BotWanted:
    """The flow reached its bot: the contact is offered, and the flow's Lambda would run now."""

    chat: Chat
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BotNoLongerWanted:
    """The offer is over: a bot joined, or the flow went on without one."""

    chat: Chat


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowMoved:
    """The contact flow entered a block."""

    chat: Chat
    block: str


Happening: TypeAlias = ItemPublished | ContactChanged | BotWanted | BotNoLongerWanted | FlowMoved
