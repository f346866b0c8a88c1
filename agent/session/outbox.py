"""The only door for what is said: one message at a time, in order, each exactly once.

Amazon Connect does not order parallel sends [inferred], so the door is narrow. Each logical message keeps one
ClientToken through all repetitions; where a failed call may have taken effect all the same, the transcript is asked
before it is repeated, because how long the service remembers a token is not documented. What an earlier, cut-off run of
the same turn already said is recognised and not repeated. It knows no bot and no socket.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping

from agent.errors import (
    AccessDenied,
    ConnectError,
    ContentTypeRefused,
    ConversationOver,
    InvalidMessage,
    InvalidRequest,
)
from agent.ids import ClientToken, client_token, client_tokens
from agent.ports import Operation, Sent
from agent.record import ContactRecord
from agent.session.credentials import Credentials
from agent.session.fence import Fence
from agent.session.inbox import Inbox
from agent.session.lapse import lapse
from agent.session.retrying import delays, pause
from agent.session.surroundings import Ports
from agent.telemetry import Happening, Level
from agent.wire.content import ContentType, EventType
from agent.wire.items import Message

_NOTHING: Mapping[str, float] = {}


class Outbox:
    """Sends for one contact."""

    def __init__(
        self,
        record: ContactRecord,
        *,
        inbox: Inbox,
        credentials: Credentials,
        read_transcript: Callable[[], Awaitable[None]],
        fence: Fence,
        ports: Ports,
        asides: frozenset[str] = frozenset(),
    ) -> None:
        """`asides` are lines which others than the turn may say in between: they are known by their words alone."""
        self._key = record.key
        self._token = client_tokens("message", record.key, record.join)
        self._inbox = inbox
        self._credentials = credentials
        self._read_transcript = read_transcript
        self._fence = fence
        self._ports = ports
        self._asides = asides
        self._lock = asyncio.Lock()
        self._receipts = True
        self._in_flight = False
        self._afterwards: list[Callable[[], None]] = []

    async def send(
        self, content: str, *, content_type: str, name: tuple[object, ...], repeated: bool, asked_at: str = ""
    ) -> Sent:
        """Sends one message; `name` identifies it among all that this contact is ever told.

        A call in flight is always brought to its end, so that a cancelled sender knows what was said: cancellation
        takes effect before or after it.

        Args:
            repeated: the turn was begun before and is the only one that unaccounted messages can belong to.
            asked_at: the AbsoluteTime of the customer's message that this is the first reply to, if it is one.

        Raises:
            ConversationOver: it can no longer be sent.
            InvalidMessage: Amazon Connect will not take it.
            ConnectError: it failed for good in another way.
        """
        await self._lock.acquire()
        try:
            if self._fence.reason is not None:
                raise self._fence.reason
            sent = self._recognised(content, repeated) if self._inbox.unaccounted else None
            if sent is not None:
                self._ports.report(Happening(name="send.recognised", contact=self._key))
            else:
                sent = await self._told(content, content_type, self._token(*name), asked_at)
            self._inbox.account(sent.id, sent.absolute_time)
            return sent
        finally:
            self._lock.release()

    async def typing(self) -> None:
        """Tells that the bot is typing, if the budget has room; lost without a word if not or on failure."""
        await self._whisper(EventType.TYPING, None)

    async def read(self, message: Message) -> None:
        """Tells the sender that `message` was read, if the budget has room.

        Receipts are refused while more than two participants are active [documented]; then they stop.
        """
        if self._receipts:
            self._receipts = await self._whisper(EventType.MESSAGE_READ, f'{{"messageId":"{message.id}"}}')

    # ------------------------------------------------------------------------------------- messages

    def _recognised(self, content: str, repeated: bool) -> Sent | None:
        candidates = self._inbox.unaccounted
        if not repeated or content in self._asides:
            candidates = tuple(message for message in candidates if message.content == content)
        else:
            candidates = tuple(message for message in candidates if message.content not in self._asides)
        return Sent(id=candidates[0].id, absolute_time=candidates[0].absolute_time) if candidates else None

    async def _told(self, content: str, content_type: str, token: ClientToken, asked_at: str) -> Sent:
        """Delivers, and reports how that went."""
        began = self._ports.clock.monotonic()
        try:
            sent = await self._deliver(content, content_type, token)
        except (ConnectError, ConversationOver, InvalidMessage) as error:
            self._report("send.failed", content_type, began, error=error)
            raise
        replied = lapse(asked_at, sent.absolute_time)
        self._report("send.accepted", content_type, began, {} if replied is None else {"reply_seconds": replied})
        return sent

    def _report(
        self,
        name: str,
        content_type: str,
        began: float,
        more: Mapping[str, float] = _NOTHING,
        error: BaseException | None = None,
    ) -> None:
        seconds = self._ports.clock.monotonic() - began
        fields: dict[str, str | float] = {"content_type": content_type, "seconds": seconds, **more}
        self._ports.report(Happening(name=name, level=Level.DEBUG, contact=self._key, fields=fields, error=error))

    async def _deliver(self, content: str, content_type: str, token: ClientToken) -> Sent:
        waits: Iterator[float] | None = None
        while True:
            await self._ports.pacer.admit(Operation.SEND_MESSAGE, self._key.instance_id)
            self._fence.check()
            current = self._credentials.current
            try:
                self._in_flight = True
                try:
                    sent = await self._ports.participant.send_message(
                        current.token, content=content, content_type=content_type, client_token=token
                    )
                finally:
                    self._in_flight = False
                    if self._afterwards:
                        self._land()
            except AccessDenied:
                await self._credentials.renew(current)
            except InvalidRequest as error:
                raise _refusal(content_type) from error
            except ConnectError as error:
                if not error.retryable:
                    raise
                waits = waits or delays(self._ports)
                await pause(self._ports, self._key.instance_id, error, next(waits))
                if error.effect_unknown and (said := await self._already_said(content)) is not None:
                    return said
            else:
                self._credentials.accepted()
                return sent

    def when_landed(self, action: Callable[[], None]) -> None:
        """Calls `action` as soon as no call is in flight: at once, or when the one in flight has come to its end."""
        self._afterwards.append(action)
        if not self._in_flight:
            self._land()

    def _land(self) -> None:
        actions, self._afterwards = self._afterwards, []
        for action in actions:
            action()

    async def _already_said(self, content: str) -> Sent | None:
        """The message, if the failed call took effect. Only ours, one at a time: the same words mean the same one."""
        await self._read_transcript()
        return self._recognised(content, repeated=False)

    # --------------------------------------------------------------------------------------- events

    async def _whisper(self, content_type: str, content: str | None) -> bool:
        instance = self._key.instance_id
        if self._fence.reason is not None or not self._ports.pacer.spare(Operation.SEND_EVENT, instance):
            return True
        try:
            await self._ports.participant.send_event(
                self._credentials.current.token,
                content_type=content_type,
                content=content,
                client_token=client_token("event", self._key, content_type, self._ports.random.random()),
            )
        except ConnectError as error:
            self._ports.report(Happening(name="event.lost", contact=self._key, error=error))
            return error.retryable
        return True


def _refusal(content_type: str) -> InvalidMessage:
    sentence = f"Amazon Connect does not take this {content_type} message on this contact."
    return InvalidMessage(sentence) if content_type == ContentType.PLAIN else ContentTypeRefused(sentence)
