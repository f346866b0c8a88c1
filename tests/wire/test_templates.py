"""Interactive messages: what is built can be sent, and reads well as plain text too."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import InvalidMessage
from agent.wire.interactive import (
    Carousel,
    CarouselElement,
    Element,
    Image,
    ListPicker,
    Location,
    Panel,
    QuickReply,
    ReplyMessage,
    Template,
    TimePicker,
    TimeSlot,
)

NOON = datetime(2026, 11, 10, 17, 0, tzinfo=UTC)
SLOT = TimeSlot(date=NOON, duration=30)


def elements(count: int) -> tuple[Element, ...]:
    return tuple(Element(title=f"option {number}") for number in range(count))


def titles(count: int) -> tuple[str, ...]:
    return tuple(f"option {number}" for number in range(count))


def cards(count: int) -> tuple[CarouselElement, ...]:
    panel = Panel(title="Bel Air", elements=("Book Room",))
    return tuple(CarouselElement(identifier=f"h{number}", template=panel) for number in range(count))


def sent(template: Template) -> Any:
    return json.loads(template.to_content())


def test_a_quick_reply_is_what_the_guide_shows() -> None:
    """To the letter."""
    assert QuickReply(title="Did that help?", elements=("Yes", "No")).to_content() == (
        '{"templateType":"QuickReply","version":"1.0","data":{"content":{"title":"Did that help?",'
        '"elements":[{"title":"Yes"},{"title":"No"}]}}}'
    )


def test_a_panel_is_what_the_guide_shows() -> None:
    """With its subtitle."""
    panel = Panel(title="How can I help?", subtitle="Tap one", elements=("Talk to an agent", "End chat"))
    assert sent(panel) == json.loads(
        '{"templateType":"Panel","version":"1.0","data":{"content":{"title":"How can I help?","subtitle":"Tap one",'
        '"elements":[{"title":"Talk to an agent"},{"title":"End chat"}]}}}'
    )


def test_a_time_picker_is_what_the_guide_shows() -> None:
    """Dates to the minute, with their zone."""
    assert sent(TimePicker(title="Choose a slot", time_zone_offset=60, timeslots=(SLOT,))) == json.loads(
        '{"templateType":"TimePicker","version":"1.0","data":{"content":{"title":"Choose a slot","timeZoneOffset":60,'
        '"timeslots":[{"date":"2026-11-10T17:00+00:00","duration":30}]}}}'
    )


def test_a_carousel_is_what_the_guide_shows() -> None:
    """Each card is a whole template with an identifier."""
    assert sent(Carousel(title="Hotels", elements=cards(2)))["data"]["content"]["elements"][1] == json.loads(
        '{"templateIdentifier":"h1","templateType":"Panel","version":"1.0",'
        '"data":{"content":{"title":"Bel Air","elements":[{"title":"Book Room"}]}}}'
    )


def test_a_list_picker_carries_pictures_links_and_a_reply() -> None:
    """Every member has its home; what is not given is not sent."""
    image = Image(url="https://x/y.png", description="a shoe")
    picker = ListPicker(
        title="Shoes",
        image=image,
        reference_id="r1",
        reply=ReplyMessage(title="Thanks", subtitle="Soon yours"),
        elements=(Element(title="Red", subtitle="size 42", image=image), Element(title="More", url="https://x/")),
    )
    picture = {"imageType": "URL", "imageData": "https://x/y.png", "imageDescription": "a shoe"}
    assert sent(picker)["data"] == {
        "replyMessage": {"title": "Thanks", "subtitle": "Soon yours"},
        "content": {
            "title": "Shoes",
            **picture,
            "elements": [
                {"title": "Red", "subtitle": "size 42", **picture},
                {"title": "More", "type": "hyperlink", "url": "https://x/"},
            ],
            "referenceId": "r1",
        },
    }


def test_a_time_picker_tells_the_place() -> None:
    """In JSON and in words."""
    place = Location(latitude=47.6, longitude=-122.3, title="Oscar", radius=1)
    picker = TimePicker(title="When?", subtitle="30 minutes", timeslots=(SLOT,), location=place)
    assert sent(picker)["data"]["content"]["location"] == {
        "latitude": 47.6,
        "longitude": -122.3,
        "title": "Oscar",
        "radius": 1,
    }
    assert picker.to_text() == "When?\n30 minutes\nOscar\n1. 2026-11-10 17:00 (30 min)"


@pytest.mark.parametrize(
    ("build", "least", "most"),
    [
        (lambda count: ListPicker(title="x", elements=elements(count)), 1, 6),
        (lambda count: ListPicker(title="x", elements=elements(count), most_elements=10), 1, 10),
        (lambda count: Panel(title="x", elements=titles(count)), 1, 10),
        (lambda count: QuickReply(title="x", elements=titles(count)), 2, 10),
        (lambda count: TimePicker(title="x", timeslots=(SLOT,) * count), 1, 40),
        (lambda count: Carousel(title="x", elements=cards(count)), 2, 5),
    ],
)
def test_too_few_or_too_many_elements_cannot_be_built(build: Callable[[int], Template], least: int, most: int) -> None:
    """The sentence says how many there may be and how many there are."""
    for count in (least, most):
        build(count)
    for count in (least - 1, most + 1):
        with pytest.raises(InvalidMessage, match=f"takes {least} to {most} elements, this one has {count}"):
            build(count)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: QuickReply(title=" ", elements=("a", "b")), "a QuickReply needs a title that is not empty."),
        (lambda: Panel(title="x", elements=("",)), "an element needs a title"),
        (lambda: Element(title=""), "an element needs a title"),
        (lambda: Element(title=7), "an element needs a title"),  # type: ignore[arg-type]
        (lambda: ReplyMessage(title=""), "a reply message needs a title"),
        (lambda: Location(latitude=1, longitude=1, title=""), "a location needs a title"),
        (lambda: Location(latitude=91, longitude=1, title="x"), "latitude is -90 to 90"),
        (lambda: TimeSlot(date=NOON.replace(tzinfo=None), duration=5), "a date with a time zone"),
        (lambda: TimeSlot(date=NOON, duration=0), "a duration of at least a minute"),
        (lambda: TimePicker(title="x", timeslots=(SLOT,), time_zone_offset=1440), "less than a day"),
        (lambda: CarouselElement(identifier="", template=Panel(title="x", elements=("a",))), "needs an identifier"),
        (lambda: Carousel(title="x", elements=cards(1) * 2), "different identifiers"),
        (lambda: Panel(title="x" * 17_000, elements=("a",)), "16,384 bytes in all, this one has 17,"),
        (lambda: Panel(title="ü" * 9_000, elements=("a",)), "16,384 bytes in all, this one has 18,"),
    ],
)
def test_what_connect_would_refuse_cannot_be_built(build: Callable[[], object], sentence: str) -> None:
    """Each with its own sentence."""
    with pytest.raises(InvalidMessage, match=sentence):
        build()


def test_plain_text_numbers_the_choices() -> None:
    """For chats without interactive messages; the numbers count as `titles` do."""
    picker = ListPicker(
        title="Shoes", subtitle="Pick", elements=(Element(title="Red", subtitle="42"), Element(title="Web", url="u"))
    )
    assert picker.to_text() == "Shoes\nPick\n1. Red - 42\n2. Web - u"
    assert picker.titles == ("Red", "Web")
    assert QuickReply(title="Sure?", elements=("Yes", "No")).to_text() == "Sure?\n1. Yes\n2. No"
    assert Panel(title="Sure?", elements=("Yes",)).to_text() == "Sure?\n1. Yes"


def test_a_carousels_choices_are_numbered_through() -> None:
    """Each with the title of its card."""
    carousel = Carousel(title="Hotels", elements=cards(2))
    assert carousel.titles == ("Bel Air: Book Room", "Bel Air: Book Room")
    assert carousel.to_text() == "Hotels\n1. Bel Air: Book Room\n2. Bel Air: Book Room"


def test_slots_are_shown_in_the_pickers_zone_or_their_own() -> None:
    """The title stays as the widget will answer it."""
    east = timezone(timedelta(hours=2))
    slots = (TimeSlot(date=NOON.astimezone(east), duration=45),)
    assert TimePicker(title="x", timeslots=slots).lines() == ["2026-11-10 19:00 (45 min)"]
    assert TimePicker(title="x", timeslots=slots, time_zone_offset=-60).lines() == ["2026-11-10 16:00 (45 min)"]
    assert TimePicker(title="x", timeslots=slots).titles == ("2026-11-10T19:00+02:00",)


@given(st.lists(st.text(st.characters(codec=None), max_size=30), max_size=12), st.text(st.characters(codec=None)))
def test_building_raises_nothing_else_and_content_is_json_in_utf8(options: list[str], title: str) -> None:
    """Whatever words an author takes from elsewhere."""
    try:
        built = Panel(title=title, elements=tuple(options))
    except InvalidMessage:
        return
    content = json.loads(built.to_content().encode())["data"]["content"]
    assert len(content["elements"]) == len(options)


WRONG_PARTS: list[tuple[Callable[[], object], str]] = [
    (lambda: ListPicker(title="x", elements=("A", "B")), r"a ListPicker takes Element\(\.\.\.\); number 1 is of str"),  # type: ignore[arg-type]
    (lambda: TimePicker(title="x", timeslots=(SLOT, "noon")), r"a TimePicker takes TimeSlot\(.*; number 2 is of str"),  # type: ignore[arg-type]
    (lambda: Carousel(title="x", elements=("A", "B")), r"a Carousel takes CarouselElement\("),  # type: ignore[arg-type]
    (lambda: Panel(title="x", elements="AB"), "a Panel takes a tuple of strings, not str"),  # type: ignore[arg-type]
    (lambda: Panel(title="x", elements=(1,)), "a Panel takes strings; number 1 is of int"),  # type: ignore[arg-type]
    (lambda: QuickReply(title="x", elements=None), "a tuple of strings, not NoneType"),  # type: ignore[arg-type]
    (lambda: TimeSlot(date="2026-11-10", duration=30), "a datetime and a duration in whole minutes"),  # type: ignore[arg-type]
    (lambda: TimeSlot(date=NOON, duration="30"), "a datetime and a duration in whole minutes"),  # type: ignore[arg-type]
    (lambda: CarouselElement(identifier="a", template="x"), "a ListPicker or a Panel, not str"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("build", "sentence"), WRONG_PARTS, ids=[sentence[:20] for _, sentence in WRONG_PARTS])
def test_a_part_of_another_kind_is_named(build: Callable[[], object], sentence: str) -> None:
    """What the template takes, and which of its parts is none."""
    with pytest.raises(InvalidMessage, match=sentence):
        build()


def test_a_title_longer_than_a_widget_shows_is_no_error() -> None:
    """The official widget cuts it [client code]; only the bytes of the whole are limited [documented]."""
    assert Panel(title="x" * 1_000, elements=("a",)).titles == ("a",)
    with pytest.raises(InvalidMessage, match="16,384 bytes in all"):
        Panel(title="x" * 16_384, elements=("a",))
