"""What was remembered of each chat, and when: for going back to an earlier turn. It knows no transcript and no page."""

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.record import ContactRecord, Cursor, Phase

MOMENTS = 500
"""How many records of one chat are kept: about two for each turn, and one for each step of a dialog."""
CHATS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A record as it was saved.

    Attributes:
        at: when, as Amazon Connect's clock showed it: an AbsoluteTime.
        saved: when, in seconds since the epoch by our own clock.
        attributes: the contact's at that time.
    """

    record: ContactRecord
    at: str
    saved: float = 0.0
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)


class History:
    """The moments of the latest chats, each by the id of its first contact."""

    def __init__(self, *, moments: int = MOMENTS, chats: int = CHATS) -> None:
        self._moments = moments
        self._most = chats
        self._chats: OrderedDict[str, deque[Moment]] = OrderedDict()

    def note(self, chat: str, moment: Moment) -> None:
        """Keeps `moment` as the newest; the oldest one goes when there are too many, and so does the oldest chat."""
        kept = self._chats.setdefault(chat, deque(maxlen=self._moments))
        self._chats.move_to_end(chat)
        kept.append(moment)
        while len(self._chats) > self._most:
            self._chats.popitem(last=False)

    def before(self, chat: str, position: tuple[str, str]) -> Moment | None:
        """How things stood when the turn about the item at `position` had not begun; None when no turn had ended yet.

        Saves in the middle of a turn are passed over: the first record with so many turns is the one between two turns.

        Raises:
            LookupError: that is too long ago, or nothing is known of the chat.
        """
        kept = self._chats[chat]
        earlier = [one for one in kept if one.record.phase is Phase.JOINED and not _covers(one.record.cursor, position)]
        if not earlier:
            raise LookupError(chat)
        turns = max(one.record.handled_turns for one in earlier)
        if turns == 0:
            return None
        first = next(one for one in earlier if one.record.handled_turns == turns)
        if first is kept[0] and len(kept) == self._moments:
            raise LookupError(chat)  # the one between two turns may just have been forgotten
        return first

    def continued(self, chat: str, new: str, last: Moment) -> None:
        """`new` is another chat that goes on from `last` of `chat`; what came before it is its past as well."""
        for moment in list(self._chats[chat]):
            self.note(new, moment)
            if moment is last:
                return


def _covers(cursor: Cursor, position: tuple[str, str]) -> bool:
    return position <= cursor.floor or position in cursor.handled
