"""One turn, as the bot gets it: what arrived, what is remembered, and the verbs.

The turn keeps what the bot changes until it is committed; nothing of it is durable before, except by `checkpoint`. How
a turn is chosen, bounded and committed is the conductor's business.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from agent.clock import Clock
from agent.errors import ContentTypeRefused, ConversationOver, Fenced, InvalidMessage, OwnershipLost
from agent.ids import ItemId
from agent.ports import Sent
from agent.record import ContactRecord, Timer
from agent.session.conversation import Contact, Trigger
from agent.session.handler import Outcome
from agent.session.orders import Order
from agent.session.outbox import Outbox
from agent.wire.content import ContentType, Role
from agent.wire.items import Item, Message
from agent.wire.text import split_text


class Verbs(Protocol):
    """What a turn can do besides sending; the session's side."""

    async def save(self, record: ContactRecord) -> None: ...

    async def set_attributes(self, attributes: Mapping[str, str]) -> None: ...

    async def history(self) -> Sequence[Item]: ...

    async def leave(self) -> None: ...

    def show_typing(self) -> None: ...


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Why a turn runs. `id` is stable across repetitions; `order`: the session does it, not the bot."""

    id: str
    trigger: Trigger
    items: tuple[Item, ...] = ()
    timer: Timer | None = None
    order: Order | None = None


@dataclass(slots=True, kw_only=True)
class LiveTurn:
    """The `Turn` of a living session.

    Attributes:
        alone: only this turn can have sent what is unaccounted for in the chat.
        began: when (monotonic seconds) it began.
        messages: those among its items.
        outcome: how it ended, once it has.
        said: the messages it sent, oldest first.
        said_at: the AbsoluteTime of the last of them.
        sent_bytes: how much of the budget its messages took.
        late: no reply came in time, so it was ended.
        allow: raises before a message that may not be sent.
    """

    cause: Cause
    id: str = field(init=False)
    trigger: Trigger = field(init=False)
    items: Sequence[Item] = field(init=False)
    timer: Timer | None = field(init=False)
    contact: Contact
    record: ContactRecord
    repeated: bool
    alone: bool
    text_limit: int
    clock: Clock
    over: type[ConversationOver] | None = None
    outbox: Outbox = field(repr=False)
    verbs: Verbs = field(repr=False)
    state: bytes = field(init=False, repr=False)
    journal: bytes = field(init=False, repr=False)
    timers: MutableMapping[str, Timer] = field(init=False)
    sends: int = field(init=False, default=0)
    began: float = field(init=False)
    messages: tuple[Message, ...] = field(init=False, repr=False)
    outcome: Outcome = field(init=False, default=Outcome.DONE)
    said: list[ItemId] = field(init=False, default_factory=list)
    said_at: str = field(init=False, default="")
    sent_bytes: int = field(init=False, default=0)
    late: bool = field(init=False, default=False)
    allow: "Callable[[LiveTurn, str], None]" = field(default=lambda turn, text: None, repr=False)

    def __post_init__(self) -> None:
        cause = self.cause
        self.id, self.trigger, self.items, self.timer = cause.id, cause.trigger, cause.items, cause.timer
        self.messages = tuple([item for item in cause.items if isinstance(item, Message)])
        self.began = self.clock.monotonic()
        self._recall()

    def _recall(self) -> None:
        self.state = self.record.state
        self.journal = self.record.journal
        timers = self.record.timers
        self.timers = {timer.name: timer for timer in timers if timer != self.cause.timer} if timers else {}

    async def send(self, content: str, *, content_type: str) -> Sequence[Sent]:
        sent = []
        for part in self._parts(content, content_type):
            one = await self._send_part(part, content_type)
            sent.append(one)
            self.said.append(one.id)
            self.said_at = one.absolute_time
        return sent

    async def typing(self) -> None:
        self.verbs.show_typing()

    async def checkpoint(self) -> None:
        kept = self.remembered()
        if self.cause.timer is not None:  # until the commit; also beside one that the bot has set anew
            kept = replace(kept, timers=(*kept.timers, self.cause.timer))
        await self._save(kept)

    async def set_attributes(self, attributes: Mapping[str, str]) -> None:
        await self.verbs.set_attributes(attributes)

    async def history(self) -> Sequence[Item]:
        return await self.verbs.history()

    async def leave(self) -> None:
        await self.verbs.leave()

    def roll_back(self) -> None:
        """Forgets what the bot changed since the last checkpoint or commit."""
        self._recall()

    def remembered(self, **more: Any) -> ContactRecord:
        """The record with what the bot changed, and with `more`: copying a record is not cheap."""
        timers = tuple(self.timers.values())
        return replace(self.record, state=self.state, journal=self.journal, timers=timers, **more)

    async def _save(self, record: ContactRecord) -> None:
        try:
            await self.verbs.save(record)
        except Fenced as error:
            raise OwnershipLost from error
        self.record = record

    def _parts(self, content: str, content_type: str) -> list[str]:
        if content_type not in (ContentType.PLAIN, ContentType.MARKDOWN):
            return [content]
        parts = split_text(content, max_characters=self.text_limit)
        if not parts:
            raise InvalidMessage("An empty message cannot be sent; say at least one visible character.")
        return parts

    async def _send_part(self, part: str, content_type: str) -> Sent:
        if self.cause.order is None:
            self.allow(self, part)
        number, self.sends = self.sends, self.sends + 1
        self.sent_bytes += len(part.encode())
        try:
            return await self._say(part, content_type, number)
        except ContentTypeRefused:
            if content_type != ContentType.MARKDOWN:
                raise
            return await self._say(part, ContentType.PLAIN, number)

    def _say(self, part: str, content_type: str, number: int) -> Awaitable[Sent]:
        return self.outbox.send(
            part,
            content_type=content_type,
            name=(self.cause.id, number, content_type),
            repeated=self.repeated and self.alone,
            asked_at="" if number else self._asked_at(),
        )

    def _asked_at(self) -> str:
        """When the customer wrote what this turn is about; of a burst, its first message."""
        for message in self.messages:
            if message.sender.role == Role.CUSTOMER:
                return message.absolute_time
        return ""
