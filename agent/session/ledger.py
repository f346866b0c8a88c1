"""Which items have been dealt with: a bounded memory of ids above a floor.

Everything at or below the floor counts as dealt with, above it exactly the remembered ids. So a repeated item is told
from a late one without remembering a whole chat. It knows positions and ids, nothing of what an item says.
"""

from agent.ids import ItemId
from agent.record import Cursor

Position = tuple[str, str]


class Ledger:
    """A mutable `Cursor`: `mark` what is done, ask with ``in``, `cursor` is its durable form."""

    REMEMBERED = 64

    def __init__(self, cursor: Cursor) -> None:
        self._floor: Position = cursor.floor
        self._done: dict[str, Position] = {_identity(position): position for position in cursor.handled}

    def __contains__(self, position: Position) -> bool:
        return _identity(position) in self._done or position <= self._floor

    def mark(self, position: Position) -> None:
        """`position` is dealt with."""
        if position in self:
            return
        self._done[_identity(position)] = position
        if len(self._done) > self.REMEMBERED:
            self._floor = min(self._done.values())
            del self._done[_identity(self._floor)]

    @property
    def anchor(self) -> ItemId | None:
        """The newest item before which nothing can be missing; None when only the beginning will do."""
        return ItemId(self._floor[1]) if self._floor[1] else None

    @property
    def newest(self) -> Position:
        """The newest position dealt with."""
        return max(self._done.values(), default=self._floor)

    @property
    def cursor(self) -> Cursor:
        return Cursor(floor=self._floor, handled=tuple(sorted(self._done.values())))


def _identity(position: Position) -> str:
    """The item's id, or its time where it has none: clients have been made to expect that [client code]."""
    return position[1] or position[0]
