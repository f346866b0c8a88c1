"""Long lists: every choice is on exactly one page, and every page leads to its neighbours."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import InvalidMessage
from agent.wire.interactive import PREVIOUS_OPTIONS, SHOW_MORE, Element, ListPicker, PagedList, Turning


def listed(count: int, most: int = 6) -> PagedList:
    elements = tuple(Element(title=f"option {number}") for number in range(count))
    return PagedList(title="Pick", elements=elements, list_id="l1", reference_id="r1", most_elements=most)


def choices(page: ListPicker) -> list[str]:
    return [each.title for each in page.elements if each.action is None]


def test_a_short_list_is_one_plain_picker() -> None:
    """Nothing to turn."""
    page = listed(6).page()
    assert len(choices(page)) == 6
    assert page.turning is None


def test_the_first_page_leads_on_with_the_place_in_the_list() -> None:
    """listId, referenceId, preIndex, nextIndex, and an element with its action."""
    content = json.loads(listed(8).page().to_content())["data"]["content"]
    assert content["elements"][-1] == {"title": "Show more", "actionDetail": "SHOW_MORE"}
    place = {key: content[key] for key in ("listId", "referenceId", "preIndex", "nextIndex")}
    assert place == {"listId": "l1", "referenceId": "r1", "preIndex": 0, "nextIndex": 5}


def test_a_middle_page_leads_both_ways() -> None:
    """Where the customer came from, and where the list goes on."""
    page = listed(17).page(5)
    assert page.titles == ("option 5", "option 6", "option 7", "option 8", "Previous options", "Show more")
    assert page.turning == Turning(list_id="l1", reference_id="r1", previous=0, following=9)


@given(count=st.integers(1, 80), most=st.integers(3, 10))
def test_turning_on_and_back_shows_every_choice_once(count: int, most: int) -> None:
    """For any list and any size of page."""
    paged = listed(count, most)
    pages = [paged.page()]
    while SHOW_MORE in [each.action for each in pages[-1].elements]:
        place = pages[-1].turning
        assert place is not None
        pages.append(paged.turned(SHOW_MORE, previous=place.previous, following=place.following))
    assert [title for page in pages for title in choices(page)] == list(paged.titles)
    for before, page in pairwise(pages):
        place = page.turning
        assert place is not None
        assert paged.turned(PREVIOUS_OPTIONS, previous=place.previous, following=place.following) == before


@given(index=st.integers())
def test_an_index_from_nowhere_gives_the_nearest_page(index: int) -> None:
    """It comes from the customer's side and proves nothing."""
    assert choices(listed(17).page(index))


def test_the_plain_text_has_the_whole_list() -> None:
    """There are no pages in text."""
    text = listed(8).to_text().splitlines()
    assert text[0] == "Pick"
    assert text[-1] == "8. option 7"


def test_pages_without_room_to_turn_cannot_be_built() -> None:
    """A choice and both ways."""
    with pytest.raises(InvalidMessage, match="room for 3 elements"):
        listed(8, most=2)


def test_an_empty_list_cannot_be_built() -> None:
    """As no ListPicker can."""
    with pytest.raises(InvalidMessage, match="takes 1 to 6 elements"):
        listed(0)
