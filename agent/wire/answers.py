"""What a customer answers to an interactive message, as the official widget sends it [client code].

Reading is total: what is no answer of a known form is `FreeText`. Which message it answers, and whether the choice
was on offer, is not known here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from agent.wire.content import ContentType
from agent.wire.forgiving import decode_json
from agent.wire.paging import PREVIOUS_OPTIONS, SHOW_MORE

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Picked:
    """An element of a ListPicker, Panel or QuickReply; what a customer picked is not shown."""

    title: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PickedSlot:
    """A slot of a TimePicker; aware."""

    date: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PickedInCarousel:
    """An element of the list or panel `identifier` of a Carousel."""

    identifier: str = field(repr=False)
    list_title: str = field(repr=False)
    title: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """The customer turns a page of a long list; nothing was picked yet. `action`: SHOW_MORE or PREVIOUS_OPTIONS."""

    action: str
    previous: int
    following: int
    list_id: str = field(repr=False)
    reference_id: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewAction:
    """Something was done in a view that the flow shows; `output` is what the view says of it."""

    action: str = field(repr=False)
    output: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class FreeText:
    """The customer's own words."""

    text: str = field(repr=False)


Answer: TypeAlias = Picked | PickedSlot | PickedInCarousel | Paged | ViewAction | FreeText


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewResource:
    """A view that the flow shows to the customer; bots only read it."""

    view_id: str = field(repr=False)
    view_token: str = field(repr=False)
    content: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)


def parse_response(content_type: str, content: str, *, titles: Sequence[str] = ()) -> Answer:
    """What a message of the customer's says; never raises.

    A picked title comes as plain text like any other: it is `Picked` when it is one of `titles`, to the letter.
    """
    if content_type == ContentType.INTERACTIVE_RESPONSE:
        return _response(_object(content)) or FreeText(content)
    if content in titles:
        return Picked(content)
    return _slot(content) or _in_carousel(_object(content)) or FreeText(content)


def parse_view(content: str) -> ViewResource | None:
    """The view in an interactive message's Content; None when it shows none."""
    message = _object(content)
    if message.get("templateType") != "ViewResource":
        return None
    view = _inner(_inner(message, "data"), "content")
    return ViewResource(
        view_id=_text(view, "viewId"), view_token=_text(view, "viewToken"), content=_inner(view, "viewData")
    )


def _response(message: Mapping[str, Any]) -> Answer | None:
    output = _inner(message, "data")
    action = _text(message, "action") or _text(output, "actionName")
    if action in (SHOW_MORE, PREVIOUS_OPTIONS):
        return _paged(action, output)
    if action.strip():
        return ViewAction(action=action, output=output)
    return FreeText(_text(output, "content")) if "content" in output else None


def _paged(action: str, place: Mapping[str, Any]) -> Paged:
    return Paged(
        action=action,
        previous=_index(place, "preIndex"),
        following=_index(place, "nextIndex"),
        list_id=_text(place, "listId"),
        reference_id=_text(place, "referenceId"),
    )


def _slot(content: str) -> PickedSlot | None:
    try:
        return PickedSlot(datetime.fromisoformat(content)) if _DATE.fullmatch(content) else None
    except ValueError:
        return None


def _in_carousel(choice: Mapping[str, Any]) -> PickedInCarousel | None:
    identifier, title = _text(choice, "templateIdentifier"), _text(choice, "selectionText")
    if not identifier or not title:
        return None
    return PickedInCarousel(identifier=identifier, list_title=_text(choice, "listTitle"), title=title)


def _object(content: str) -> Mapping[str, Any]:
    """The JSON object in `content`, empty when there is none."""
    if not content.lstrip().startswith("{"):
        return {}
    try:
        found = decode_json(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _inner(fields: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = fields.get(key)
    return found if isinstance(found, dict) else {}


def _text(fields: Mapping[str, Any], key: str) -> str:
    found = fields.get(key)
    return found if isinstance(found, str) else ""


def _index(fields: Mapping[str, Any], key: str) -> int:
    found = fields.get(key)
    return found if type(found) is int and found >= 0 else 0
