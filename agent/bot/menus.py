"""Menus: choices as the contact can show them, and the customer's answer as the choice made.

A menu is a template and the value of each of its entries. What the customer picks, types, numbers or nearly spells
comes back as a value; turning a page of a long list is no answer yet. It knows no run and no turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from agent.bot.choice import Choice
from agent.bot.offering import offered
from agent.bot.wording import called
from agent.errors import DialogError
from agent.wire.interactive import (
    LIST_PICKER_ELEMENTS,
    Carousel,
    Element,
    Image,
    ListPicker,
    Paged,
    PagedList,
    Picked,
    PickedInCarousel,
    PickedSlot,
    QuickReply,
    Template,
    TimePicker,
    match_choice,
    parse_response,
)
from agent.wire.items import Message

T = TypeVar("T")

_MOST_BUTTONS = 10


@dataclass(frozen=True, slots=True)
class Menu(Generic[T]):
    """A template or a list of any length, and the value of each entry, in the order of its titles."""

    template: Template | PagedList
    values: Sequence[T]

    @property
    def first(self) -> Template:
        """What is shown at first."""
        return self.template.page() if isinstance(self.template, PagedList) else self.template

    @property
    def text(self) -> str:
        """The whole menu as numbered text."""
        return self.template.to_text()

    def read(self, message: Message) -> T:
        """The value of the entry that `message` means.

        Raises:
            ValueError: it means none, or more than one.
        """
        titles = self.template.titles
        match parse_response(message.content_type, message.content, titles=titles):
            case Picked(title=title):
                return self.values[titles.index(title)]
            case PickedSlot(date=date):
                return self._slot(date)
            case PickedInCarousel() as picked:
                return self._card(picked)
            case _:
                index = match_choice(message.content, titles)
        if index is None:
            raise ValueError("none of the choices")
        return self.values[index]

    def turned(self, message: Message) -> Template | None:
        """The page that `message` asks for, None when it asks for none."""
        answer = parse_response(message.content_type, message.content)
        if not isinstance(answer, Paged) or not isinstance(self.template, PagedList):
            return None
        return self.template.turned(answer.action, previous=answer.previous, following=answer.following)

    def _slot(self, date: object) -> T:
        if isinstance(self.template, TimePicker):
            for slot, value in zip(self.template.timeslots, self.values, strict=True):
                if slot.date == date:
                    return value
        raise ValueError("no such slot")

    def _card(self, picked: PickedInCarousel) -> T:
        if isinstance(self.template, Carousel):
            entries = ((card, title) for card in self.template.elements for title in card.template.titles)
            for (card, title), value in zip(entries, self.values, strict=True):
                if (card.identifier, title) == (picked.identifier, picked.title):
                    return value
        raise ValueError("no such card")


def of_question(question: object, choices: Sequence[Any]) -> tuple[Menu[Any], str]:
    """The menu for what was given to ``choose``, and its title.

    Raises:
        DialogError: it is no question, or its choices are none.
        InvalidMessage: it cannot be sent.
    """
    if isinstance(question, Template):
        if choices:
            raise DialogError(f"chat.choose: a {question.kind} has choices of its own; give no others.")
        return of_template(question), question.title
    if not isinstance(question, str):
        raise DialogError(f"chat.choose: the question must be a string or a template, not {called(question)}.")
    return of_choices(question, choices), question


def of_choices(question: str, choices: Sequence[Any]) -> Menu[Any]:
    """The menu for a question and its choices, strings standing for themselves.

    Raises:
        DialogError: there are none, one that a customer could not type, or two that nobody could tell apart.
        InvalidMessage: it cannot be sent.
    """
    if not question.strip():
        raise DialogError("chat.choose needs a question.")
    found = offered(choices)
    values = [one.value for one in found]
    plain = not any(one.subtitle or one.image for one in found)
    if plain and 1 < len(found) <= _MOST_BUTTONS:
        return Menu(QuickReply(title=question, elements=tuple(one.title for one in found)), values)
    return Menu(_list(question, tuple(map(_element, found))), values)


def of_template(template: Template) -> Menu[Any]:
    """The menu of a template: slots for a TimePicker, cards for a Carousel, else the titles."""
    if isinstance(template, TimePicker):
        return Menu(template, template.timeslots)
    if isinstance(template, Carousel):
        return Menu(template, [_picked(card, title) for card in template.elements for title in card.template.titles])
    return Menu(template, template.titles)


def _picked(card: Any, title: str) -> PickedInCarousel:
    return PickedInCarousel(identifier=card.identifier, list_title=card.template.title, title=title)


def _element(choice: Choice[Any]) -> Element:
    image = Image(url=choice.image) if choice.image else None
    return Element(title=choice.title, subtitle=choice.subtitle, image=image)


def _list(question: str, elements: tuple[Element, ...]) -> ListPicker | PagedList:
    if len(elements) <= LIST_PICKER_ELEMENTS:
        return ListPicker(title=question, elements=elements)
    return PagedList(title=question, elements=elements, list_id="choices", reference_id="choices")
