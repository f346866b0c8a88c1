"""Which items have been dealt with: a bounded memory of ids above a floor.

Everything at or below the floor counts as dealt with, above it exactly the remembered ids. So a repeated item is told
from a late one without remembering a whole chat. It knows positions and ids, nothing of what an item says.
"""

from agent.ids import ItemId
from agent.record import Cursor

Position = tuple[str, str]


class Ledger:
    """A mutable `Cursor`: `mark` what is done, ask with ``in``, `cursor` is its durable form.

    An item is known by its id, or by its time where it has none: clients have been made to expect that [client code].
    """

    REMEMBERED = 64

    __slots__ = ("_cursor", "_done", "_floor", "_ids")

    def __init__(self, cursor: Cursor) -> None:
        self._cursor: Cursor | None = cursor
        self._floor: Position = cursor.floor
        self._done = tuple(sorted(cursor.handled))
        self._ids = {position[1] or position[0] for position in cursor.handled}

    def __contains__(self, position: Position) -> bool:
        return (position[1] or position[0]) in self._ids or position <= self._floor

    def mark(self, position: Position) -> None:
        """`position` is dealt with."""
        identity = position[1] or position[0]
        if identity in self._ids or position <= self._floor:
            return
        self._cursor = None
        self._ids.add(identity)
        done = (*self._done, position)
        if self._done and position < self._done[-1]:
            done = tuple(sorted(done))
        if len(done) > self.REMEMBERED:
            self._floor, done = done[0], done[1:]
            self._ids.discard(self._floor[1] or self._floor[0])
        self._done = done

    @property
    def anchor(self) -> ItemId | None:
        """The newest item before which nothing can be missing; None when only the beginning will do."""
        return ItemId(self._floor[1]) if self._floor[1] else None

    @property
    def newest(self) -> Position:
        """The newest position dealt with."""
        return self._done[-1] if self._done else self._floor

    @property
    def cursor(self) -> Cursor:
        """The same value until the next mark."""
        if self._cursor is None:
            self._cursor = Cursor(floor=self._floor, handled=self._done)
        return self._cursor
