"""Which page of the transcript to ask for next, until the gap is closed.

Items sent while no socket was subscribed are never replayed [client code], so after each connect the transcript is
read: forward from the last item known, or backward from the newest when there is none, or when the service does not
know it. Asking, waiting and repeating a call that failed on the way are the business of whoever owns the token.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from agent.ids import ItemId
from agent.wire.items import Item
from agent.wire.transcript import merge

Direction: TypeAlias = Literal["FORWARD", "BACKWARD"]
Position: TypeAlias = tuple[str, str]

LARGEST_PAGE = 100
"""The most items of one page [documented]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """The arguments of one GetTranscript call; `start` goes with FORWARD only, pages are sorted ASCENDING."""

    direction: Direction
    start: ItemId | None = None
    next_token: str | None = field(default=None, repr=False)
    max_results: int = LARGEST_PAGE


class Reading(StrEnum):
    """How a catch-up reads."""

    FORWARD = "forward"
    BACKWARD = "backward"
    CLOSED = "closed"


class CatchUp:
    """One reading of the transcript, from a (re)connect until the gap is closed."""

    def __init__(
        self,
        *,
        anchor: ItemId | None = None,
        floor: Position = ("", ""),
        page_size: int = LARGEST_PAGE,
        believe_nothing: bool = False,
    ) -> None:
        """Reads forward from the item `anchor`, or backward until a page reaches `floor`, or the beginning.

        Nothing before the anchor is looked at: take one before which nothing is missing.
        `believe_nothing`: whether an empty answer after the anchor means that nothing happened. It is not documented
        that it cannot mean an unknown anchor, so by default one backward page checks it [inferred].
        """
        self.reading = Reading.BACKWARD if anchor is None else Reading.FORWARD
        self._anchor = anchor
        self._floor = floor
        self._page_size = page_size
        self._believe_nothing = believe_nothing
        self._restarted = False
        self._next_token: str | None = None
        self._tokens: set[str] = set()
        self._pages: list[Iterable[Item]] = []

    @property
    def closed(self) -> bool:
        """Whether everything there is has been read."""
        return self.reading is Reading.CLOSED

    @property
    def items(self) -> list[Item]:
        """Everything read so far, in order, once each; it may reach back beyond the floor."""
        return merge(*self._pages)

    def next_request(self) -> PageRequest | None:
        """What to ask for now; None when the gap is closed."""
        if self.closed:
            return None
        forward = self.reading is Reading.FORWARD
        return PageRequest(
            direction="FORWARD" if forward else "BACKWARD",
            start=self._anchor if forward else None,
            next_token=self._next_token,
            max_results=self._page_size,
        )

    def receive_page(self, items: Iterable[Item], next_token: str | None) -> None:
        """The answer to the request. An empty page with a token is no end [inferred]; a token seen before is."""
        if self.closed:
            return
        page = list(items)
        self._pages.append(page)
        if next_token and next_token not in self._tokens and not self._reaches_floor(page):
            self._next_token = next_token
            self._tokens.add(next_token)
        elif self.reading is Reading.FORWARD:
            self._end_forward()
        else:
            self._read(Reading.CLOSED)

    def refused(self) -> bool:
        """The service refused the request as such; says whether there is another way to ask.

        There is one after a forward request, and, once, after a backward one whose token may have expired.
        """
        forward = self.reading is Reading.FORWARD
        if not forward and (self._next_token is None or self._restarted):
            return False
        self._restarted = not forward
        self._read(Reading.BACKWARD)
        return True

    def _end_forward(self) -> None:
        found = any(self._pages)
        self._read(Reading.CLOSED if found or self._believe_nothing else Reading.BACKWARD)

    def _reaches_floor(self, page: list[Item]) -> bool:
        if self.reading is Reading.FORWARD:
            return False
        return any(item.absolute_time and item.position <= self._floor for item in page)

    def _read(self, reading: Reading) -> None:
        self.reading = reading
        self._next_token = None
        self._tokens.clear()
