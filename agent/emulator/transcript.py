"""The kept items of a chat, and the pages GetTranscript reads from them.

A page is a walk over a list of items from a position, one way or the other; a NextToken is that position.
This module must not know tokens of participants, nor which participant reads what.
"""

import base64
import binascii
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from agent.emulator.errors import InvalidInput
from agent.emulator.items import Item

Direction = Literal["FORWARD", "BACKWARD"]
DEFAULT_PAGE = 10  # [documented]


class Transcript:
    """Items in the order of their AbsoluteTime, which is strictly increasing."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._positions: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.items)

    def append(self, item: Item) -> None:
        """Keep `item` as the newest."""
        self._positions[item["Id"]] = len(self.items)
        self.items.append(item)

    def find(self, item_id: str) -> Item | None:
        """The item with this Id, if it is kept."""
        position = self._positions.get(item_id)
        return None if position is None else self.items[position]

    def position(self, item_id: str) -> int | None:
        """Where that item stands."""
        return self._positions.get(item_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Where a page begins, which way it goes and how long it is."""

    position: int
    direction: Direction
    limit: int

    def later(self, count: int) -> "Walk":
        """The same walk through a list that has `count` items before."""
        return replace(self, position=max(self.position, -1) + count)

    def page(self, low: int, high: int) -> tuple[range, int | None]:
        """Positions of the page within ``[low, high)`` in walking order, and where the next page begins."""
        if self.direction == "FORWARD":
            first = max(self.position, low)
            last = min(first + self.limit, high)
            return range(first, last), (last if last < high else None)
        first = min(self.position, high - 1)
        last = max(first - self.limit, low - 1)
        return range(first, last, -1), (last if last >= low else None)


def begin(
    items: list[Item],
    start: dict[str, Any],
    direction: Direction | None,
    limit: int,
    *,
    included: bool,
) -> Walk:
    """The first page's walk for a StartPosition (empty: none). Raises InvalidInput for a bad one."""
    way: Direction = direction or ("FORWARD" if start else "BACKWARD")
    if not start:
        return Walk(position=0 if way == "FORWARD" else len(items) - 1, direction=way, limit=limit)
    if len(start) > 1:
        raise InvalidInput("StartPosition takes one of Id, AbsoluteTime and MostRecent")
    position = _position(items, start, way)
    if not included:
        position += 1 if way == "FORWARD" else -1
    return Walk(position=position, direction=way, limit=limit)


def _position(items: list[Item], start: dict[str, Any], way: Direction) -> int:
    if "MostRecent" in start:
        position = max(len(items) - int(start["MostRecent"]), 0)
        return position if way == "FORWARD" else min(position, len(items) - 1)
    if "AbsoluteTime" in start:
        return _by_time(items, _instant(str(start["AbsoluteTime"])), way)
    found = next((n for n, item in enumerate(items) if item["Id"] == start["Id"]), None)
    if found is None:
        raise InvalidInput("StartPosition names no item of this transcript")
    return found


def _by_time(items: list[Item], moment: str, way: Direction) -> int:
    if way == "FORWARD":
        return bisect_left(items, moment, key=lambda item: item["AbsoluteTime"])
    return bisect_right(items, moment, key=lambda item: item["AbsoluteTime"]) - 1


def _instant(text: str) -> str:
    """A client's ISO 8601 moment in the form that items have, so that the two compare. Raises InvalidInput."""
    try:
        moment = datetime.fromisoformat(text)
        known = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return known.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise InvalidInput("AbsoluteTime is not a moment in ISO 8601") from None


def write_token(position: int, direction: Direction, issued: float) -> str:
    """A NextToken: opaque to the client."""
    return base64.urlsafe_b64encode(f"{direction[0]}{position}:{issued:.0f}".encode()).decode()


def read_token(token: str, limit: int) -> tuple[Walk, float]:
    """What `write_token` wrote. Raises InvalidInput for anything else."""
    try:
        text = base64.urlsafe_b64decode(token.encode("ascii")).decode("ascii")
        position, issued = text[1:].split(":")
        way: Direction = {"F": "FORWARD", "B": "BACKWARD"}[text[0]]  # type: ignore[assignment]
        if not (position.isdecimal() and issued.isdecimal()):
            raise ValueError("no numbers")
        return Walk(position=int(position), direction=way, limit=limit), float(issued)
    except (ValueError, KeyError, IndexError, binascii.Error) as error:
        raise InvalidInput("NextToken is not one that was given out") from error
