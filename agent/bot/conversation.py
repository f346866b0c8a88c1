"""A bot's side of one contact: which handler gets what, which run goes on, and what is remembered at a turn's end.

It is what a session drives. Runs that wait stay in memory; whatever must outlive the process stands in the turn when
the turn returns. A turn that fails or is cancelled leaves everything as the turn before left it.
"""

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, assert_never

from msgspec.structs import replace

from agent.bot import middleware
from agent.bot.bystander import bystander
from agent.bot.chat import Chat
from agent.bot.handlers import Handler, Kind
from agent.bot.journal import Kept, RunRecord
from agent.bot.memory import Memory
from agent.bot.middleware import Middleware
from agent.bot.mismatch import impurity
from agent.bot.routes import Routes
from agent.bot.run import Run
from agent.bot.runs import Runs
from agent.bot.unhandled import paste
from agent.errors import (
    BotOutcome,
    Cancelled,
    ConversationOver,
    DialogError,
    HandedOff,
    NoAnswer,
    ReplayMismatch,
    StateError,
)
from agent.record import Timer
from agent.session.conversation import Contact, Overlap, Trigger, Turn
from agent.telemetry import Happening, Level
from agent.wire.content import ContentType, Role
from agent.wire.items import Attachment, Event, Item, Message

if TYPE_CHECKING:
    from agent.bot.bot import Bot


class BotConversation:
    """One contact's conversation with `bot`."""

    __slots__ = ("_about", "_routes", "_runs", "bot", "contact", "interactive", "memory")

    def __init__(self, bot: "Bot[Any, Any]", contact: Contact) -> None:
        self.bot = bot
        self.contact = contact
        self.interactive = bot.interactive
        self.memory = Memory(bot.state_type)
        self._routes: Routes = bot.routes
        self._runs = Runs(bot.routes, self.memory)
        self._about: Item | None = None

    # ------------------------------------------------------------------------ what a session calls

    def wants(self, item: Item) -> bool:
        """Whether a handler or a waiting question takes `item`; customers' messages always start a turn.

        What makes a filter raise is wanted, too: asked again in the turn, the filter fails that, and no more.
        """
        try:
            return self._takes(item)
        except Exception as error:
            self._report("filter.failed", Level.WARNING, error)
            return True

    def _takes(self, item: Item) -> bool:
        if isinstance(item, Message):
            if item.sender.role == Role.CUSTOMER:
                return True
            return any(lane.first(item, self.contact) for lane in (self._routes.anytime, self._routes.messages))
        if isinstance(item, Attachment):
            return self._routes.attachments.first(item, self.contact) is not None
        return isinstance(item, Event) and self._routes.events.first(item, self.contact) is not None

    async def turn(self, turn: Turn) -> None:
        """Handles one turn; what is raised leaves runs and state as the turn before left them."""
        self._open(turn)
        try:
            if around := (*self.bot.around, *self.bot.middleware):
                self._about = _subject(_units(turn.items, self.bot.overlap)) if turn.trigger is Trigger.ITEMS else None
                async with AsyncExitStack() as stack:
                    await self._enter(stack, around, turn)
                    await self._dispatch(turn)
            else:
                await self._dispatch(turn)
            turn.state = self.memory.final(turn.state)
            self._runs.settle(turn)
        except BaseException:
            self._runs.rewind(turn)
            self.memory.distrust()
            raise
        finally:
            self._about = None

    async def failed(self, turn: Turn, error: Exception) -> None:
        """Ends the run that failed, then lets the bot's error handler, else the apology, speak.

        A handler that fails itself is no last word: the apology is said, and its error is raised.
        """
        self._runs.fail(turn)
        if isinstance(error, ConversationOver):
            return
        with suppress(StateError):
            self.memory.load(turn.state)
        with suppress(ConversationOver):
            if handler := self._routes.for_error(error):
                await self._last_word(turn, handler, error)
            else:
                await self._say(turn, self.bot.texts.apology)

    async def _last_word(self, turn: Turn, handler: Handler, error: Exception) -> None:
        run = self._new_run(turn, handler, None, again="!")
        try:
            await run.begin(turn, self._chat(run), error)
        except ConversationOver:
            raise
        except Exception:
            await self._say(turn, self.bot.texts.apology)
            raise

    async def rehearse(self, turn: Turn, number: int) -> Exception | None:
        """Replays the run of that number up to where it waits; the error with which that fails."""
        try:
            self._open(turn)
            run = list(self._runs)[number]
            ended = await run.begin(turn, *self._arguments(run))
        except Exception as error:
            return error
        if ended:
            return DialogError("it ends before it comes to where it waited")
        return impurity(run.handler, run.impure) if run.impure else None

    async def aclose(self) -> None:
        """Lets go of everything in memory."""
        self._runs.clear()

    def _open(self, turn: Turn) -> None:
        self.contact = turn.contact
        self._runs.open(turn)
        self.memory.load(turn.state)

    # ---------------------------------------------------------------------------------- dispatching

    async def _dispatch(self, turn: Turn) -> None:
        match turn.trigger:
            case Trigger.ITEMS:
                await self._items(turn)
            case Trigger.JOINED:
                await self._alone(turn, Kind.JOIN)
                self._mark_silence(turn)
            case Trigger.TIMER:
                await self._timer(turn, turn.timer)
            case Trigger.LEFT:
                await self._left(turn)
            case _:
                assert_never(turn.trigger)

    async def _alone(self, turn: Turn, kind: Kind) -> None:
        if await self._finish_open_run(turn):
            return
        if handler := self._routes.alone.get(kind):
            await self._start(turn, handler, None)

    async def _items(self, turn: Turn) -> None:
        opened_at = self._runs.unit if self._runs.open_run else None
        for number, item in enumerate(_units(turn.items, self.bot.overlap)):
            self._runs.unit, self._about = number, item
            if number != opened_at or not await self._finish_open_run(turn):
                await self._item(turn, item)
        if self._routes.timeouts and any(map(_breaks_silence, turn.items)):
            self._mark_silence(turn)

    async def _finish_open_run(self, turn: Turn) -> bool:
        """A crash cut this turn off after a checkpoint: the run that was at work goes on from there."""
        if not self._runs.open_run:
            return False
        run = self._runs.get(self._runs.open_run)
        self._runs.open_run = ""
        if run is None:
            return False
        await self._drive(turn, run, None, answered=True)
        return True

    async def _item(self, turn: Turn, item: Item) -> None:
        handler = self._handler_before_questions(item)
        if handler is None and isinstance(item, Message):
            if self._runs.waiting and item.sender.role == Role.CUSTOMER and (run := self._runs.asker()):
                return await self._drive(turn, run, Kept.of(item))
            handler = self._routes.messages.first(item, self.contact)
        if handler is not None:
            return await self._drive(turn, self._new_run(turn, handler, item), None)
        if isinstance(item, Message):
            self._unhandled(item)
        return None

    def _handler_before_questions(self, item: Item) -> Handler | None:
        if isinstance(item, Message):
            return self._routes.anytime.first(item, self.contact)
        if isinstance(item, Attachment):
            return self._routes.attachments.first(item, self.contact)
        return self._routes.events.first(item, self.contact) if isinstance(item, Event) else None

    async def _timer(self, turn: Turn, timer: Timer | None) -> None:
        kind, _, name = (timer.name if timer else "").partition("/")
        payload = timer.payload if timer else ""
        if await self._finish_open_run(turn):
            return
        if kind == "run" and (run := self._runs.get(name)):
            await self._drive(turn, run, None)
        elif kind == "silence":
            for handler in self._routes.timeouts:
                if name == f"{handler.after:g}":
                    await self._start(turn, handler, None)
        elif kind == "later" and (one := self._routes.timers.get(name)):
            await self._start(turn, one, None, payload=payload)
        elif kind == "remind":
            await self._say(turn, payload)

    async def _left(self, turn: Turn) -> None:
        over = (turn.over or HandedOff)()
        for run in reversed(list(self._runs)):
            await self._throw(turn, run, over)
            self._runs.remove(run)
        await self._alone(turn, Kind.LEAVE)
        turn.timers.clear()

    async def _throw(self, turn: Turn, run: Run, over: ConversationOver) -> None:
        """Ends a waiting run with `over`; what its cleaning up raises keeps nobody else from it."""
        try:
            if run.alive or not await run.begin(turn, *self._arguments(run)):
                await run.throw(turn, over)
        except (ConversationOver, ReplayMismatch):
            return
        except Exception as error:
            self._report("dialog.cleanup_failed", Level.ERROR, error)
        finally:
            over.__traceback__ = None  # its frames hold it, and what the customer said

    # --------------------------------------------------------------------------------- running runs

    async def _start(self, turn: Turn, handler: Handler, item: Item | None, *, payload: str = "") -> None:
        await self._drive(turn, self._new_run(turn, handler, item, payload), None)

    def _new_run(self, turn: Turn, handler: Handler, item: Item | None, payload: str = "", again: str = "") -> Run:
        record = RunRecord(
            id=f"{turn.id}/{self._runs.unit}{again}",
            handler=handler.key,
            version=handler.version,
            payload=payload,
            state=self.memory.now(),
        )
        return Run(handler, record, self._runs, item=item)

    def _chat(self, run: Run) -> Chat[Any, Any]:
        return Chat(run, self)

    def _arguments(self, run: Run) -> tuple[object, ...]:
        chat, kind = self._chat(run), run.handler.kind
        if kind is Kind.MESSAGE or kind is Kind.ATTACHMENT or kind is Kind.EVENT:
            return chat, run.item
        return (chat, run.record.payload) if kind is Kind.TIMER else (chat,)

    async def _drive(self, turn: Turn, run: Run, value: object, *, answered: bool = False) -> None:
        """Starts `run`, or gives it what it waits for; keeps it when it waits again."""
        fresh = not self._runs.take(run) or answered
        if not run.handler.middleware:
            self._runs.put(run, ended=await self._settled(turn, run, value, fresh=fresh))
            return
        ended = True
        async with AsyncExitStack() as stack:
            await self._enter(stack, run.handler.middleware, turn)
            ended = await self._settled(turn, run, value, fresh=fresh)
        self._runs.put(run, ended=ended)

    async def _settled(self, turn: Turn, run: Run, value: object, *, fresh: bool) -> bool:
        try:
            if not run.alive:
                ended = await run.begin(turn, *self._arguments(run))
                if run.impure:
                    self._report_impurity(run)
                if fresh or ended:
                    return ended
            return await run.go_on(turn, value)
        except ReplayMismatch as error:
            await self._mismatched(turn, run, error)
            return True
        except (NoAnswer, Cancelled) as outcome:
            await self._say(turn, self._farewell(outcome))
            return True
        except ConversationOver:
            return True

    def _report_impurity(self, run: Run) -> None:
        error = impurity(run.handler, run.impure)
        if self.bot.strict:
            raise error
        self._report("dialog.impure", Level.WARNING, error)

    def _farewell(self, outcome: BotOutcome) -> str:
        return self.bot.texts.cancelled if isinstance(outcome, Cancelled) else self.bot.texts.no_answer

    async def _mismatched(self, turn: Turn, run: Run, error: ReplayMismatch) -> None:
        self._report("dialog.mismatch", Level.ERROR, error)
        self._runs.remove(run)
        newest = self._routes.newest.get(run.record.handler)
        match self.bot.on_mismatch:
            case "restart" if newest is not None:
                handler = self._routes.by_key[(run.record.handler, newest)]
                again = self._new_run(turn, handler, run.item, run.record.payload, again="'")
                await self._say(turn, self.bot.texts.restarted)
                await self._drive(turn, again, None)
            case "hand_off":
                await self._say(turn, self.bot.texts.handed_over)
                await turn.leave()
            case _:
                raise error

    # ---------------------------------------------------------------------------------- small things

    async def _enter(self, stack: AsyncExitStack, around: Iterable[Middleware], turn: Turn) -> None:
        """Enters all of `around`, the outermost first; each has a chat of its own about what the turn is about."""
        for one in around:
            run = bystander(one, turn, self._about, self._runs, stack)
            await middleware.enter(stack, one, self._chat(run))

    async def _say(self, turn: Turn, text: str) -> None:
        if text:
            await turn.send(text, content_type=ContentType.PLAIN)

    def _mark_silence(self, turn: Turn) -> None:
        for handler in self._routes.timeouts:
            name = f"silence/{handler.after:g}"
            turn.timers[name] = Timer(name=name, due=turn.clock.now().timestamp() + handler.after)

    def _unhandled(self, message: Message) -> None:
        if self.bot.first_unhandled(message.content_type):
            fields = {"content_type": message.content_type, "paste": paste(message)}
            happening = Happening(
                name="message.unhandled", level=Level.WARNING, contact=self.contact.key, fields=fields
            )
            self.bot.report(happening)

    def tell_question(self, label: str, where: str, outcome: str, choice: int) -> None:
        """Reports how a question went."""
        fields: dict[str, str | int] = {"question": label, "where": where, "outcome": outcome, "choice": choice}
        self.bot.report(Happening(name="question", level=Level.DEBUG, contact=self.contact.key, fields=fields))

    def _report(self, name: str, level: Level, error: Exception) -> None:
        self.bot.report(Happening(name=name, level=level, contact=self.contact.key, error=error))


def _breaks_silence(item: Item) -> bool:
    return item.sender.role == Role.CUSTOMER and not isinstance(item, Event)


def _units(items: Sequence[Item], overlap: Overlap) -> list[Item]:
    """What of a turn is handled one by one: its messages as one, in the newest one's place; under LATEST that alone."""
    if len(items) < 2 or overlap is Overlap.QUEUE:
        return list(items)
    messages = [item for item in items if isinstance(item, Message)]
    if len(messages) < 2:
        return list(items)
    newest = messages[-1]
    burst = newest if overlap is Overlap.LATEST else _joined(messages)
    others = [item for item in items if item is newest or not isinstance(item, Message)]
    return [burst if item is newest else item for item in others]


def _subject(units: Sequence[Item]) -> Item | None:
    """What a turn is about as a whole: its newest message, else the newest of what came."""
    messages = [item for item in units if isinstance(item, Message)]
    return next(reversed(messages or units), None)


def _joined(messages: Sequence[Message]) -> Message:
    return replace(messages[-1], content="\n".join(message.content for message in messages))
