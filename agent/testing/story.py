"""A conversation as it can be shown: who said what, when, and what was expected beside it.

Pure: from a transcript's items to lines of text. It knows no session.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.wire.content import ContentType

_WHO = {"CUSTOMER": "customer", "CUSTOM_BOT": "bot", "AGENT": "agent", "SYSTEM": "system", "SUPERVISOR": "supervisor"}
_WIDTH = 76


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message or event of a conversation.

    Attributes:
        at: seconds since the chat began.
        who: customer, bot, agent, system or supervisor.
        text: the words; an event's name in brackets.
        menu: the entries, when it is a menu.
    """

    at: float
    who: str
    text: str
    content_type: str = ContentType.PLAIN
    said: bool = True
    menu: tuple[str, ...] = ()


def lines(items: Iterable[Mapping[str, Any]]) -> list[Line]:
    """The lines of a transcript."""
    found = list(items)
    began = _moment(found[0]) if found else 0.0
    return [_line(item, began) for item in found]


def _line(item: Mapping[str, Any], began: float) -> Line:
    who = _WHO.get(str(item.get("ParticipantRole")), "system")
    at = _moment(item) - began
    content_type = str(item.get("ContentType", ""))
    if item["Type"] != "MESSAGE":
        name = content_type.rpartition(".event.")[2] or str(item["Type"]).lower()
        return Line(at=at, who=who, text=f"[{name}]", content_type=content_type, said=False)
    content = str(item.get("Content", ""))
    return Line(
        at=at, who=who, text=_words(content, content_type), content_type=content_type, menu=menu(content, content_type)
    )


def _moment(item: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(str(item["AbsoluteTime"])).timestamp()


def _words(content: str, content_type: str) -> str:
    if content_type != ContentType.INTERACTIVE:
        return content
    inner = _inner(content)
    titles = menu(content, content_type)
    return "\n".join([str(inner.get("title", "")), *(f"{number}. {title}" for number, title in enumerate(titles, 1))])


def menu(content: str, content_type: str) -> tuple[str, ...]:
    """The entries of a menu, interactive or as numbered text; empty for anything else."""
    if content_type == ContentType.INTERACTIVE:
        inner = _inner(content)
        return tuple(str(one.get("title") or one.get("date", "")) for one in _entries(inner))
    found: list[str] = []
    for line in content.splitlines():
        number, point, title = line.partition(". ")
        if point and number.strip() == str(len(found) + 1):
            found.append(title.strip())
    return tuple(found)


def _entries(inner: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    entries: Sequence[Mapping[str, Any]] = inner.get("elements") or inner.get("timeslots") or ()
    return entries


def _inner(content: str) -> Mapping[str, Any]:
    try:
        inner: Mapping[str, Any] = json.loads(content)["data"]["content"]
    except (ValueError, KeyError, TypeError):
        return {}
    return inner


def shown(story: Sequence[Line], notes: Mapping[int, str] | None = None) -> str:
    """`story` as text, with `notes` beside the lines of those numbers; a note one past the end stands alone."""
    rows: list[str] = []
    for number, line in enumerate(story):
        first, *rest = line.text.splitlines() or [""]
        rows.append(_beside(f"  {_clock(line.at)}  {line.who:<9} {first}", (notes or {}).get(number)))
        rows.extend(f"  {'':>8}  {'':<9} {more}" for more in rest)
    if alone := (notes or {}).get(len(story)):
        rows.append(_beside("", alone))
    return "\n".join(rows)


def _beside(row: str, note: str | None) -> str:
    return row if note is None else f"{row:<{_WIDTH}}  <── {note}"


def _clock(at: float) -> str:
    minutes, seconds = divmod(round(at), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:d}:{minutes:02d}:{seconds:02d}"
