"""How live chats look to people: tables and lines. It shows what it is given and asks nobody."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_SHORTEST = 8
_STYLES = {"in a turn": "green", "reconnecting": "yellow", "crashed": "red", "joining": "cyan", "gone": "dim"}
_LEVELS = {"warning": "yellow", "error": "red", "debug": "dim"}
_WORDS = {
    "contact.claimed": "taken on",
    "contact.joined": "the bot is on the chat",
    "contact.ended": "over for the bot",
    "item.heard": "the customer's message was heard",
    "turn.began": "turn begins",
    "turn.committed": "turn done",
    "turn.failed": "turn failed",
    "turn.abandoned": "turn cut off",
    "send.accepted": "Amazon Connect accepted a message",
    "send.failed": "a message could not be sent",
    "send.recognised": "said before a crash, not said again",
    "link.subscribed": "websocket subscribed",
    "link.lost": "websocket lost",
    "transcript.read": "transcript read",
    "order.kept": "order kept",
    "order.settled": "order settled",
    "control.used": "an operator's order",
}


def chats(seen: Iterable[Mapping[str, Any]]) -> RenderableType:
    """The chats of each worker; `seen` is what each answered."""
    pages = list(seen)
    ids = [chat["contact_id"] for page in pages for chat in page["chats"]]
    width = shortest(ids)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("CONTACT", "BOT", "STATE", "SINCE", "TURNS", "WAITING", "LAST", "WORKER"):
        table.add_column(name, justify="right" if name in {"SINCE", "TURNS", "WAITING", "LAST"} else "left")
    for page in pages:
        for chat in page["chats"]:
            table.add_row(*_row(chat, page, width))
    heads = [_head(page) for page in pages]
    return Group(*heads, *([table] if ids else []))


def _head(page: Mapping[str, Any]) -> Text:
    why = page.get("not_taking")
    places = f" of {page['places']}" if "places" in page else ""
    head = Text(f"worker {_short_worker(page['worker'])}: {len(page['chats'])}{places} chats")
    return head.append(f", takes none on ({why})", style="yellow") if why else head


def _row(chat: Mapping[str, Any], page: Mapping[str, Any], width: int) -> Sequence[str | Text]:
    state = chat.get("state", "")
    return (
        chat["contact_id"][:width],
        chat.get("bot", ""),
        Text(state, style=_STYLES.get(state, "")),
        _ago(chat.get("since"), page["now"]),
        str(chat.get("turns", "")),
        str(chat["waiting"]),
        _ago(chat.get("last_at"), page["now"]),
        _short_worker(page["worker"]),
    )


def shortest(ids: Sequence[str]) -> int:
    """How many characters tell all `ids` apart."""
    ordered = sorted(set(ids))
    alike = (
        next((n for n in range(len(one) + 1) if one[:n] != other[:n]), len(other)) for one, other in pairwise(ordered)
    )
    return max((_SHORTEST, *alike))


def _short_worker(name: str) -> str:
    return "-".join(name.rsplit(".", 2)[-2:])


def _ago(then: str | None, now: str) -> str:
    if then is None:
        return ""
    seconds = max(0, int((datetime.fromisoformat(now) - datetime.fromisoformat(then)).total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def story(shown: Mapping[str, Any]) -> RenderableType:
    """One chat: what is known of it, and what led to what."""
    chat, record = shown["chat"], shown["record"] or {}
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_row("contact", chat["contact_id"])
    facts.add_row("instance", chat["instance_id"])
    facts.add_row("state", chat.get("state", "not served here") if shown["served"] else "not served here")
    for name in ("bot", "phase", "over", "owner", "epoch", "turns", "dead_letters"):
        if record.get(name) is not None:
            facts.add_row(name.replace("_", " "), str(record[name]))
    for timer in record.get("timers", ()):
        facts.add_row("timer", timer["name"])
    return Group(facts, Text(""), *map(line, _nested(shown["timeline"])))


def _nested(entries: Sequence[Mapping[str, Any]]) -> Iterable[tuple[Mapping[str, Any], bool]]:
    """What happened within a turn stands under the line with which the turn began."""
    return ((entry, bool(entry["turn"]) and entry["name"] != "turn.began") for entry in entries)


def line(entry: tuple[Mapping[str, Any], bool]) -> Text:
    """One thing that happened, in a line."""
    happened, inside = entry
    text = Text(happened["at"][11:23], style="dim")
    text.append("    " if inside else "  ")
    text.append(_WORDS.get(happened["name"], happened["name"]), style=_LEVELS.get(happened["level"], ""))
    told = {**happened["fields"], "error": happened["error"]}
    if inside:
        told.pop("turn", None)
    text.append("".join(f"  {name}={_plain(value)}" for name, value in told.items() if value != ""), style="dim")
    return text


def _plain(value: object) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def letters(found: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Dead letters."""
    width = shortest([letter["contact_id"] for letter in found])
    table = Table("CONTACT", "LETTER", "BOT", "ERROR", "AT", box=None, header_style="bold", pad_edge=False)
    for letter in found:
        table.add_row(letter["contact_id"][:width], letter["letter"], letter["bot"], letter["error"], letter["at"])
    return table
