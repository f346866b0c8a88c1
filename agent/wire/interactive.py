"""Interactive messages: everything to build them, to page them and to read the answers, by one name.

The parts stand in `templates`, `paging`, `answers` and `choices`.
"""

from agent.wire.answers import (
    Answer,
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
from agent.wire.choices import LONGEST, match_choice, typed
from agent.wire.paging import PREVIOUS_OPTIONS, SHOW_MORE, PagedList
from agent.wire.templates import (
    LIST_PICKER_ELEMENTS,
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
    Turning,
)

__all__ = [
    "LIST_PICKER_ELEMENTS",
    "LONGEST",
    "PREVIOUS_OPTIONS",
    "SHOW_MORE",
    "Answer",
    "Carousel",
    "CarouselElement",
    "Element",
    "FreeText",
    "Image",
    "ListPicker",
    "Location",
    "Paged",
    "PagedList",
    "Panel",
    "Picked",
    "PickedInCarousel",
    "PickedSlot",
    "QuickReply",
    "ReplyMessage",
    "Template",
    "TimePicker",
    "TimeSlot",
    "Turning",
    "ViewAction",
    "ViewResource",
    "match_choice",
    "parse_response",
    "parse_view",
    "typed",
]
