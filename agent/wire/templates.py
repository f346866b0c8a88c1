"""Interactive messages as values: each knows its JSON, its choices and how it reads as plain text.

What Amazon Connect would refuse cannot be built [documented]. Titles and texts may be longer than a widget shows: the
official one cuts titles and subtitles at 400 characters, and the options of a QuickReply at 200 [client code]; that
is no error. This module knows nothing of sending, nor of what the customer answers.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar, TypeAlias

from agent.errors import InvalidMessage
from agent.wire.content import MAX_CONTENT_BYTES
from agent.wire.forgiving import whole

Json: TypeAlias = dict[str, Any]

LIST_PICKER_ELEMENTS = 6
"""The most elements of a ListPicker that every source agrees on; a newer one says 10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture, by its URL."""

    url: str
    description: str | None = None

    def fields(self) -> Json:
        return _present(imageType="URL", imageData=self.url, imageDescription=self.description)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyMessage:
    """What the widget shows once the customer has chosen."""

    title: str
    subtitle: str | None = None
    image: Image | None = None

    def __post_init__(self) -> None:
        _need_text("a reply message", "a title", self.title)

    def fields(self) -> Json:
        return _heading(self.title, self.subtitle, self.image)


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One choice of a ListPicker. With `url` it is a link; `action` turns the page [client code]."""

    title: str
    subtitle: str | None = None
    image: Image | None = None
    url: str | None = None
    action: str | None = None

    def __post_init__(self) -> None:
        _need_text("an element", "a title", self.title)

    def fields(self) -> Json:
        link = {"type": "hyperlink", "url": self.url} if self.url else {}
        return _heading(self.title, self.subtitle, self.image) | link | _present(actionDetail=self.action)

    def line(self) -> str:
        return " - ".join(filter(None, (self.title, self.subtitle, self.url)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Template(ABC):
    """An interactive message. Building one that cannot be sent raises InvalidMessage with the reason."""

    kind: ClassVar[str]
    fewest: ClassVar[int] = 1
    most: ClassVar[int] = 10
    part: ClassVar[type] = str

    title: str
    reply: ReplyMessage | None = None

    def __post_init__(self) -> None:
        name = f"a {self.kind}"
        _need_text(name, "a title", self.title)
        _need_parts(name, self._parts(), self.part)
        least, most = self._bounds()
        if not least <= (count := self._count()) <= most:
            raise InvalidMessage(f"{name} takes {least} to {most} elements, this one has {count}.")
        size = len(self.to_content().encode())
        if size > MAX_CONTENT_BYTES:
            raise InvalidMessage(f"{name} may have {MAX_CONTENT_BYTES:,} bytes in all, this one has {size:,}.")

    @property
    @abstractmethod
    def titles(self) -> tuple[str, ...]:
        """The choices, as a customer would type them, in the order of `to_text`."""

    @abstractmethod
    def _parts(self) -> object:
        """What there is to choose from, as it was given."""

    @abstractmethod
    def content(self) -> Json:
        """The template's ``content`` object."""

    @abstractmethod
    def lines(self) -> Sequence[str]:
        """The choices as lines of text."""

    def to_content(self) -> str:
        """The message's Content."""
        return whole(json.dumps(self.fields(), ensure_ascii=False, separators=(",", ":")))

    def fields(self) -> Json:
        """The message as JSON."""
        reply = {"replyMessage": self.reply.fields()} if self.reply else {}
        return {"templateType": self.kind, "version": "1.0", "data": reply | {"content": self.content()}}

    def to_text(self) -> str:
        """The message as plain text with numbered choices, for chats without interactive messages."""
        numbered = (f"{number}. {line}" for number, line in enumerate(self.lines(), 1))
        return "\n".join([self.title, *self._subtitles(), *numbered])

    def _bounds(self) -> tuple[int, int]:
        return self.fewest, self.most

    def _count(self) -> int:
        return len(self.titles)

    def _subtitles(self) -> Iterable[str]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Illustrated(Template):
    subtitle: str | None = None
    image: Image | None = None

    def _subtitles(self) -> Iterable[str]:
        return filter(None, [self.subtitle])


@dataclass(frozen=True, slots=True, kw_only=True)
class Turning:
    """Where a page of a long list stands; the widget sends it back when the customer turns the page [client code]."""

    list_id: str
    reference_id: str
    previous: int
    following: int

    def fields(self) -> Json:
        return {
            "listId": self.list_id,
            "referenceId": self.reference_id,
            "preIndex": self.previous,
            "nextIndex": self.following,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPicker(_Illustrated):
    """A list to pick one from; each element may have a subtitle and a picture.

    `most_elements` is 6 unless set: the sources disagree on 6 or 10. A widget shows a message with the `reference_id`
    of an older one in its place [client code].
    """

    kind = "ListPicker"
    part = Element

    elements: tuple[Element, ...]
    reference_id: str | None = None
    turning: Turning | None = None
    most_elements: int = field(default=LIST_PICKER_ELEMENTS, repr=False, compare=False)

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(each.title for each in self.elements)

    def content(self) -> Json:
        place = self.turning.fields() if self.turning else _present(referenceId=self.reference_id)
        elements = [each.fields() for each in self.elements]
        return _heading(self.title, self.subtitle, self.image) | {"elements": elements} | place

    def lines(self) -> Sequence[str]:
        return [each.line() for each in self.elements]

    def _bounds(self) -> tuple[int, int]:
        return self.fewest, self.most_elements

    def _parts(self) -> object:
        return self.elements


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel(_Illustrated):
    """Up to ten titles below one picture."""

    kind = "Panel"

    elements: tuple[str, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        return self.elements

    def content(self) -> Json:
        return _heading(self.title, self.subtitle, self.image) | {"elements": _titled(self.elements)}

    def lines(self) -> Sequence[str]:
        return self.elements

    def _parts(self) -> object:
        return self.elements


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickReply(Template):
    """Two to ten buttons (Apple Messages: five)."""

    kind = "QuickReply"
    fewest = 2

    elements: tuple[str, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        return self.elements

    def content(self) -> Json:
        return {"title": self.title, "elements": _titled(self.elements)}

    def lines(self) -> Sequence[str]:
        return self.elements

    def _parts(self) -> object:
        return self.elements


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSlot:
    """A moment to choose; `duration` in minutes [documented sample]."""

    date: datetime
    duration: int

    def __post_init__(self) -> None:
        if not isinstance(self.date, datetime) or not isinstance(self.duration, int):
            raise InvalidMessage("a time slot needs a datetime and a duration in whole minutes.")
        if self.date.utcoffset() is None:
            raise InvalidMessage("a time slot needs a date with a time zone.")
        if self.duration < 1:
            raise InvalidMessage("a time slot needs a duration of at least a minute.")

    @property
    def title(self) -> str:
        """The date as the customer's answer spells it."""
        return self.date.isoformat(timespec="minutes")

    def fields(self) -> Json:
        return {"date": self.title, "duration": self.duration}


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where an appointment takes place; `radius` in metres [inferred]."""

    latitude: float
    longitude: float
    title: str
    radius: float | None = None

    def __post_init__(self) -> None:
        _need_text("a location", "a title", self.title)
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise InvalidMessage("a location's latitude is -90 to 90 and its longitude -180 to 180.")

    def fields(self) -> Json:
        return _present(latitude=self.latitude, longitude=self.longitude, title=self.title, radius=self.radius)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePicker(Template):
    """Time slots to choose one from; `time_zone_offset` in minutes, shown instead of the slots' own zones."""

    kind = "TimePicker"
    most = 40
    part = TimeSlot

    timeslots: tuple[TimeSlot, ...]
    subtitle: str | None = None
    time_zone_offset: int | None = None
    location: Location | None = None

    def __post_init__(self) -> None:
        if self.time_zone_offset is not None and not -24 * 60 < self.time_zone_offset < 24 * 60:
            raise InvalidMessage("a TimePicker's time zone offset is less than a day of minutes.")
        Template.__post_init__(self)

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(each.title for each in self.timeslots)

    def content(self) -> Json:
        return _present(
            title=self.title,
            subtitle=self.subtitle,
            timeZoneOffset=self.time_zone_offset,
            location=self.location.fields() if self.location else None,
            timeslots=[each.fields() for each in self.timeslots],
        )

    def lines(self) -> Sequence[str]:
        return [f"{self._shown(each.date):%Y-%m-%d %H:%M} ({each.duration} min)" for each in self.timeslots]

    def _parts(self) -> object:
        return self.timeslots

    def _shown(self, date: datetime) -> datetime:
        if self.time_zone_offset is None:
            return date
        return date.astimezone(timezone(timedelta(minutes=self.time_zone_offset)))

    def _subtitles(self) -> Iterable[str]:
        return filter(None, [self.subtitle, self.location.title if self.location else None])


@dataclass(frozen=True, slots=True, kw_only=True)
class CarouselElement:
    """One card of a carousel; the customer's answer names its `identifier`."""

    identifier: str
    template: ListPicker | Panel

    def __post_init__(self) -> None:
        _need_text("a carousel element", "an identifier", self.identifier)
        if not isinstance(self.template, ListPicker | Panel):
            raise InvalidMessage(
                f"a carousel element takes a ListPicker or a Panel, not {type(self.template).__name__}."
            )

    def fields(self) -> Json:
        return {"templateIdentifier": self.identifier} | self.template.fields()


@dataclass(frozen=True, slots=True, kw_only=True)
class Carousel(Template):
    """Two to five lists or panels side by side."""

    kind = "Carousel"
    fewest = 2
    most = 5
    part = CarouselElement

    elements: tuple[CarouselElement, ...]

    def __post_init__(self) -> None:
        Template.__post_init__(self)
        if len({each.identifier for each in self.elements}) < len(self.elements):
            raise InvalidMessage("a Carousel's elements need different identifiers.")

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(f"{each.template.title}: {title}" for each in self.elements for title in each.template.titles)

    def content(self) -> Json:
        return {"title": self.title, "elements": [each.fields() for each in self.elements]}

    def lines(self) -> Sequence[str]:
        return [f"{each.template.title}: {line}" for each in self.elements for line in each.template.lines()]

    def _count(self) -> int:
        return len(self.elements)

    def _parts(self) -> object:
        return self.elements


def _need_text(owner: str, name: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise InvalidMessage(f"{owner} needs {name} that is not empty.")


def _need_parts(owner: str, parts: object, kind: type) -> None:
    """Each part is of its kind: a string where a title is enough, else the class that holds one."""
    wanted = "strings" if kind is str else f"{kind.__name__}(...)"
    if not isinstance(parts, list | tuple):
        raise InvalidMessage(f"{owner} takes a tuple of {wanted}, not {type(parts).__name__}.")
    for number, part in enumerate(parts, 1):
        if not isinstance(part, kind):
            raise InvalidMessage(f"{owner} takes {wanted}; number {number} is of {type(part).__name__}.")


def _present(**fields: object) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def _heading(title: str, subtitle: str | None, image: Image | None) -> Json:
    return _present(title=title, subtitle=subtitle) | (image.fields() if image else {})


def _titled(titles: Iterable[str]) -> list[Json]:
    for title in titles:
        _need_text("an element", "a title", title)
    return [{"title": title} for title in titles]
