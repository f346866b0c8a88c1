"""Customers' answers, in the forms of the official widget; anything else is free text."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.interactive import (
    FreeText,
    Paged,
    Picked,
    PickedInCarousel,
    PickedSlot,
    ViewAction,
    ViewResource,
    parse_response,
    parse_view,
)
from tests.wire.samples import INTERACTIVE_RESPONSE, any_json

PLAIN = "text/plain"


def test_a_picked_title_is_known_by_the_titles_on_offer() -> None:
    """On the wire it is plain text like any other."""
    assert parse_response(PLAIN, "Returns", titles=["Returns", "Delivery"]) == Picked("Returns")
    assert parse_response(PLAIN, "Returns") == FreeText("Returns")


def test_a_picked_slot_is_its_date() -> None:
    """As the slot spelled it."""
    assert parse_response(PLAIN, "2026-11-10T17:00+00:00") == PickedSlot(datetime(2026, 11, 10, 17, tzinfo=UTC))
    assert parse_response(PLAIN, "2026-13-10T17:00+00:00") == FreeText("2026-13-10T17:00+00:00")
    assert parse_response(PLAIN, "2026-11-10T17:00") == FreeText("2026-11-10T17:00")


def test_a_pick_in_a_carousel_names_its_card() -> None:
    """JSON in plain text."""
    content = '{"templateIdentifier":"h1","listTitle":"Bel Air","selectionText":"Book Room"}'
    assert parse_response(PLAIN, content) == PickedInCarousel(identifier="h1", list_title="Bel Air", title="Book Room")
    assert parse_response(PLAIN, '{"selectionText":"x"}') == FreeText('{"selectionText":"x"}')


def test_turning_a_page_picks_nothing() -> None:
    """The captured shape."""
    content = (
        '{"version":"1.0","data":{"actionName":"SHOW_MORE","preIndex":0,"nextIndex":6,"listId":"l1",'
        '"templateType":"ListPicker","referenceId":"r1"},"action":"SHOW_MORE"}'
    )
    turned = Paged(action="SHOW_MORE", previous=0, following=6, list_id="l1", reference_id="r1")
    assert parse_response(INTERACTIVE_RESPONSE, content) == turned


def test_a_turned_page_without_a_sound_place_begins_at_the_beginning() -> None:
    """Numbers from the customer's side prove nothing."""
    content = '{"data":{"actionName":"PREVIOUS_OPTIONS","preIndex":-4,"nextIndex":true}}'
    turned = Paged(action="PREVIOUS_OPTIONS", previous=0, following=0, list_id="", reference_id="")
    assert parse_response(INTERACTIVE_RESPONSE, content) == turned


def test_an_action_in_a_view_comes_with_its_output() -> None:
    """Whatever the view says."""
    content = '{"action":"Submit","data":{"name":"Ana"},"templateType":"ViewResource","version":"1.0"}'
    assert parse_response(INTERACTIVE_RESPONSE, content) == ViewAction(action="Submit", output={"name": "Ana"})


def test_words_typed_over_a_view_are_free_text() -> None:
    """Their action is one space, for an empty one is refused."""
    content = '{"action":" ","data":{"content":"I need help"},"templateType":"ViewResource","version":"1.0"}'
    assert parse_response(INTERACTIVE_RESPONSE, content) == FreeText("I need help")


@pytest.mark.parametrize("content", ["", "hello", "[1]", "{", '{"action":""}', '{"action":7,"data":[]}'])
def test_a_response_of_no_known_form_is_free_text(content: str) -> None:
    """Nothing the customer sent is lost."""
    assert parse_response(INTERACTIVE_RESPONSE, content) == FreeText(content)


def test_a_view_is_read() -> None:
    """Bots see what the flow shows; the view's token stays out of its repr."""
    content = (
        '{"templateType":"ViewResource","version":"1.0",'
        '"data":{"content":{"viewId":"v","viewToken":"secret","viewData":{"a":1}}}}'
    )
    view = parse_view(content)
    assert view == ViewResource(view_id="v", view_token="secret", content={"a": 1})
    assert "secret" not in repr(view)
    assert parse_view('{"templateType":"Panel"}') is None


contents = st.text(st.characters(codec=None)) | any_json.map(json.dumps)
parts: Any = st.fixed_dictionaries({}, optional={"action": any_json, "data": any_json, "templateIdentifier": any_json})


@given(
    st.sampled_from([PLAIN, INTERACTIVE_RESPONSE]) | st.text(), contents | parts.map(json.dumps), st.lists(st.text())
)
def test_no_content_makes_reading_raise(content_type: str, content: str, titles: list[str]) -> None:
    """Reading is total."""
    answer = parse_response(content_type, content, titles=titles)
    assert isinstance(answer, Picked | PickedSlot | PickedInCarousel | Paged | ViewAction | FreeText)
    assert hash(answer) is not None
    assert isinstance(parse_view(content), ViewResource | None)
