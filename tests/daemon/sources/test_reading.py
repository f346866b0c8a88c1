"""Every form of an offer is read, everything else is told apart, and nothing ever raises."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.daemon.sources.reading import Reading, Reason, Skipped, Triggers, Unreadable, parse_offer, read
from agent.errors import InvalidSetting
from agent.ids import ContactId, ContactKey, InstanceId
from agent.ports import Offer
from agent.telemetry import Level
from tests.daemon.sources.forms import ARN, INSTANCE, QUEUE, by_sns, contact_event, flow_event, own

KEY = ContactKey(InstanceId(INSTANCE), ContactId("c"))


def _read(tree: Any, **more: Any) -> Reading:
    return read(json.dumps(tree), **more)


def _offered(tree: Any, **more: Any) -> Offer:
    reading = _read(tree, **more)
    assert isinstance(reading, Offer), reading
    return reading


@pytest.mark.parametrize("wrapped", [lambda tree: tree, by_sns, lambda tree: by_sns(by_sns(tree))])
@pytest.mark.parametrize("tree", [own(), flow_event(), contact_event()])
def test_each_form_offers_its_contact_bare_or_wrapped(tree: Any, wrapped: Callable[[Any], Any]) -> None:
    """Raw delivery and SNS's wrapping mean the same."""
    offer = _offered(wrapped(tree))
    assert (offer.key, offer.channel, offer.bot) == (KEY, "CHAT", None)


def test_our_own_form_may_say_everything() -> None:
    """Only instance and contact are needed."""
    offer = _offered(
        own(
            InitialContactId="first",
            Attributes={"vip": "yes"},
            ContactFlowId="f",
            Queue={"ARN": QUEUE, "Name": "Sales"},
            Bot="faq",
        )
    )
    assert (offer.initial_contact_id, offer.attributes, offer.flow_id) == ("first", {"vip": "yes"}, "f")
    assert (offer.queue, offer.queue_name, offer.bot) == (QUEUE, "Sales", "faq")
    assert _offered({"InstanceARN": ARN, "ContactId": "c", "Queue": "Sales"}).queue_name == "Sales"


def test_a_flow_s_event_tells_attributes_queue_and_bot() -> None:
    """The block's parameter names the bot; the instance may stand in its tag only."""
    offer = _offered(flow_event(parameters={"bot": "faq"}, Queue={"ARN": QUEUE, "Name": "Sales"}))
    assert (offer.attributes, offer.queue, offer.queue_name, offer.bot) == ({"lang": "en"}, QUEUE, "Sales", "faq")
    assert _offered(flow_event(InstanceARN=None)).key == KEY


def test_a_contact_event_tells_queue_and_first_contact() -> None:
    """Keys may be written either way, and an unset moment is none."""
    offer = _offered(contact_event("CONNECTED_TO_SYSTEM", initialContactId="0", queueInfo={"queueArn": QUEUE}))
    assert (offer.initial_contact_id, offer.queue) == ("0", QUEUE)
    pascal = contact_event()
    pascal["detail"] = {key[0].upper() + key[1:]: value for key, value in pascal["detail"].items()}
    assert _offered(pascal).key == KEY
    assert _offered(contact_event(instanceArn=None, tags={"aws:connect:instanceId": INSTANCE})).key == KEY


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        (own(Channel="VOICE"), Reason.OTHER_CHANNEL),
        (flow_event(Channel="TASK"), Reason.OTHER_CHANNEL),
        (contact_event(channel="VOICE"), Reason.OTHER_CHANNEL),
        (contact_event("DISCONNECTED"), Reason.ENDED),
        (contact_event("COMPLETED"), Reason.ENDED),
        (contact_event(disconnectTimestamp="2026-11-05T10:30:00.178Z"), Reason.ENDED),
        (contact_event("QUEUED"), Reason.OTHER_EVENT),
        (contact_event("CONNECTED_TO_AGENT"), Reason.OTHER_EVENT),
        (contact_event("SOMETHING_NEW"), Reason.OTHER_EVENT),
        (contact_event(initiationMethod="TRANSFER"), Reason.OTHER_EVENT),
        ({"source": "aws.connect", "detail-type": "Contact Lens", "detail": {}}, Reason.OTHER_EVENT),
        (by_sns("", kind="SubscriptionConfirmation"), Reason.OTHER_EVENT),
    ],
)
def test_what_is_no_waiting_chat_is_passed_over_with_a_reason(tree: Any, reason: Reason) -> None:
    """It is understood, so it is nobody's mistake."""
    reading = _read(by_sns(tree) if "TopicArn" not in tree else tree)
    assert isinstance(reading, Skipped)
    assert reading.reason is reason
    told = reading.told(source="test")
    assert (told.name, told.level, told.fields["reason"]) == ("offer.skipped", Level.DEBUG, reason.value)


def test_which_contact_events_offer_is_a_setting() -> None:
    """What Amazon Connect sends before a bot may join is not documented."""
    late = Triggers(events=frozenset({"QUEUED"}), not_by=frozenset({"API"}))
    assert _offered(contact_event("QUEUED", initiationMethod="TRANSFER"), triggers=late).key == KEY
    assert isinstance(_read(contact_event("QUEUED"), triggers=late), Skipped)
    assert isinstance(_read(contact_event("INITIATED", initiationMethod="INBOUND"), triggers=late), Skipped)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"\xff\xfe", "no UTF-8"),
        (b"", "no JSON"),
        (b"{not json", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"9" * 100_000, "no JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "no ContactId"),
        (json.dumps({"ContactId": "c"}).encode(), "no instance"),
        (json.dumps(own(" ")).encode(), "contact id"),
        (json.dumps(own("x" * 257)).encode(), "contact id"),
        (json.dumps(own("line\nbreak")).encode(), "contact id"),
        (json.dumps({"Name": "ContactFlowEvent"}).encode(), "without Details"),
        (json.dumps({"Details": {}}).encode(), "without ContactData"),
        (json.dumps(contact_event(contactId=None)).encode(), "contact id"),
        (json.dumps(contact_event(channel=None)).encode(), "without its type or channel"),
        (json.dumps({**contact_event(), "detail": 3}).encode(), "without detail"),
        (json.dumps(by_sns("rubbish")).encode(), "no JSON"),
        (json.dumps({**by_sns(""), "Message": 3}).encode(), "SNS"),
        (json.dumps(by_sns(by_sns(by_sns(by_sns(own()))))).encode(), "SNS"),
        (json.dumps(own("customer's words" * 20)).encode(), "contact id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "message",
)
def test_what_is_not_understood_is_told_without_a_word_of_it(message: bytes, why: str) -> None:
    """It may hold anything, a customer's words too."""
    reading = read(message)
    assert isinstance(reading, Unreadable)
    assert why in reading.why
    assert "customer" not in reading.why
    told = reading.told(source="test", receives=2)
    assert (told.name, told.level, told.fields["receives"]) == ("offer.unreadable", Level.WARNING, 2)


def test_a_message_of_256_kb_is_read_like_any_other() -> None:
    """The most that a queue carries."""
    big = own(Attributes={"note": "ä" * 120_000})
    assert len(_offered(big).attributes["note"]) == 120_000
    assert isinstance(read("x" * 262_144), Unreadable)


def test_odd_attributes_are_taken_for_what_they_can_be() -> None:
    """Texts, whole ones; a number or a truth value is written out, anything else is left out."""
    odd = {"n": 1, "f": 1.5, "t": True, "u": False, "no": None, "deep": {"a": []}, "half": "\ud83d", "s": "x"}
    assert _offered(own(Attributes=odd)).attributes == {
        "n": "1",
        "f": "1.5",
        "t": "true",
        "u": "false",
        "half": "\ufffd",
        "s": "x",
    }
    assert _offered(own(Attributes=3, ContactFlowId=4, InitialContactId=5, Bot=6, Queue=7)).flow_id is None


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([ARN, "CHAT"])
KEYS = st.sampled_from(
    sorted({*own(), *flow_event(), *contact_event(), *contact_event()["detail"], *by_sns(""), "ContactData", "Queue"})
)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6))


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_bytes_raise(message: bytes | str) -> None:
    """Whatever stands in a queue."""
    assert isinstance(read(message), Offer | Skipped | Unreadable)


@given(TREES)
def test_no_tree_raises_and_every_offer_can_be_stored(tree: Any) -> None:
    """An offer's texts can be written down as UTF-8, and it has a whole key."""
    for reading in (_read(tree), _read(by_sns(tree)), _read({**own(), **(tree if isinstance(tree, dict) else {})})):
        if isinstance(reading, Offer):
            assert reading.key.contact_id
            assert len(reading.key.instance_id) == 36
            json.dumps(dict(reading.attributes), ensure_ascii=False).encode()
            str(reading.bot).encode()


@pytest.mark.parametrize("raw", [None, 1, [], {}, {"ContactId": 3}, {"ContactId": ""}, {"ContactId": "c"}])
def test_what_names_no_contact_is_no_offer(raw: Any) -> None:
    """The sentence says what is missing."""
    with pytest.raises(InvalidSetting):
        parse_offer(raw)
    assert parse_offer(own()).key == KEY
