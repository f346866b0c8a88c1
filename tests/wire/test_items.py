"""Items: captured shapes become typed values, anything else becomes Unknown, nothing ever raises."""

from typing import Any

import pytest
from hypothesis import given

from agent.wire.content import EventType, Role
from agent.wire.items import Attachment, Event, Message, Receipt, Unknown, parse_item
from tests.wire.samples import ATTACHMENT, CONTACT, CUSTOMER, ENDED, EVENT, JOINED, MESSAGE, RECEIPT, any_item, any_json


def test_a_customers_message_keeps_its_words_time_and_sender() -> None:
    """Every field of the captured shape has its home."""
    message = parse_item(MESSAGE)
    assert isinstance(message, Message)
    assert message.text == "Where is my parcel?"
    assert message.content_type == "text/plain"
    assert message.position == (MESSAGE["AbsoluteTime"], MESSAGE["Id"])
    assert message.sender.participant_id == CUSTOMER
    assert message.sender.role is Role.CUSTOMER
    assert message.sender.display_name == "Ana"
    assert message.contact_id == message.initial_contact_id == CONTACT
    assert message.complete
    assert message.persisted


def test_an_attachment_lists_its_files() -> None:
    """ATTACHMENT items have no ContentType of their own."""
    attachment = parse_item(ATTACHMENT)
    assert isinstance(attachment, Attachment)
    (file,) = attachment.files
    assert (file.attachment_id, file.name, file.content_type, file.status) == (
        "0f5c",
        "label.png",
        "image/png",
        "APPROVED",
    )
    assert attachment.persisted


def test_a_receipt_names_its_message_and_reader() -> None:
    """MESSAGEMETADATA names no contact and no participant but the recipient."""
    receipt = parse_item(RECEIPT)
    assert isinstance(receipt, Receipt)
    assert receipt.message_id == "019d671e-5a31"
    assert receipt.recipient == "a3c0d8c1"
    assert receipt.delivered_at == "2026-11-05T10:16:40.700Z"
    assert receipt.read_at == "2026-11-05T10:16:40.735Z"
    assert not receipt.persisted


def test_a_receipt_is_known_by_its_content_type_too() -> None:
    """Type and ContentType say the same thing twice; either is enough."""
    assert isinstance(parse_item(RECEIPT | {"Type": "EVENT"}), Receipt)
    assert isinstance(parse_item({key: value for key, value in RECEIPT.items() if key != "Type"}), Receipt)


def test_the_end_of_the_chat_has_no_sender() -> None:
    """chat.ended carries no participant fields."""
    ended = parse_item(ENDED)
    assert isinstance(ended, Event)
    assert ended.content_type == EventType.CHAT_ENDED
    assert ended.sender.participant_id is None
    assert ended.sender.role is None
    assert ended.persisted


def test_only_six_events_are_kept_in_the_transcript() -> None:
    """Typing and its like exist only live."""
    assert parse_item(JOINED).persisted
    assert not parse_item(JOINED | {"ContentType": EVENT + "typing"}).persisted


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("TYPING", EventType.TYPING),
        ("PARTICIPANT_JOINED", EventType.PARTICIPANT_JOINED),
        ("PARTICIPANT_LEFT", EventType.PARTICIPANT_LEFT),
        ("CHAT_ENDED", EventType.CHAT_ENDED),
        ("TRANSFER_SUCCEEDED", EventType.TRANSFER_SUCCEEDED),
        ("TRANSFER_FAILED", EventType.TRANSFER_FAILED),
        ("CONNECTION_ACK", EventType.CONNECTION_ACKNOWLEDGED),
        ("MESSAGE_DELIVERED", EventType.MESSAGE_DELIVERED),
        ("MESSAGE_READ", EventType.MESSAGE_READ),
    ],
)
def test_the_older_types_are_events(kind: str, content_type: str) -> None:
    """The service model lists them beside EVENT."""
    event = parse_item({"Id": "1", "Type": kind})
    assert isinstance(event, Event)
    assert event.content_type == content_type


def test_an_item_without_a_type_is_known_by_what_it_carries() -> None:
    """Newer services leave fields out."""
    assert isinstance(parse_item({"ContentType": EVENT + "typing"}), Event)
    assert isinstance(parse_item({"Content": "hi"}), Message)
    assert isinstance(parse_item({"Attachments": [{}]}), Attachment)
    assert isinstance(parse_item({"Id": "1"}), Unknown)


def test_a_message_that_is_really_an_event_is_an_event() -> None:
    """A bot must not answer an event because its Type was off."""
    assert isinstance(parse_item({"Type": "MESSAGE", "ContentType": EVENT + "participant.left"}), Event)


def test_a_chunk_of_a_streamed_reply_is_marked() -> None:
    """The finished message comes later with the same Id, and only that one is in the transcript."""
    chunk = parse_item(MESSAGE | {"MessageMetadata": {"MessageCompleted": False, "ChunkNumber": 1}})
    whole = parse_item(MESSAGE | {"MessageMetadata": {"MessageCompleted": True}})
    assert isinstance(chunk, Message)
    assert isinstance(whole, Message)
    assert (chunk.complete, whole.complete) == (False, True)
    assert (chunk.persisted, whole.persisted) == (False, True)


def test_a_message_with_its_receipts_is_whole() -> None:
    """Transcript pages carry receipts in the same field as a streamed reply its chunk number."""
    read = parse_item(MESSAGE | {"MessageMetadata": RECEIPT["MessageMetadata"]})
    assert isinstance(read, Message)
    assert read.complete


def test_a_message_without_a_content_type_is_plain_text() -> None:
    """Every field may be missing."""
    message = parse_item({"Type": "MESSAGE", "Content": "hi"})
    assert isinstance(message, Message)
    assert message.content_type == "text/plain"


def test_an_unknown_kind_keeps_its_raw_form() -> None:
    """Unknown is not lost."""
    raw = {"Type": "HOLOGRAM", "Id": "7", "New": [1]}
    unknown = parse_item(raw)
    assert isinstance(unknown, Unknown)
    assert unknown.id == "7"
    assert unknown.raw == raw
    assert not unknown.persisted


def test_what_is_no_object_is_kept_as_a_value() -> None:
    """The raw form of a list is still to be seen."""
    assert parse_item([1, 2]).raw == {"value": [1, 2]}


def test_a_new_role_is_kept_as_it_is_spelled() -> None:
    """The service adds roles."""
    assert parse_item(MESSAGE | {"ParticipantRole": "ORACLE"}).sender.role == "ORACLE"


def test_no_repr_shows_a_customers_words_or_name() -> None:
    """Items end in logs by accident; words must not."""
    secret = "my card is 4111"
    file = {"AttachmentName": secret}
    shown = [MESSAGE | {"Content": secret, "DisplayName": secret}, ATTACHMENT | {"Attachments": [file]}, {"x": secret}]
    for raw in [*shown, ENDED | {"Content": secret}, secret]:
        assert secret not in repr(parse_item(raw))


@given(any_item | any_json)
def test_no_json_makes_the_parser_raise(raw: Any) -> None:
    """Parsing is total, and what comes out can be ordered, compared and shown."""
    item = parse_item(raw)
    assert isinstance(item.id, str)
    assert isinstance(item.position[0], str)
    assert item.persisted in (True, False)
    assert hash(item) == hash(parse_item(raw))
    assert repr(item)
