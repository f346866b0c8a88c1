"""What lies in a queue is an item, or nothing; whatever it is, it never raises."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.items import Event, Message, Unknown
from agent.wire.notification import Notification, decode_notification

ITEM = {"Id": "1", "Type": "MESSAGE", "ContentType": "text/plain", "Content": "hi", "ContactId": "c"}


def envelope(message: object, **attributes: object) -> str:
    return json.dumps({"Type": "Notification", "Message": message, "MessageAttributes": attributes})


def test_an_item_comes_with_the_instance_of_its_contact() -> None:
    """InstanceId is a message attribute [documented]; contact ids are unique within an instance only."""
    found = decode_notification(envelope(json.dumps(ITEM), InstanceId={"Type": "String", "Value": "i"}))
    assert isinstance(found, Notification)
    assert (found.instance, found.item.contact_id) == ("i", "c")
    assert isinstance(found.item, Message)


def test_without_the_attribute_the_instance_is_not_known() -> None:
    """It is documented, but nothing depends on it."""
    for attributes in ({}, {"InstanceId": 1}, {"InstanceId": {"Value": ""}}):
        found = decode_notification(envelope(json.dumps(ITEM), **attributes))
        assert found is not None
        assert found.instance is None


def test_events_and_unknown_things_are_items_too() -> None:
    """Parsing an item is total."""
    event = {"Type": "EVENT", "ContentType": "application/vnd.amazonaws.connect.event.chat.ended"}
    for raw, kind in ((event, Event), ({"Type": "HOLOGRAM"}, Unknown)):
        found = decode_notification(envelope(json.dumps(raw)))
        assert found is not None
        assert isinstance(found.item, kind)


@pytest.mark.parametrize(
    "body", ["", "rubbish", "[]", "1", "{}", envelope(1), envelope("[]"), envelope("{"), "x" * 262_144]
)
def test_what_holds_no_item_is_nothing(body: str) -> None:
    """A queue may hold anything that fits."""
    assert decode_notification(body) is None


@given(st.text(max_size=200))
def test_no_text_raises(body: str) -> None:
    """Whatever it says, also inside of the envelope."""
    decode_notification(body)
    decode_notification(envelope(body))
