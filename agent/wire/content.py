"""What may be said in a chat: content types, roles, event names and the size limits of each.

Sources: the service model of ``connectparticipant`` and the feature limits page of the admin guide [documented];
the limits disagree between pages, so the text limit is a setting elsewhere and these are its bounds.
"""

from enum import StrEnum


class Role(StrEnum):
    """A participant's role [documented]."""

    AGENT = "AGENT"
    CUSTOMER = "CUSTOMER"
    SYSTEM = "SYSTEM"
    CUSTOM_BOT = "CUSTOM_BOT"
    SUPERVISOR = "SUPERVISOR"


class ContentType:
    """The content types of messages. Constants, not an enum: the service adds to them."""

    PLAIN = "text/plain"
    MARKDOWN = "text/markdown"
    JSON = "application/json"
    INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"
    INTERACTIVE_RESPONSE = "application/vnd.amazonaws.connect.message.interactive.response"


_EVENT = "application/vnd.amazonaws.connect.event."


class EventType:
    """The content types of events. Constants, not an enum: the service adds to them."""

    TYPING = _EVENT + "typing"
    PARTICIPANT_JOINED = _EVENT + "participant.joined"
    PARTICIPANT_LEFT = _EVENT + "participant.left"
    PARTICIPANT_INVITED = _EVENT + "participant.invited"
    PARTICIPANT_IDLE = _EVENT + "participant.idle"
    PARTICIPANT_RETURNED = _EVENT + "participant.returned"
    PARTICIPANT_AUTODISCONNECTION = _EVENT + "participant.autodisconnection"
    CHAT_ENDED = _EVENT + "chat.ended"
    TRANSFER_SUCCEEDED = _EVENT + "transfer.succeeded"
    TRANSFER_FAILED = _EVENT + "transfer.failed"
    MESSAGE_DELIVERED = _EVENT + "message.delivered"
    MESSAGE_READ = _EVENT + "message.read"
    MESSAGE_METADATA = _EVENT + "message.metadata"


PERSISTED_EVENTS = frozenset(
    {
        EventType.PARTICIPANT_INVITED,
        EventType.PARTICIPANT_JOINED,
        EventType.PARTICIPANT_LEFT,
        EventType.CHAT_ENDED,
        EventType.TRANSFER_SUCCEEDED,
        EventType.TRANSFER_FAILED,
    }
)
"""The events that GetTranscript returns [documented]; every other event exists only live."""

MAX_CONTENT_BYTES = 16_384
"""The most bytes of UTF-8 one message may have, whatever its type [documented]."""

SAFE_TEXT_CHARACTERS = 1_024
"""The most characters of text that every page of the documentation agrees on."""
