"""What a bot author imports. Loaded on first use, so that ``import agent`` stays cheap for everybody else."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.bot.bot import Bot, OnMismatch
    from agent.bot.chat import Chat
    from agent.bot.choice import Choice
    from agent.bot.filters import (
        Filter,
        attribute,
        channel,
        content_type,
        predicate,
        regex,
        role,
        words,
    )
    from agent.bot.router import Router
    from agent.errors import (
        BotError,
        Cancelled,
        ChatAgentError,
        ChatEnded,
        ConversationOver,
        CustomerLeft,
        HandedOff,
        HumanTookOver,
        NoAnswer,
        ReplayMismatch,
    )
    from agent.session.conversation import Contact, Overlap
    from agent.wire.content import ContentType, EventType, Role
    from agent.wire.items import Attachment, Event, Item, Message

_HOMES = {
    "Attachment": "agent.wire.items",
    "Bot": "agent.bot.bot",
    "BotError": "agent.errors",
    "Cancelled": "agent.errors",
    "Chat": "agent.bot.chat",
    "ChatAgentError": "agent.errors",
    "ChatEnded": "agent.errors",
    "Choice": "agent.bot.choice",
    "Contact": "agent.session.conversation",
    "ContentType": "agent.wire.content",
    "ConversationOver": "agent.errors",
    "CustomerLeft": "agent.errors",
    "Event": "agent.wire.items",
    "EventType": "agent.wire.content",
    "Filter": "agent.bot.filters",
    "HandedOff": "agent.errors",
    "HumanTookOver": "agent.errors",
    "Item": "agent.wire.items",
    "Message": "agent.wire.items",
    "NoAnswer": "agent.errors",
    "OnMismatch": "agent.bot.bot",
    "Overlap": "agent.session.conversation",
    "ReplayMismatch": "agent.errors",
    "Role": "agent.wire.content",
    "Router": "agent.bot.router",
    "attribute": "agent.bot.filters",
    "channel": "agent.bot.filters",
    "content_type": "agent.bot.filters",
    "predicate": "agent.bot.filters",
    "regex": "agent.bot.filters",
    "role": "agent.bot.filters",
    "words": "agent.bot.filters",
}

__all__ = [
    "Attachment",
    "Bot",
    "BotError",
    "Cancelled",
    "Chat",
    "ChatAgentError",
    "ChatEnded",
    "Choice",
    "Contact",
    "ContentType",
    "ConversationOver",
    "CustomerLeft",
    "Event",
    "EventType",
    "Filter",
    "HandedOff",
    "HumanTookOver",
    "Item",
    "Message",
    "NoAnswer",
    "OnMismatch",
    "Overlap",
    "ReplayMismatch",
    "Role",
    "Router",
    "attribute",
    "channel",
    "content_type",
    "predicate",
    "regex",
    "role",
    "words",
]


def __getattr__(name: str) -> object:
    if home := _HOMES.get(name):
        return getattr(import_module(home), name)
    raise AttributeError(f"module 'agent' has no attribute {name!r}")
