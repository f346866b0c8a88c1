"""Which items have been dealt with: a bounded memory of ids above a floor.

Everything at or below the floor counts as dealt with, above it exactly the remembered ids. So a repeated item is told
from a late one without remembering a whole chat. It knows positions and ids, nothing of what an item says.
"""

from bisect import insort

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
        self._done = sorted(cursor.handled)
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
        done = self._done
        if done and position < done[-1]:
            insort(done, position)
        else:
            done.append(position)
        if len(done) > self.REMEMBERED:
            self._floor = done.pop(0)
            self._ids.discard(self._floor[1] or self._floor[0])

    def settle(self) -> None:
        """Everything up to the newest is dealt with, remembered or not: nothing that old can come any more."""
        if self._done:
            self._cursor, self._floor = None, self._done[-1]
            self._done.clear()
            self._ids.clear()

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
            self._cursor = Cursor(floor=self._floor, handled=tuple(self._done))
        return self._cursor
