"""Who is on the chat, read from its items, and what that means for a bot: go on, or fall silent.

There is no operation that lists participants; joined and left events are all there is [live]. It knows items only.
"""

from agent.errors import ChatEnded, ConversationOver, CustomerLeft, HumanTookOver, RemovedFromChat
from agent.ids import ContactId, ParticipantId
from agent.wire.content import EventType, Role
from agent.wire.items import Event, Item

_HUMANS = frozenset({Role.AGENT, Role.SUPERVISOR})


class Presence:
    """Watches every item, in any order and repeated, and says when the conversation is over.

    Attributes:
        customer_name: the display name the customer joined with.
    """

    def __init__(self, own: ParticipantId, contact_id: ContactId) -> None:
        self._own = own
        self._contact_id = contact_id
        self._joined: dict[ParticipantId, tuple[str, str]] = {}
        self._left: dict[ParticipantId, tuple[str, str]] = {}
        self._humans: set[ParticipantId] = set()
        self._customers: set[ParticipantId] = set()
        self._ended = False
        self.customer_name: str | None = None

    def watch(self, item: Item) -> bool:
        """Takes note of `item`; whether it can have changed the verdict."""
        sender = item.sender
        if sender.role == Role.CUSTOMER and sender.display_name:
            self.customer_name = sender.display_name
        if not isinstance(item, Event):
            return False
        who = sender.participant_id
        if item.content_type == EventType.CHAT_ENDED:
            self._ended = self._ended or self._of_this_contact(item)
        elif who is not None and item.content_type == EventType.PARTICIPANT_JOINED:
            self._note(self._joined, who, item)
        elif who is not None and item.content_type == EventType.PARTICIPANT_LEFT:
            self._note(self._left, who, item)
        return True

    def verdict(self) -> type[ConversationOver] | None:
        """Why the conversation is over, as far as the items seen tell; None while it is not."""
        if self._ended:
            return ChatEnded
        if self._own in self._left:
            return RemovedFromChat if not any(map(self._here, self._humans)) else HumanTookOver
        if any(map(self._here, self._humans)):
            return HumanTookOver
        if self._customers and not any(map(self._here, self._customers)):
            return CustomerLeft
        return None

    def _note(self, book: dict[ParticipantId, tuple[str, str]], who: ParticipantId, event: Event) -> None:
        book[who] = max(event.position, book.get(who, event.position))
        if event.sender.role in _HUMANS:
            self._humans.add(who)
        if event.sender.role == Role.CUSTOMER:
            self._customers.add(who)

    def _here(self, who: ParticipantId) -> bool:
        return self._joined.get(who, ("", "")) >= self._left.get(who, ("", ""))

    def _of_this_contact(self, event: Event) -> bool:
        """A rehydrated chat shows the end of its past sessions; those carry RelatedContactId instead [documented]."""
        return event.contact_id in (None, self._contact_id) and "RelatedContactId" not in event.raw
