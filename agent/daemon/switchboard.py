"""One queue for all chats of this worker: each notification goes to the chat that it belongs to.

What belongs to no chat here is dropped: the contact was taken over, or is over, and the transcript is the truth. It
knows no SNS and no SQS.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from agent.ids import ContactKey
from agent.wire.items import Item
from agent.wire.notification import Notification, decode_notification


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    key: ContactKey
    heard: Callable[[Item], None]
    doubtful: Callable[[], None]

    def takes(self, notification: Notification) -> bool:
        return notification.instance in (None, self.key.instance_id)


class Switchboard:
    """Who listens to which contact.

    Attributes:
        connected, dropped: how many notifications reached a chat, and how many belonged to none here.
    """

    def __init__(self) -> None:
        self.connected = 0
        self.dropped = 0
        self._lines: dict[str, list[_Line]] = {}

    @contextmanager
    def listen(self, key: ContactKey, *, heard: Callable[[Item], None], doubtful: Callable[[], None]) -> Iterator[None]:
        """As `StreamPort.listen`."""
        line = _Line(key=key, heard=heard, doubtful=doubtful)
        lines = self._lines.setdefault(key.contact_id, [])
        lines.append(line)
        try:
            yield
        finally:
            lines.remove(line)
            if not lines:
                del self._lines[key.contact_id]

    def take(self, body: str) -> None:
        """Passes on the item of one notification; never raises, whatever `body` is."""
        if (notification := decode_notification(body)) is None or not (lines := self._meant(notification)):
            self.dropped += 1
            return
        self.connected += 1
        for line in lines:
            line.heard(notification.item)

    def doubt(self) -> None:
        """Something may have been lost: every chat reads its transcript."""
        for lines in list(self._lines.values()):
            for line in lines:
                line.doubtful()

    def _meant(self, notification: Notification) -> list[_Line]:
        """A later segment has a ContactId of its own; what it shares with the first is the InitialContactId."""
        item = notification.item
        contacts = dict.fromkeys(contact for contact in (item.contact_id, item.initial_contact_id) if contact)
        return [line for contact in contacts for line in self._lines.get(contact, ()) if line.takes(notification)]
