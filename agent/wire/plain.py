"""A plain message, read in one step: what nearly every item is, straight from its JSON text.

The typed decoder skips what no field asks for; the raw form is decoded only if somebody looks into it. Whatever is out
of the ordinary, missing types, events, metadata or unsound JSON, is left to `items.parse_item`, and what is read here
is what that would have made of it. It knows no frame.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from agent.ids import ContactId, ItemId, ParticipantId
from agent.wire.content import EVENT_PREFIX, ROLES, ContentType
from agent.wire.forgiving import decode_json
from agent.wire.items import Message, Sender


class _Wire(msgspec.Struct, rename="pascal", gc=False):
    type: str
    id: str = ""
    absolute_time: str = ""
    content: str = ""
    content_type: str = ""
    participant_id: str = ""
    participant_role: str = ""
    display_name: str = ""
    contact_id: str = ""
    initial_contact_id: str = ""
    message_metadata: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    def __repr__(self) -> str:
        return "_Wire(...)"


_decoder = msgspec.json.Decoder(_Wire)


class _Undecoded(Mapping[str, Any]):
    """The JSON object in a text, decoded when it is looked into. Showing it shows nothing of it."""

    __slots__ = ("_fields", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._fields: Mapping[str, Any] | None = None

    def _decoded(self) -> Mapping[str, Any]:
        if self._fields is None:
            found = decode_json(self._text)
            self._fields, self._text = found if isinstance(found, dict) else {}, ""
        return self._fields

    def __contains__(self, name: object) -> bool:
        """A name that does not even stand in the text needs no decoding, unless something there is escaped."""
        text = self._text
        if self._fields is None and isinstance(name, str) and name not in text and "\\" not in text:
            return False
        return name in self._decoded()

    def __getitem__(self, name: str) -> Any:
        return self._decoded()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._decoded())

    def __len__(self) -> int:
        return len(self._decoded())

    def __repr__(self) -> str:
        return "{...}"


def plain_message(text: str) -> Message | None:
    """The plain message that `text` is as JSON, or None when it takes a longer look."""
    try:
        found = _decoder.decode(text)
    except (ValueError, RecursionError):
        return None
    content_type = found.content_type
    if found.type != "MESSAGE" or found.message_metadata is not msgspec.UNSET or content_type.startswith(EVENT_PREFIX):
        return None
    role = found.participant_role
    return Message(
        id=ItemId(found.id),
        absolute_time=found.absolute_time,
        sender=Sender(
            participant_id=ParticipantId(found.participant_id) or None,
            role=ROLES.get(role, role) or None,
            display_name=found.display_name or None,
        ),
        contact_id=ContactId(found.contact_id) or None,
        initial_contact_id=ContactId(found.initial_contact_id) or None,
        raw=_Undecoded(text),
        content=found.content,
        content_type=content_type or ContentType.PLAIN,
    )
