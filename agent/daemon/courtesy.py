"""Which contacts a worker leaves to others for a while, though nobody serves them.

Who should take up a contact is agreed upon without a word (see `census`): one that another worker should rather have
is left to it until the next look. So is, for longer, what was just released for another, and what crashed here again
and again. It knows no store and claims nothing.
"""

from agent.clock import Clock
from agent.daemon.census import Census
from agent.daemon.shunned import Shunned
from agent.ids import ContactKey, WorkerId

_FORGIVEN_AFTER = 600.0


class Courtesy:
    """How `owner` treats its neighbours."""

    def __init__(self, owner: WorkerId, clock: Clock) -> None:
        self._owner = owner
        self._shunned = Shunned(clock)
        self._seen: Census | None = None
        self._before: set[ContactKey] = set()
        self._left: set[ContactKey] = set()

    @property
    def waits(self) -> bool:
        """Whether something was left to others at this look, and is to be taken at the next one."""
        return bool(self._left)

    def look(self, seen: Census | None) -> None:
        """The next look, at which these workers were there; None when nobody else counts."""
        self._seen = seen
        self._before, self._left = self._left, set()

    def allows(self, key: ContactKey) -> bool:
        """Whether the contact may be taken up at this look."""
        if key in self._shunned:
            return False
        if self._seen is None or key in self._before or self._seen.preferred(key) in (None, self._owner):
            return True
        self._left.add(key)
        return False

    def give_away(self, key: ContactKey, seconds: float) -> None:
        """The contact is another's to take for so long."""
        self._shunned.add(key, seconds)

    def give_up(self, key: ContactKey) -> None:
        """The contact crashes here; perhaps not elsewhere, or later."""
        self._shunned.add(key, _FORGIVEN_AFTER)
