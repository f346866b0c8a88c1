"""The time on the chat: the parts of a session put together, and the moment at which the conversation is over.

It knows ports and the seam to the bot, no AWS and no other contact.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

import anyio

from agent.errors import (
    AccessDenied,
    ConnectError,
    ConversationOver,
    Fenced,
    HandedOff,
    OwnershipLost,
    RemovedFromChat,
    ResourceNotFound,
)
from agent.ids import ContactId, client_token
from agent.ports import Access, Operation
from agent.record import ContactRecord, Participant
from agent.session.catchup import TranscriptReader
from agent.session.company import Company
from agent.session.conductor import Conductor
from agent.session.conversation import Contact, Conversation, Converser
from agent.session.credentials import Credentials
from agent.session.fence import Fence
from agent.session.handler import Handler
from agent.session.hearing import Hearing
from agent.session.inbox import Inbox
from agent.session.ingress import Ingress, WayIn
from agent.session.link import Link
from agent.session.moment import Moment
from agent.session.orders import OrderBook, Slip
from agent.session.outbox import Outbox
from agent.session.retrying import retrying
from agent.session.saving import save
from agent.session.stream import StreamIngress
from agent.session.streams import Streams
from agent.session.surroundings import Ports, SessionSettings
from agent.session.ways import Way
from agent.telemetry import Happening, Level
from agent.wire.items import Item


class Stay:
    """One participant on one chat, from the first connection until the conversation is over or we go.

    Attributes:
        record: the record as last saved.
        orders: what somebody outside wants done; closed when it ends.
    """

    def __init__(
        self,
        record: ContactRecord,
        access: Access,
        bot: Converser,
        *,
        participant: Participant,
        streams: Streams,
        fence: Fence,
        ports: Ports,
        settings: SessionSettings,
    ) -> None:
        self.record = record
        self._own_id = participant.participant_id
        self._bot = bot
        self._streams = streams
        self._fence = fence
        self._ports = ports
        self._settings = settings
        self._going = False
        self._saving = asyncio.Lock()
        self._began = Moment()
        self._conductor: Conductor | None = None
        self._conversation: Conversation | None = None
        self._inbox = Inbox(
            record,
            self._own_id,
            clock=ports.clock,
            wheel=ports.wheel,
            reorder_window=settings.reorder_window,
            capacity=settings.max_waiting,
        )
        self._hearing = Hearing(record, self._own_id, inbox=self._inbox, over=self._over, ports=ports)
        self._credentials = Credentials(
            record.key, participant, access, fence=fence, ports=ports, urgent=lambda: bool(self._inbox.waiting)
        )
        self._transcript = TranscriptReader(
            record, self._inbox, credentials=self._credentials, read=self._hearing.history, ports=ports
        )
        self._outbox = Outbox(
            record,
            inbox=self._inbox,
            credentials=self._credentials,
            read_transcript=self._look_again,
            fence=fence,
            ports=ports,
            asides=frozenset({settings.guards.waiting_line} if settings.guards.line_after is not None else ()),
        )
        self.orders = OrderBook()
        self._handler = Handler(outbox=self._outbox, deadlines=ports.deadlines, settings=settings)
        self._ingress = WayIn(
            record.key.instance_id,
            {Way.WEBSOCKET: self._by_websocket, Way.STREAMING: self._by_stream},
            ways=ports.ways,
            fence=fence,
        )
        fence.on_close(self._fall_silent)

    @property
    def waiting(self) -> int:
        """How many items wait for a turn."""
        return len(self._inbox.waiting)

    @property
    def resting(self) -> bool:
        """Whether nothing waits for a turn, or is in one."""
        heard = self._conductor is not None and self._conductor.resting
        return heard and not self._inbox.waiting and not self._inbox.gap

    async def run(self) -> None:
        """Hears and answers until the conversation is over or `stop` was called.

        The bot has then had its last turn, unless it goes on elsewhere; the participant is still on the chat.
        """
        try:
            async with Company() as company:
                self._handler.type_in(company.group)
                company.start(self._ingress.run)
                if self._settings.audit_interval is not None:
                    company.start(self._audit, self._settings.audit_interval)
                await self._began.wait()
                await self._converse()
        finally:
            self._handler.type_in(None)
            self._close_orders()

    def carry_out(self, slip: Slip) -> None:
        """What somebody outside wants done here is done between two turns; the slip tells how that goes."""
        self.orders.put(slip)
        self._inbox.wake()

    def _close_orders(self) -> None:
        reason = self._fence.reason
        why = "This worker lets go of the chat; it was not done." if reason is None else reason.sentence
        self.orders.close(why, passed_on=reason in (None, OwnershipLost))

    def stop(self) -> None:
        """Makes `run` return when the running turn has been committed."""
        self._going = True
        self._began.set()
        if self._conductor is not None:
            self._conductor.stop()

    async def say_goodbye(self) -> None:
        """The bot's last turn: it can send nothing any more, and gets whatever still waits. Raises Fenced."""
        if self._conductor is not None:
            await self._conductor.last_turn()

    async def disconnect(self) -> None:
        """Leaves the chat; the flow's Wait block goes on. A participant that is no longer on it has already left.

        Raises ConnectError when it failed for good in another way.
        """
        try:
            await self._disconnect()
        except (AccessDenied, ResourceNotFound):
            with suppress(ConversationOver):
                await self._credentials.fetch()
                await self._disconnect_with_new_token()

    async def _disconnect(self) -> None:
        bearer = self._credentials.current.token
        token = client_token("disconnect", self.record.key, self.record.join)
        await retrying(
            lambda: self._ports.participant.disconnect_participant(bearer, client_token=token),
            ports=self._ports,
            operation=Operation.DISCONNECT_PARTICIPANT,
            instance=self.record.key.instance_id,
        )

    async def _disconnect_with_new_token(self) -> None:
        try:
            await self._disconnect()
        except (AccessDenied, ResourceNotFound):
            self._report("contact.already_left", Level.DEBUG)

    async def aclose(self) -> None:
        """The bot's side of the contact is let go."""
        if self._conversation is not None:
            await self._conversation.aclose()

    def fall_apart(self) -> None:
        """Lets go of all parts; nothing may be asked of it any more.

        They know each other by their callbacks. Left so, what each chat was told would lie in memory until
        Python's collector looks at its oldest generation, which it seldom does.
        """
        self._handler.close()
        vars(self).clear()

    # ------------------------------------------------------------------------------------- conversing

    async def _converse(self) -> None:
        if self._fence.reason is not None or self._going:
            return
        self._conductor = self._meet_bot()
        try:
            await self._conductor.run()
        except Fenced:
            self._fence.close(OwnershipLost)
        except ConversationOver as over:
            self._fence.close(type(over))

    def _meet_bot(self) -> Conductor:
        contact = self._contact()
        conversation = self._conversation = self._bot.converse(contact)
        self._inbox.wants = conversation.wants
        self._inbox.pass_over(lambda item: self._is_early(item) or not conversation.wants(item))
        return Conductor(
            self.record,
            conversation,
            contact,
            overlap=self._bot.overlap,
            inbox=self._inbox,
            outbox=self._outbox,
            handler=self._handler,
            orders=self.orders,
            fence=self._fence,
            close_gap=self._look_again,
            verbs=self,
            ports=self._ports,
            settings=self._settings,
        )

    def _contact(self) -> Contact:
        key = self.record.key
        return Contact(
            key=key,
            initial_contact_id=self._transcript.initial_contact_id or key.contact_id,
            participant_id=self._own_id,
            display_name=self.record.display_name,
            attributes=self.record.attributes,
            customer_name=self._hearing.customer_name,
        )

    def _is_early(self, item: Item) -> bool:
        return not self._settings.see_before_join and self._hearing.before_us(item)

    # --------------------------------------------------------------------------------------- hearing

    def _by_websocket(self) -> Ingress:
        return Link(
            self.record.key,
            credentials=self._credentials,
            heard=self._hearing.live,
            close_gap=self._close_gap,
            ports=self._ports,
            timings=self._settings.link,
        )

    def _by_stream(self) -> Ingress:
        self._inbox.expect_disorder(self._settings.stream_reorder_window)
        return StreamIngress(
            self.record.key,
            streams=self._streams,
            credentials=self._credentials,
            heard=self._hearing.live,
            close_gap=self._close_gap,
            audit=self._compare,
            remember=self._remember_streams,
            ports=self._ports,
            settings=self._settings,
        )

    def _over(self, reason: type[ConversationOver]) -> None:
        self._fence.close(HandedOff if self._going and reason is RemovedFromChat else reason)

    async def _close_gap(self) -> None:
        await self._transcript.close_gap()
        self._go_on()

    async def _look_again(self) -> None:
        await self._transcript.look_again()
        self._go_on()

    def _go_on(self) -> None:
        self._hearing.judge()
        self._began.set()

    async def _audit(self, interval: float) -> None:
        while True:
            await anyio.sleep(interval)
            await self._compare()

    async def _compare(self) -> None:
        """Closes a gap of which nothing is known, and tells whether there was one."""
        before = len(self._inbox.waiting)
        try:
            await self._look_again()
        except (ConnectError, ConversationOver) as error:
            self._ports.report(Happening(name="audit.failed", contact=self.record.key, error=error))
        if (repaired := len(self._inbox.waiting) - before) > 0:
            happening = Happening(
                name="audit.repaired",
                level=Level.WARNING,
                contact=self.record.key,
                fields={"items": repaired},
            )
            self._ports.report(happening)

    def _fall_silent(self) -> None:
        """The conversation is over: a running handler is stopped, unless it is the one that ended it."""
        self._began.set()
        self._inbox.wake()
        if self._fence.reason is not HandedOff:
            self._handler.stop()

    # ------------------------------------------------------------------------- verbs of a turn

    async def save(self, record: ContactRecord) -> None:
        await self._saving.acquire()
        try:
            whole = self._streams.on(record)
            await save(whole, self._ports)
            self.record = whole
        finally:
            self._saving.release()

    async def _remember_streams(self) -> None:
        """Between two commits. Raises OwnershipLost when another worker owns the contact."""
        try:
            async with self._saving:
                whole = self._streams.on(self.record)
                await save(whole, self._ports)
                self.record = whole
        except Fenced:
            self._fence.close(OwnershipLost)
            self._fence.check()

    async def set_attributes(self, attributes: Mapping[str, str]) -> None:
        initial = self._transcript.initial_contact_id or self.record.key.contact_id
        instance = self.record.key.instance_id
        await retrying(
            lambda: self._ports.connect.update_contact_attributes(instance, ContactId(initial), attributes),
            ports=self._ports,
            operation=Operation.UPDATE_CONTACT_ATTRIBUTES,
            instance=instance,
        )

    async def history(self) -> Sequence[Item]:
        return await self._transcript.whole()

    async def leave(self) -> None:
        self._fence.check()
        self._going = True
        await self.disconnect()
        self._fence.close(HandedOff)

    def show_typing(self) -> None:
        self._handler.show_typing()

    def _report(self, name: str, level: Level = Level.INFO) -> None:
        self._ports.report(Happening(name=name, level=level, contact=self.record.key))
