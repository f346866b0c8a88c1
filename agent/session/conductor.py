"""One turn after another: chooses the next, has it handled, commits it.

A turn is handled when one fenced write holds its cursor, state, journal and timers together; a crash before it runs
the turn again. It knows no socket; what arrives, it takes from the inbox.
"""

from collections.abc import Awaitable, Callable

import anyio
from msgspec.structs import replace

from agent.clock import timestamp
from agent.errors import BotError, ConnectError, ConversationOver, OwnershipLost, TurnTimeout
from agent.ids import ItemId
from agent.record import ContactRecord, DeadLetter, Timer
from agent.session.company import Company
from agent.session.conversation import Contact, Conversation, Overlap, Trigger
from agent.session.fence import Fence
from agent.session.guards import Guards
from agent.session.handler import Handler, Outcome
from agent.session.inbox import SLACK, Inbox
from agent.session.ordered import cause_of, done, keeping, objection, perform, why_not
from agent.session.orders import Drop, Order, OrderBook, Retry, order_in
from agent.session.outbox import Outbox
from agent.session.surroundings import Ports, SessionSettings
from agent.session.turn import Cause, LiveTurn, Verbs
from agent.telemetry import Happening, Level
from agent.telemetry.turns import within
from agent.wire.content import ContentType
from agent.wire.items import Item

_DEAD_LETTERS = 20


class Conductor:
    """The turns of one contact.

    Attributes:
        record: the record as last committed.
        resting: whether it waits for something to have a turn about.
    """

    def __init__(
        self,
        record: ContactRecord,
        conversation: Conversation,
        contact: Contact,
        *,
        overlap: Overlap,
        inbox: Inbox,
        outbox: Outbox,
        handler: Handler,
        orders: OrderBook,
        fence: Fence,
        close_gap: Callable[[], Awaitable[None]],
        verbs: Verbs,
        ports: Ports,
        settings: SessionSettings,
    ) -> None:
        self.record = record
        self.resting = False
        self._conversation = conversation
        self._contact = contact
        self._overlap = overlap
        self._inbox = inbox
        self._outbox = outbox
        self._handler = handler
        self._orders = orders
        self._fence = fence
        self._close_gap = close_gap
        self._verbs = verbs
        self._ports = ports
        self._settings = settings
        self._guards = Guards(settings.guards)
        self._stopping = False
        self._interrupted: tuple[Item, ...] = ()

    def stop(self) -> None:
        """Makes `run` return when the running turn has been committed."""
        self._stopping = True
        self._inbox.wake()

    async def run(self) -> None:
        """Runs turns until the conversation is over or `stop` is called.

        Raises:
            Fenced, OwnershipLost: another worker owns the contact, or may soon; the last turn was not committed.
        """
        if not self.record.greeted:
            await self._turn(Cause(id="join", trigger=Trigger.JOINED))
        while (cause := await self._next()) is not None:
            await self._turn(cause)

    async def last_turn(self) -> None:
        """The bot learns that the conversation is over; whatever still waits is handled by this turn. May be repeated.

        Raises Fenced.
        """
        items, self._interrupted = (*self._interrupted, *self._inbox.take()), ()
        await self._turn(Cause(id="left", trigger=Trigger.LEFT, items=items))

    # ----------------------------------------------------------------------------------- choosing

    async def _next(self) -> Cause | None:
        while self._goes_on():
            if self._inbox.gap and not self._inbox.waiting:
                await self._close_gap()
            timer = self._next_timer() if self.record.timers else None
            if timer is not None and timer.begun:
                return await self._about_begun(timer)
            if self._orders.waits and not (self._inbox.unaccounted and self._inbox.waiting):
                await self._take_order()
                continue
            now = self._ports.clock.monotonic()
            items_at = self._items_at()
            timer_at = float("inf") if timer is None else self._timer_at(timer, now)
            if items_at <= now + SLACK:
                return self._about_items()
            if timer is not None and timer_at <= now:
                await self._begin(timer)
                continue
            self.resting = True
            merges = self._overlap is Overlap.MERGE  # else the inbox wakes whoever waits for its items
            await self._inbox.changed(within=(min(items_at, timer_at) if merges else timer_at) - now)
            self.resting = False
        return None

    def _goes_on(self) -> bool:
        """What was ordered and kept is still done before we stop: whoever ordered it was told so."""
        if self._stopping and not any(map(order_in, self.record.timers)):
            return False
        return self._fence.reason is None

    def _items_at(self) -> float:
        """When (monotonic seconds) the next turn about items is due."""
        ready_at = self._inbox.ready_at
        if ready_at is None:
            return float("inf")
        if self._overlap is not Overlap.MERGE:
            return ready_at
        quiet_at = self._inbox.last_at + self._settings.merge_window
        if self._inbox.typing_at > self._inbox.last_at:
            quiet_at = max(quiet_at, self._inbox.typing_at + self._settings.typing_patience)
        return max(ready_at, min(quiet_at, self._inbox.first_at + self._settings.merge_limit))

    def _next_timer(self) -> Timer:
        return min(self.record.timers, key=lambda timer: (not timer.begun, timer.due))

    def _timer_at(self, timer: Timer, now: float) -> float:
        """When (monotonic seconds) the timer goes off: its hour is the wall clock's, which may jump."""
        return now + timer.due - self._ports.clock.now().timestamp()

    async def _begin(self, timer: Timer) -> None:
        """What a cut-off turn of a timer said must not be taken for another turn's: it is known to have begun."""
        timers = tuple(replace(each, begun=each.begun or each == timer) for each in self.record.timers)
        record = replace(self.record, timers=timers)
        await self._verbs.save(record)
        self.record = record

    async def _about_begun(self, timer: Timer) -> Cause:
        cause = Cause(id=f"timer:{timer.name}:{timer.due}", trigger=Trigger.TIMER, timer=timer)
        order = order_in(timer)
        return cause if order is None else await cause_of(order, cause, self.record, self._verbs.history)

    async def _take_order(self) -> None:
        """Keeps the first order, so that it will be done; one that cannot be is refused."""
        slip = self._orders.first
        refusal = await objection(slip.order, self.record, self._verbs.history)
        if not refusal and slip.order.id not in self.record.orders:
            record = keeping(slip.order, self.record)
            self._orders.keeping = True
            await self._verbs.save(record)
            self._orders.keeping = False
            self.record = record
            self._tell_order("order.kept", slip.order)
        self._orders.taken(refusal, done=isinstance(slip.order, Drop) or slip.order.id in self.record.orders)

    def _about_items(self) -> Cause:
        if self._inbox.unaccounted:
            self._inbox.account_for_older((*self._interrupted, *self._inbox.waiting)[0].position)
        fresh = self._inbox.take(1 if self._overlap is Overlap.QUEUE else self._how_many())
        items, self._interrupted = (*self._interrupted, *fresh), ()
        named_after = items[-1] if self._overlap is Overlap.INTERRUPT else items[0]
        return Cause(id=named_after.id, trigger=Trigger.ITEMS, items=items)

    def _how_many(self) -> int:
        """How many waiting items the next turn is about.

        A turn that was cut off after it had spoken is repeated without what arrived later: it would be another turn,
        and its sends would be taken for those of the first.
        """
        ready = max(1, self._inbox.ready())
        if not (unaccounted := self._inbox.unaccounted):
            return ready
        spoke_at = unaccounted[0].position
        return max(1, min(ready, sum(item.position < spoke_at for item in self._inbox.waiting)))

    # ----------------------------------------------------------------------------------- performing

    async def _turn(self, cause: Cause) -> None:
        turn = LiveTurn(
            cause=cause,
            contact=self._contact,
            record=self.record,
            repeated=bool(self._inbox.unaccounted),
            alone=not self._suspects(cause),
            text_limit=self._settings.text_limit,
            clock=self._ports.clock,
            over=self._fence.reason,
            outbox=self._outbox,
            verbs=self._verbs,
            allow=self._guards.allow,
        )
        with within(self.record.key, turn.id):
            self._report("turn.began", turn, Level.DEBUG, repeated=int(turn.repeated))
            try:
                error = await self._perform(turn)
                if self._fence.reason is OwnershipLost:
                    raise OwnershipLost
                await self._commit(turn, error)
            except BaseException as error:
                self._report("turn.abandoned", turn, error=type(error).__name__)
                raise
            if self._settings.read_receipts and turn.messages:
                await self._outbox.read(turn.messages[-1])

    async def _perform(self, turn: LiveTurn) -> Exception | None:
        try:
            outcome = await self._handled(turn)
        except Exception as error:  # reported, told to the customer and kept as a dead letter
            self._report_failure(turn, error)
            if self._excuses(turn, error):
                await self._apologise(turn, error)
            turn.outcome = Outcome.TIMEOUT if isinstance(error, TurnTimeout) else Outcome.FAILED
            return error
        if turn.late:
            late = TurnTimeout("No reply came in the time that the operator's objective allows.")
            self._report_failure(turn, late)
            turn.outcome = Outcome.TIMEOUT
            return late
        turn.outcome = outcome
        if outcome is Outcome.INTERRUPTED and self._fence.reason is None:
            self._interrupted = turn.cause.items
        return None

    def _excuses(self, turn: LiveTurn, error: Exception) -> bool:
        """Whether the bot has the last word on a turn that failed: not on an order's, nor where a guard hands off."""
        bots_own = turn.cause.order is None or isinstance(turn.cause.order, Retry)
        return bots_own and not self._guards.hands_off(error) and not self._ports.failing(self.record.bot)

    def _handled(self, turn: LiveTurn) -> Awaitable[Outcome]:
        items = turn.trigger is Trigger.ITEMS and turn.cause.order is None
        interrupted = self._overlap is Overlap.INTERRUPT and items
        watched = self._guards.watches(turn.cause)
        if interrupted or watched:
            return self._accompanied(turn, interrupted=interrupted, watched=watched)
        return self._handler.run(self._work(turn))

    async def _accompanied(self, turn: LiveTurn, *, interrupted: bool, watched: bool) -> Outcome:
        async with Company() as company:
            if interrupted:
                company.start(self._interrupt_on_arrival)
            if watched:
                company.start(self._mind_the_wait, turn)
            outcome = await self._outcome(turn)
        try:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome
        finally:
            del outcome  # an error must not be held by a frame that it holds

    async def _outcome(self, turn: LiveTurn) -> Outcome | Exception:
        try:
            return await self._handler.run(self._work(turn))
        except Exception as error:  # must not leave through the task group, which would wrap it
            return error

    def _work(self, turn: LiveTurn) -> Awaitable[None]:
        if turn.cause.order is None:
            return self._conversation.turn(turn)
        return perform(turn.cause.order, turn, self._conversation.turn)

    async def _interrupt_on_arrival(self) -> None:
        await self._inbox.arrival()
        self._handler.stop()

    async def _mind_the_wait(self, turn: LiveTurn) -> None:
        """A customer who waits for the first reply hears a line, and is handed off when it takes too long."""
        began, guards = anyio.current_time(), self._settings.guards
        if guards.line_after is not None and guards.waiting_line:
            await anyio.sleep(guards.line_after)
            if turn.sends == 0:
                await self._say_aside(turn, guards.waiting_line)
        if guards.hand_off_after is not None:
            await anyio.sleep_until(began + guards.hand_off_after)
            if turn.sends == 0:
                turn.late = True
                self._handler.stop()

    async def _say_aside(self, turn: LiveTurn, line: str) -> None:
        """A line that is not the bot's: known by its words, so that a repeated turn neither repeats nor takes it."""
        try:
            await self._outbox.send(line, content_type=ContentType.PLAIN, name=(turn.id, "aside"), repeated=False)
        except (ConversationOver, ConnectError, BotError) as error:
            self._ports.report(Happening(name="aside.not_said", contact=self.record.key, error=error))

    async def _apologise(self, turn: LiveTurn, error: Exception) -> None:
        turn.roll_back()
        try:
            await self._handler.run(self._conversation.failed(turn, error))
        except Exception as second:  # the bot's last word failed as well: the turn is committed all the same
            self._report_failure(turn, second)

    def _report_failure(self, turn: LiveTurn, error: Exception) -> None:
        fields = {"turn": turn.id, "error": type(error).__name__}
        happening = Happening(
            name="turn.failed", level=Level.ERROR, contact=self.record.key, fields=fields, error=error
        )
        self._ports.report(happening)

    def _report(self, name: str, turn: LiveTurn, level: Level = Level.INFO, **more: str | float) -> None:
        fields = {"turn": turn.id, "trigger": turn.trigger, "items": len(turn.items), **more}
        self._ports.report(Happening(name=name, level=level, contact=self.record.key, fields=fields))

    # ----------------------------------------------------------------------------------- committing

    async def _commit(self, turn: LiveTurn, error: Exception | None) -> None:
        if not self._interrupted:
            self._inbox.handled(turn.cause.items)
        if not self._suspects(turn.cause):
            self._inbox.account_for_all()
        record = turn.remembered(
            cursor=self._inbox.ledger.cursor,
            own=self._inbox.own.cursor,
            greeted=True,
            interrupted=tuple([item.id for item in self._interrupted]),
            handled_turns=self.record.handled_turns + 1,
            said_messages=self.record.said_messages + turn.sends,
            said_bytes=self.record.said_bytes + turn.sent_bytes,
        )
        if turn.cause.order is not None:
            record = done(turn.cause.order, record)
        if error is not None:
            record = self._with_dead_letter(turn, record, error)
        record = self._guarded(turn, record, error)
        await self._verbs.save(record)
        self.record = record
        self._report(
            "turn.committed",
            turn,
            sends=turn.sends,
            outcome=turn.outcome,
            seconds=round(self._ports.clock.monotonic() - turn.began, 4),
            last_item=turn.items[-1].id if turn.items else "",
        )
        if turn.cause.order is not None:
            self._settle_order(turn, turn.cause.order, error)

    def _guarded(self, turn: LiveTurn, record: ContactRecord, error: Exception | None) -> ContactRecord:
        """The record to be committed; where a guard raises its alarm, with the order to hand the chat off."""
        alarm = self._guards.alarm(turn, record, error, failing=self._ports.failing(record.bot))
        if alarm is None or self._fence.reason is not None:
            return record
        fields = {"turn": turn.id, "alarm": alarm.value}
        happening = Happening(name="guard.raised", level=Level.WARNING, contact=record.key, fields=fields)
        self._ports.report(happening)
        return keeping(self._guards.order(alarm, record), record)

    def _settle_order(self, turn: LiveTurn, order: Order, error: Exception | None) -> None:
        refusal = "" if error is None else why_not(error)
        if turn.outcome is Outcome.OVER and self._fence.reason is not None:
            refusal = self._fence.reason.sentence
        self._orders.settle(order, sent=tuple(turn.said), refusal=refusal)
        self._tell_order("order.settled", order, done=int(not refusal))

    def _tell_order(self, name: str, order: Order, **more: int) -> None:
        fields: dict[str, str | int] = {"order": order.id, "verb": type(order).__name__.lower(), **more}
        self._ports.report(Happening(name=name, contact=self.record.key, fields=fields))

    def _with_dead_letter(self, turn: LiveTurn, record: ContactRecord, error: Exception) -> ContactRecord:
        at = timestamp(self._ports.clock.now())
        order = turn.cause.order
        name = order.letter if isinstance(order, Retry) else ItemId(turn.id)
        items = tuple(item.id for item in turn.items)
        letter = DeadLetter(item_id=name, error=type(error).__name__, at=at, items=items)
        return replace(record, dead_letters=(*record.dead_letters, letter)[-_DEAD_LETTERS:])

    def _suspects(self, cause: Cause) -> bool:
        """Whether a turn other than `cause` may have sent what is unaccounted for: one that would come before it.

        Items that did not fit into the inbox may have been part of such a turn as well.
        """
        unaccounted = self._inbox.unaccounted
        if not unaccounted:
            return False
        first = unaccounted[0].position
        earlier = any(item.position < first for item in self._inbox.waiting if item not in cause.items)
        return earlier or self._inbox.gap or any(timer.begun for timer in self.record.timers if timer != cause.timer)
