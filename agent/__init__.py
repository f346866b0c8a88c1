"""What a bot author imports. Loaded on first use, so that ``import agent`` stays cheap for everybody else."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.bot import answers
    from agent.bot.answers import Answer
    from agent.bot.bot import Bot, OnMismatch
    from agent.bot.chat import Chat
    from agent.bot.choice import Choice
    from agent.bot.circuit import CircuitBreaker
    from agent.bot.filters import Filter, attribute, channel, content_type, predicate, regex, role, words
    from agent.bot.plugins import load
    from agent.bot.router import Router
    from agent.bot.settings_file import SettingsFile
    from agent.bot.steps import idempotency_key
    from agent.bot.texts import Texts
    from agent.errors import (
        BotError,
        Cancelled,
        ChatAgentError,
        ChatEnded,
        CircuitOpen,
        ConversationOver,
        CustomerLeft,
        DialogError,
        HandedOff,
        HumanTookOver,
        InvalidMessage,
        NoAnswer,
        RegistrationError,
        ReplayMismatch,
        StateError,
        StepFailed,
    )
    from agent.session.conversation import Contact, Overlap
    from agent.wire.content import ContentType, EventType, Role
    from agent.wire.interactive import (
        Carousel,
        CarouselElement,
        Element,
        Image,
        ListPicker,
        Panel,
        PickedInCarousel,
        QuickReply,
        ReplyMessage,
        TimePicker,
        TimeSlot,
    )
    from agent.wire.items import Attachment, Event, Item, Message

_HOMES = {
    "Answer": "agent.bot.answers",
    "Attachment": "agent.wire.items",
    "Bot": "agent.bot.bot",
    "BotError": "agent.errors",
    "Cancelled": "agent.errors",
    "Carousel": "agent.wire.interactive",
    "CarouselElement": "agent.wire.interactive",
    "Chat": "agent.bot.chat",
    "ChatAgentError": "agent.errors",
    "ChatEnded": "agent.errors",
    "Choice": "agent.bot.choice",
    "CircuitBreaker": "agent.bot.circuit",
    "CircuitOpen": "agent.errors",
    "Contact": "agent.session.conversation",
    "ContentType": "agent.wire.content",
    "ConversationOver": "agent.errors",
    "CustomerLeft": "agent.errors",
    "DialogError": "agent.errors",
    "Element": "agent.wire.interactive",
    "Event": "agent.wire.items",
    "EventType": "agent.wire.content",
    "Filter": "agent.bot.filters",
    "HandedOff": "agent.errors",
    "HumanTookOver": "agent.errors",
    "Image": "agent.wire.interactive",
    "InvalidMessage": "agent.errors",
    "Item": "agent.wire.items",
    "ListPicker": "agent.wire.interactive",
    "Message": "agent.wire.items",
    "NoAnswer": "agent.errors",
    "OnMismatch": "agent.bot.bot",
    "Overlap": "agent.session.conversation",
    "Panel": "agent.wire.interactive",
    "PickedInCarousel": "agent.wire.interactive",
    "QuickReply": "agent.wire.interactive",
    "RegistrationError": "agent.errors",
    "ReplayMismatch": "agent.errors",
    "ReplyMessage": "agent.wire.interactive",
    "Role": "agent.wire.content",
    "Router": "agent.bot.router",
    "SettingsFile": "agent.bot.settings_file",
    "StateError": "agent.errors",
    "StepFailed": "agent.errors",
    "Texts": "agent.bot.texts",
    "TimePicker": "agent.wire.interactive",
    "TimeSlot": "agent.wire.interactive",
    "answers": "agent.bot.answers",
    "attribute": "agent.bot.filters",
    "channel": "agent.bot.filters",
    "content_type": "agent.bot.filters",
    "idempotency_key": "agent.bot.steps",
    "load": "agent.bot.plugins",
    "predicate": "agent.bot.filters",
    "regex": "agent.bot.filters",
    "role": "agent.bot.filters",
    "words": "agent.bot.filters",
}

__all__ = [
    "Answer",
    "Attachment",
    "Bot",
    "BotError",
    "Cancelled",
    "Carousel",
    "CarouselElement",
    "Chat",
    "ChatAgentError",
    "ChatEnded",
    "Choice",
    "CircuitBreaker",
    "CircuitOpen",
    "Contact",
    "ContentType",
    "ConversationOver",
    "CustomerLeft",
    "DialogError",
    "Element",
    "Event",
    "EventType",
    "Filter",
    "HandedOff",
    "HumanTookOver",
    "Image",
    "InvalidMessage",
    "Item",
    "ListPicker",
    "Message",
    "NoAnswer",
    "OnMismatch",
    "Overlap",
    "Panel",
    "PickedInCarousel",
    "QuickReply",
    "RegistrationError",
    "ReplayMismatch",
    "ReplyMessage",
    "Role",
    "Router",
    "SettingsFile",
    "StateError",
    "StepFailed",
    "Texts",
    "TimePicker",
    "TimeSlot",
    "answers",
    "attribute",
    "channel",
    "content_type",
    "idempotency_key",
    "load",
    "predicate",
    "regex",
    "role",
    "words",
]


def __getattr__(name: str) -> object:
    if (home := _HOMES.get(name)) is None:
        raise AttributeError(f"module 'agent' has no attribute {name!r}")
    module = import_module(home)
    return module if home.rpartition(".")[2] == name else getattr(module, name)
