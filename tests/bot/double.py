"""A turn without a session: what the bot floor does to it can be looked at."""

from collections.abc import Mapping, Sequence

from agent.clock import SystemClock
from agent.errors import ConversationOver
from agent.ids import ContactId, ContactKey, InstanceId, ItemId, ParticipantId
from agent.ports import Sent
from agent.record import Timer
from agent.session.conversation import Contact, Trigger
from agent.wire.content import Role
from agent.wire.items import Item, Message, Sender

CONTACT = Contact(
    key=ContactKey(InstanceId("i"), ContactId("c")),
    initial_contact_id=ContactId("c"),
    participant_id=ParticipantId("bot"),
    display_name="bot",
)


def said(text: str, role: Role = Role.CUSTOMER) -> Message:
    """A message as it arrives."""
    sender = Sender(participant_id=ParticipantId(role.value), role=role)
    return Message(id=ItemId(f"item-{text}"), absolute_time="2026-01-01T00:00:00.000Z", sender=sender, content=text)


class Turn:
    """One turn about `items`, with what the turn before it left."""

    repeated = False
    over: type[ConversationOver] | None = None

    def __init__(self, name: str, *items: Item, after: "Turn | None" = None) -> None:
        self.id = name
        self.trigger = Trigger.ITEMS
        self.items: Sequence[Item] = items
        self.timer: Timer | None = None
        self.contact = CONTACT
        self.clock = SystemClock()
        self.state = after.state if after else b""
        self.journal = after.journal if after else b""
        self.timers: dict[str, Timer] = dict(after.timers) if after else {}
        self.sent: list[str] = []
        self.checkpoints: list[bytes] = []

    async def send(self, content: str, *, content_type: str) -> Sequence[Sent]:
        self.sent.append(content)
        return ()

    async def typing(self) -> None: ...

    async def checkpoint(self) -> None:
        self.checkpoints.append(self.journal)

    async def set_attributes(self, attributes: Mapping[str, str]) -> None: ...

    async def history(self) -> Sequence[Item]:
        return ()

    async def leave(self) -> None: ...
