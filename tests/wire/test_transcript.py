"""Order, duplicates, gaps and segments."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.ids import ContactId, ItemId
from agent.wire.items import Item, Message, parse_item
from agent.wire.transcript import anchor, belongs, merge, missing, segment
from tests.wire.samples import CONTACT, EVENT, MESSAGE, RECEIPT, any_item, item

OURS = ContactId(CONTACT)


def said(number: int, **fields: Any) -> Item:
    return parse_item(item(number, **fields))


def ids(items: list[Item]) -> list[str]:
    return [each.id for each in items]


def test_items_are_ordered_by_time_and_kept_once() -> None:
    """Live items and transcript pages overlap."""
    assert ids(merge([said(3), said(1)], [said(2), said(3)])) == ["id01", "id02", "id03"]


def test_items_of_one_moment_are_ordered_by_id() -> None:
    """Ids grow with time."""
    same = {"AbsoluteTime": "2026-11-05T10:15:00.000Z"}
    assert ids(merge([said(2, **same), said(1, **same)])) == ["id01", "id02"]


def test_the_later_form_of_an_item_counts() -> None:
    """An attachment's status moves on under one Id."""
    (kept,) = merge([said(1, Content="old")], [said(1, Content="new")])
    assert isinstance(kept, Message)
    assert kept.text == "new"


def test_a_chunk_never_replaces_the_whole_message() -> None:
    """Chunks may come out of order; the next chunk replaces a chunk."""
    first, second = (said(1, Content=text, MessageMetadata={"MessageCompleted": False}) for text in ("a", "ab"))
    whole = said(1, Content="abc")
    assert merge([first], [whole], [second]) == [whole]
    assert merge([first], [second]) == [second]


def test_items_without_an_id_are_told_apart_by_their_fields() -> None:
    """They cannot be known as the same otherwise; what is unknown is never thrown away."""
    one, other = said(1, Id=None, Content="a"), said(1, Id=None, Content="b")
    assert len(merge([one, other], [one])) == 2
    assert len(merge([parse_item({"x": 1}), parse_item({"x": 2})])) == 2


@settings(max_examples=40)
@given(st.lists(st.lists(any_item.map(parse_item), max_size=4), max_size=3))
def test_merging_never_raises_and_merging_again_changes_nothing(batches: list[list[Item]]) -> None:
    """Whatever arrived."""
    merged = merge(*batches)
    assert merge(merged) == merged
    assert [each.position for each in merged] == sorted(each.position for each in merged)
    assert {each.id for each in merged} == {each.id for batch in batches for each in batch}


def test_what_the_transcript_holds_and_the_inbox_does_not_is_missing() -> None:
    """Events that are not kept cannot be missing."""
    typing = said(3, Type="EVENT", ContentType=EVENT + "typing")
    assert ids(missing([said(2), said(1), typing], {ItemId("id01")})) == ["id02"]


def test_reading_goes_on_from_the_newest_item_that_is_kept() -> None:
    """The transcript does not know a typing event."""
    typing = said(9, Type="EVENT", ContentType=EVENT + "typing")
    assert anchor([said(2), said(5), typing]) == "id05"
    assert anchor([typing]) is None


def test_an_item_belongs_by_either_contact_id() -> None:
    """A transfer opens a new ContactId under the same InitialContactId."""
    assert belongs(said(1), contact_id=OURS)
    assert belongs(said(1, ContactId="next"), contact_id=OURS)
    assert belongs(said(1, ContactId="next"), contact_id=ContactId("third"), initial_contact_id=OURS)
    assert belongs(said(1, InitialContactId=None), contact_id=OURS, initial_contact_id=ContactId("first"))
    assert not belongs(said(1, ContactId="x", InitialContactId="y"), contact_id=OURS)


def test_receipts_belong_without_any_contact_id() -> None:
    """They carry none."""
    assert belongs(parse_item(RECEIPT), contact_id=OURS)


def test_an_item_that_names_no_contact_is_taken_unless_it_is_of_a_past_session() -> None:
    """Nothing is lost for want of a field; a rehydrated item is not answered again."""
    bare = {"ContactId": None, "InitialContactId": None}
    assert belongs(said(1, **bare), contact_id=OURS)
    assert not belongs(said(1, **bare, RelatedContactId="past"), contact_id=OURS)


def test_the_segment_is_that_of_the_newest_item() -> None:
    """Items that name none do not count."""
    assert segment([said(2, ContactId="second"), said(1), said(3, ContactId=None)]) == "second"
    assert segment([parse_item({})]) is None
    assert segment([parse_item(MESSAGE)]) == CONTACT
