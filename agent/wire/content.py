"""What may be said in a chat: content types, roles, event names and the size limits of each.

Sources: the service model of ``connectparticipant`` and the feature limits page of the admin guide [documented];
the limits disagree between pages, so the text limit is a setting elsewhere and these are its bounds.
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """A participant's role [documented]."""

    AGENT = "AGENT"
    CUSTOMER = "CUSTOMER"
    SYSTEM = "SYSTEM"
    CUSTOM_BOT = "CUSTOM_BOT"
    SUPERVISOR = "SUPERVISOR"


ROLES: Mapping[str, Role | str] = {role.value: role for role in Role}
"""The roles by their names."""


class ContentType:
    """The content types of messages. Constants, not an enum: the service adds to them."""

    PLAIN = "text/plain"
    MARKDOWN = "text/markdown"
    JSON = "application/json"
    INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"
    INTERACTIVE_RESPONSE = "application/vnd.amazonaws.connect.message.interactive.response"


EVENT_PREFIX = "application/vnd.amazonaws.connect.event."
"""What the content type of every event begins with [client code]."""


class EventType:
    """The content types of events. Constants, not an enum: the service adds to them."""

    TYPING = EVENT_PREFIX + "typing"
    PARTICIPANT_JOINED = EVENT_PREFIX + "participant.joined"
    PARTICIPANT_LEFT = EVENT_PREFIX + "participant.left"
    PARTICIPANT_INVITED = EVENT_PREFIX + "participant.invited"
    PARTICIPANT_IDLE = EVENT_PREFIX + "participant.idle"
    PARTICIPANT_RETURNED = EVENT_PREFIX + "participant.returned"
    PARTICIPANT_AUTODISCONNECTION = EVENT_PREFIX + "participant.autodisconnection"
    CHAT_ENDED = EVENT_PREFIX + "chat.ended"
    TRANSFER_SUCCEEDED = EVENT_PREFIX + "transfer.succeeded"
    TRANSFER_FAILED = EVENT_PREFIX + "transfer.failed"
    MESSAGE_DELIVERED = EVENT_PREFIX + "message.delivered"
    MESSAGE_READ = EVENT_PREFIX + "message.read"
    MESSAGE_METADATA = EVENT_PREFIX + "message.metadata"
    CONNECTION_ACKNOWLEDGED = EVENT_PREFIX + "connection.acknowledged"


EVENT_TYPES: tuple[str, ...] = tuple(
    value for name, value in vars(EventType).items() if name.isupper() and isinstance(value, str)
)
"""The known ones of `EventType`."""

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
