"""A list longer than a ListPicker may be, shown page by page.

Each page is a ListPicker with an element to turn it; the widget sends the page's place back, and the answer is another
page in the place of the old one [client code]. Which page the customer looks at is not remembered here.
"""

from dataclasses import dataclass

from agent.errors import InvalidMessage
from agent.wire.templates import LIST_PICKER_ELEMENTS, Element, Image, ListPicker, ReplyMessage, Turning

SHOW_MORE = "SHOW_MORE"
PREVIOUS_OPTIONS = "PREVIOUS_OPTIONS"

_SMALLEST_PAGE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PagedList:
    """A choice among any number of elements.

    Attributes:
        list_id: names the list; it comes back with each turning of the page.
        reference_id: names the message that later pages replace.
        most_elements: of one page, with those that turn it.
        more, previous: what the elements that turn the page say.
    """

    title: str
    elements: tuple[Element, ...]
    list_id: str
    reference_id: str
    subtitle: str | None = None
    image: Image | None = None
    reply: ReplyMessage | None = None
    most_elements: int = LIST_PICKER_ELEMENTS
    more: str = "Show more"
    previous: str = "Previous options"

    def __post_init__(self) -> None:
        if self.most_elements < _SMALLEST_PAGE:
            raise InvalidMessage(f"a page needs room for {_SMALLEST_PAGE} elements: a choice and both ways to turn.")
        for start in self._starts():
            self.page(start)

    @property
    def titles(self) -> tuple[str, ...]:
        """All choices, in order."""
        return tuple(each.title for each in self.elements)

    def page(self, index: int = 0) -> ListPicker:
        """The page on which the element number `index` stands; the nearest page when there is none."""
        starts = self._starts()
        at = max((number for number, start in enumerate(starts) if start <= index), default=0)
        first, last = at == 0, at == len(starts) - 1
        end = len(self.elements) if last else starts[at + 1]
        shown = tuple(self.elements[starts[at] : end])
        back = () if first else (Element(title=self.previous, action=PREVIOUS_OPTIONS),)
        forth = () if last else (Element(title=self.more, action=SHOW_MORE),)
        place = self._turning(0 if first else starts[at - 1], end)
        return self._picker(shown + back + forth, None if first and last else place)

    def turned(self, action: str, *, previous: int, following: int) -> ListPicker:
        """The page that the customer asked for with SHOW_MORE or PREVIOUS_OPTIONS."""
        return self.page(previous if action == PREVIOUS_OPTIONS else following)

    def to_text(self) -> str:
        """The whole list as plain text with numbered choices."""
        lines = (f"{number}. {each.line()}" for number, each in enumerate(self.elements, 1))
        return "\n".join([self.title, *filter(None, [self.subtitle]), *lines])

    def _starts(self) -> list[int]:
        """Where each page begins: the first and the last have one element to turn, those between have two."""
        starts, room = [0], self.most_elements
        if len(self.elements) <= room:
            return starts
        while len(self.elements) - (following := starts[-1] + room - min(len(starts), 2)) > room - 1:
            starts.append(following)
        return [*starts, following]

    def _turning(self, previous: int, following: int) -> Turning:
        return Turning(list_id=self.list_id, reference_id=self.reference_id, previous=previous, following=following)

    def _picker(self, elements: tuple[Element, ...], turning: Turning | None) -> ListPicker:
        return ListPicker(
            title=self.title,
            subtitle=self.subtitle,
            image=self.image,
            reply=self.reply,
            elements=elements,
            reference_id=self.reference_id,
            turning=turning,
            most_elements=self.most_elements,
        )
