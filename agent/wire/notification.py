"""What message streaming publishes: an SNS notification around the item that a websocket would have brought.

Decoding is total: whatever arrives becomes a `Notification`, or None when it holds no item. It knows no queue.
"""

from dataclasses import dataclass

from agent.wire.forgiving import decode_json
from agent.wire.items import Item, Json, parse_item


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One streamed item. `instance` is that of the InstanceId attribute [documented], None where it is missing."""

    instance: str | None
    item: Item


def decode_notification(body: str) -> Notification | None:
    """The notification in `body`: the envelope that SNS puts around a message [documented]."""
    envelope = _object(body)
    item = _object(envelope.get("Message"))
    if not item:
        return None
    return Notification(instance=_attribute(envelope, "InstanceId"), item=parse_item(item))


def _object(text: object) -> Json:
    try:
        value = decode_json(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _attribute(envelope: Json, name: str) -> str | None:
    attributes = envelope.get("MessageAttributes")
    attribute = attributes.get(name) if isinstance(attributes, dict) else None
    value = attribute.get("Value") if isinstance(attribute, dict) else None
    return value if isinstance(value, str) and value else None
