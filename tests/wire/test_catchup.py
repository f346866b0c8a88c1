"""Reading the transcript until the gap is closed: which page is asked for next."""

from hypothesis import given
from hypothesis import strategies as st

from agent.ids import ItemId
from agent.wire.catchup import CatchUp, PageRequest
from agent.wire.items import Item, parse_item
from tests.wire.samples import item


def said(*numbers: int) -> list[Item]:
    return [parse_item(item(number)) for number in numbers]


def ids(catchup: CatchUp) -> list[str]:
    return [each.id for each in catchup.items]


def backward(token: str | None = None) -> PageRequest:
    return PageRequest(direction="BACKWARD", next_token=token)


def forward(start: str, token: str | None = None) -> PageRequest:
    return PageRequest(direction="FORWARD", start=ItemId(start), next_token=token)


def test_the_first_reading_goes_back_to_the_beginning() -> None:
    """Whatever the customer wrote before the bot joined is there."""
    catchup = CatchUp()
    assert catchup.next_request() == backward()
    catchup.receive_page(said(3, 4), "t1")
    assert catchup.next_request() == backward("t1")
    catchup.receive_page(said(1, 2), None)
    assert catchup.closed
    assert catchup.next_request() is None
    assert ids(catchup) == ["id01", "id02", "id03", "id04"]


def test_a_later_reading_goes_forward_from_the_last_item_known() -> None:
    """All pages, whether or not the item itself is among them."""
    catchup = CatchUp(anchor=ItemId("id02"))
    assert catchup.next_request() == forward("id02")
    catchup.receive_page(said(2, 3), "t1")
    assert catchup.next_request() == forward("id02", "t1")
    catchup.receive_page(said(4), None)
    assert catchup.closed
    assert ids(catchup) == ["id02", "id03", "id04"]


def test_an_empty_page_with_a_token_is_not_the_end() -> None:
    """Pages may be shorter than asked for."""
    catchup = CatchUp(anchor=ItemId("id02"))
    catchup.receive_page([], "t1")
    catchup.receive_page([], "t2")
    assert catchup.next_request() == forward("id02", "t2")


def test_nothing_after_the_anchor_is_checked_from_the_newest_back_to_the_floor() -> None:
    """An unknown anchor may well be answered with nothing."""
    catchup = CatchUp(anchor=ItemId("gone"), floor=said(2)[0].position)
    catchup.receive_page([], None)
    assert catchup.next_request() == backward()
    catchup.receive_page(said(2, 3), "t1")
    assert catchup.closed
    assert ids(catchup) == ["id02", "id03"]


def test_nothing_can_be_believed_by_setting() -> None:
    """Which saves a call at each quiet reconnect."""
    catchup = CatchUp(anchor=ItemId("id02"), believe_nothing=True)
    catchup.receive_page([], None)
    assert catchup.closed


def test_a_refused_anchor_is_replaced_by_reading_back() -> None:
    """The service does not know the item any more."""
    catchup = CatchUp(anchor=ItemId("gone"))
    assert catchup.refused()
    assert catchup.next_request() == backward()


def test_a_refused_token_starts_the_reading_back_anew_once() -> None:
    """Whether tokens expire is not documented."""
    catchup = CatchUp()
    catchup.receive_page(said(4), "t1")
    assert catchup.refused()
    assert catchup.next_request() == backward()
    catchup.receive_page(said(4), "t1")
    assert not catchup.refused()


def test_a_refused_first_backward_request_leaves_no_other_way() -> None:
    """The caller must raise."""
    assert not CatchUp().refused()


def test_a_closed_reading_takes_no_more_pages() -> None:
    """And asks for none."""
    catchup = CatchUp()
    catchup.receive_page(said(1), None)
    catchup.receive_page(said(2), "t")
    assert catchup.closed
    assert not catchup.refused()
    assert ids(catchup) == ["id01"]


def test_a_token_that_comes_again_ends_the_reading() -> None:
    """A service that goes in circles must not hold the chat up."""
    catchup = CatchUp()
    catchup.receive_page(said(2), "t1")
    catchup.receive_page(said(1), "t1")
    assert catchup.closed


def test_an_item_without_a_time_does_not_count_as_the_floor() -> None:
    """It says nothing of how far back a page reaches."""
    catchup = CatchUp(floor=said(2)[0].position)
    catchup.receive_page([parse_item({"Id": "x"}), *said(3)], "t1")
    assert not catchup.closed


@given(
    chat=st.lists(st.integers(0, 59), unique=True, max_size=30).map(sorted),
    known=st.integers(0, 59) | st.none(),
    size=st.integers(1, 7),
    inclusive=st.booleans(),
)
def test_after_any_gap_everything_after_it_has_been_read(
    chat: list[int], known: int | None, size: int, inclusive: bool
) -> None:
    """Against a service that pages as documented and may or may not know the anchor or include it."""
    catchup = CatchUp(anchor=None if known is None else said(known)[0].id, page_size=size)
    while (request := catchup.next_request()) is not None:
        numbers = chat if known is None or request.direction == "BACKWARD" else _after(chat, known, inclusive)
        at = int(request.next_token or 0)
        turned = numbers if request.direction == "FORWARD" else numbers[::-1]
        page = sorted(turned[at : at + size])
        catchup.receive_page(said(*page), str(at + size) if at + size < len(numbers) else None)
    expected = said(*(number for number in chat if known not in chat or number > (known or 0)))
    assert {each.id for each in expected} <= set(ids(catchup))


def _after(chat: list[int], known: int, inclusive: bool) -> list[int]:
    """What a forward reading from `known` gives: nothing when it is unknown."""
    if known not in chat:
        return []
    return [number for number in chat if number > known or (inclusive and number == known)]
