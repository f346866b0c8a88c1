"""What is heard of one chat, live or from the transcript.

Every item passes here once: it tells who is present, and goes on to the inbox. It knows no socket and no stream.
"""

from collections.abc import Callable

from agent.errors import ConversationOver
from agent.ids import ParticipantId
from agent.record import ContactRecord
from agent.session.inbox import Inbox
from agent.session.lapse import lapse_until
from agent.session.presence import Presence
from agent.session.surroundings import Ports
from agent.telemetry import Happening, Level
from agent.wire.content import EventType, Role
from agent.wire.items import Event, Item, Message


class Hearing:
    """The ear of one participant."""

    def __init__(
        self,
        record: ContactRecord,
        own: ParticipantId,
        *,
        inbox: Inbox,
        over: Callable[[type[ConversationOver]], None],
        ports: Ports,
    ) -> None:
        """`over` is told why, as soon as what was heard says that the conversation is over; also repeatedly."""
        self._key = record.key
        self._own = own
        self._inbox = inbox
        self._over = over
        self._ports = ports
        self._presence = Presence(own, record.key.contact_id)
        self._since: tuple[str, str] | None = None

    @property
    def customer_name(self) -> str | None:
        """The display name the customer joined with, once heard."""
        return self._presence.customer_name

    def live(self, item: Item) -> None:
        """An item from the socket or the stream."""
        if self._concerns_us(item):
            if self._presence.watch(item):
                self.judge()
            if self._inbox.live(item):
                self._tell_arrival(item, live=True)

    def history(self, item: Item) -> None:
        """An item from the transcript; who is present is for `judge`, when all of it has been read."""
        if self._concerns_us(item):
            self._presence.watch(item)
            if self._inbox.history(item):
                self._tell_arrival(item, live=False)

    def judge(self) -> None:
        """Whether the conversation goes on, by all that was heard."""
        reason = self._presence.verdict()
        if reason is not None:
            self._over(reason)

    def before_us(self, item: Item) -> bool:
        """Whether `item` is older than our arrival, as far as that was heard."""
        return self._since is not None and item.position < self._since

    def _concerns_us(self, item: Item) -> bool:
        """Not what earlier segments or past, rehydrated sessions already dealt with [inferred]."""
        if self._since is None and self._is_own_arrival(item):
            self._since = item.position
        if "RelatedContactId" in item.raw:
            return False
        ours = item.contact_id in (None, self._key.contact_id)
        return ours or (self._since is not None and item.position >= self._since)

    def _is_own_arrival(self, item: Item) -> bool:
        arrival = isinstance(item, Event) and item.content_type == EventType.PARTICIPANT_JOINED
        return arrival and item.sender.participant_id == self._own

    def _tell_arrival(self, item: Item, *, live: bool) -> None:
        """A customer's message is here; a live one says how long it took, by Amazon Connect's clock and ours."""
        if not isinstance(item, Message) or item.sender.role != Role.CUSTOMER:
            return
        lag = lapse_until(item.absolute_time, self._ports.clock.now()) if live else None
        fields: dict[str, str | float] = {"item": item.id, "way": "live" if live else "transcript"}
        if lag is not None:
            fields["lag"] = lag
        self._ports.report(Happening(name="item.heard", level=Level.DEBUG, contact=self._key, fields=fields))
