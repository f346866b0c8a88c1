"""One activation of a handler: its coroutine, its journal, and the turn that drives it at the moment.

While the process lives, a waiting run is a suspended coroutine. Elsewhere it is started anew and fed from its journal
until it stands where it stood; what it says on the way was said before and is not said again. A run knows its
surroundings only as `Host`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from agent.bot import mismatch
from agent.bot.handlers import Handler, Kind
from agent.bot.journal import Act, Entry, Kept, RunRecord
from agent.bot.memory import Memory
from agent.bot.purity import Watch
from agent.bot.trampoline import PARKED, Body, Finished, Outcome, drive, held, park
from agent.errors import BotError, DialogError, ReplayMismatch
from agent.record import Timer
from agent.session.conversation import Turn
from agent.wire.items import Item


class Host(Protocol):
    """What a run needs besides its turn."""

    memory: Memory

    async def checkpoint(self, run: "Run", turn: Turn) -> None:
        """Makes what `run` did so far durable."""
        ...


class Run:
    """One activation of `handler`, over one turn or many.

    Attributes:
        item: what started it, if an item did.
        turn: the turn that drives it now; None between turns.
        asking: a question is open, including its checks.
    """

    __slots__ = (
        "_body",
        "_broken",
        "_parked_state",
        "_position",
        "_task",
        "_watch",
        "asking",
        "handler",
        "host",
        "item",
        "record",
        "says",
        "turn",
    )

    def __init__(self, handler: Handler, record: RunRecord, host: Host, *, item: Item | None = None) -> None:
        self.handler = handler
        self.record = record
        self.host = host
        self.item = item
        self.turn: Turn | None = None
        self.asking = False
        self.says = 0
        self._body: Body[object] | None = None
        self._broken: ReplayMismatch | None = None
        self._parked_state: bytes | None = None
        self._position = 0
        self._task: object = None
        self._watch: Watch | None = None

    # -------------------------------------------------------------------------------- being driven

    @property
    def alive(self) -> bool:
        """Whether the coroutine stands in memory."""
        return self._body is not None

    @property
    def timer(self) -> str:
        """The name of the timer that this run waits for."""
        return f"run/{self.record.id}"

    def begin(self, turn: Turn, *arguments: object) -> Awaitable[bool]:
        """Starts, or starts anew from the journal; runs until it ends (True) or waits (False).

        Raises:
            ReplayMismatch: the journal is not of this code.
            Exception: whatever the handler raised.
        """
        self._position = 0
        self._body = self.handler.function(*arguments)  # type: ignore[assignment]
        if self.replaying:
            self._watch = Watch(_file(self.handler))
            self.host.memory.replay(self.record.state)
        return self._drive(turn, None, None)

    def go_on(self, turn: Turn, value: object) -> Awaitable[bool]:
        """Gives a waiting run what it waits for; returns as `begin` does."""
        turn.timers.pop(self.timer, None)
        return self._drive(turn, value, None)

    def throw(self, turn: Turn, error: BaseException) -> Awaitable[bool]:
        """Raises `error` where the run waits; returns as `begin` does."""
        turn.timers.pop(self.timer, None)
        return self._drive(turn, None, error)

    async def _drive(self, turn: Turn, value: object, error: BaseException | None) -> bool:
        if self._body is None:
            raise DialogError(f"{self.handler} does not run.")
        self.turn, self._task, self.says = turn, asyncio.current_task(), 0
        try:
            outcome = await drive(self._body, value, error=error, watch=self._watch)
            if outcome is PARKED:
                outcome = await self._free_of_scopes(outcome)
        except BaseException:
            self._body = None
            if self._broken:
                raise self._broken from None
            raise
        finally:
            self.turn = self._task = None
        return self._ended(outcome)

    async def _free_of_scopes(self, outcome: Outcome[object]) -> Outcome[object]:
        if self._body is None or not (name := held(self._body)):
            return outcome
        sentence = (
            f"{self.handler} waits inside an open {name}; a turn may end there, and another task or process goes on. "
            "Close it before the question, or use the question's own timeout=."
        )
        return await drive(self._body, error=DialogError(sentence))

    def _ended(self, outcome: Outcome[object]) -> bool:
        if self._broken:
            self._body = None
            raise self._broken
        if isinstance(outcome, Finished):
            self._body = None
            if self.replaying:
                raise self._mismatch(self.record.entries[self._position], "the end")
            self._check_result(outcome.value)
            return True
        return False

    def _check_result(self, value: object) -> None:
        if value is not None and self.handler.kind is not Kind.DIALOG:
            raise BotError(
                f"{self.handler} returned a {type(value).__name__}; handlers return nothing. "
                "To answer the customer, await chat.say(...)."
            )

    def settle(self) -> None:
        """The turn that drove this run is final; what started it is kept in its durable form only."""
        self.record.committed = len(self.record.entries)
        if self.item is not None and self.item.raw:
            self.item = Kept.of(self.item).item()

    def durable(self) -> RunRecord:
        """The record with what started the run: few runs outlive their turn, so it is made for those alone."""
        if self.record.trigger is None and self.item is not None:
            self.record.trigger = Kept.of(self.item)
        return self.record

    def drop(self) -> None:
        """Lets go of the coroutine; the journal can start it anew. Its own cleaning up may not await."""
        body, self._body = self._body, None
        if body is not None:
            try:
                body.close()
            except RuntimeError:  # the author's finally awaits something: nobody is left to wait for it
                return

    def rewind(self) -> None:
        """Forgets what the turn that is open did; the coroutine, which has gone too far, is let go."""
        self.drop()
        self.asking = False
        self.record = self.record.prefix()

    # ---------------------------------------------------------------------------------- the journal

    @property
    def replaying(self) -> bool:
        """Whether what the code does now was done in an earlier turn."""
        return self._position < self.record.committed

    def recall(self, act: Act, label: str) -> Entry | None:
        """The journal's entry for what the code does now; None when it does it for the first time.

        Raises:
            ReplayMismatch: the journal holds something else.
        """
        if self._position >= len(self.record.entries):
            return None
        entry = self.record.entries[self._position]
        if entry.act is not act or entry.label != label:
            raise self._mismatch(entry, mismatch.came(act, label, mismatch.author_frame()))
        self._position += 1
        if entry.state is not None and self._position < self.record.committed:
            self.host.memory.replay(entry.state)
        if self._position == self.record.committed:
            self._caught_up()
        return entry

    def note(self, entry: Entry) -> Entry:
        """Adds what the code did for the first time."""
        self.record.entries.append(entry)
        self._position += 1
        return entry

    def disagree(self, came: str) -> ReplayMismatch:
        """The mismatch for an entry that was recalled, but whose outcome this code does not understand."""
        return self._mismatch(self.record.entries[self._position - 1], came)

    def _caught_up(self) -> None:
        if self._watch is not None:
            self._watch.finish()
        self._parked_state = self.host.memory.now()
        self.host.memory.restore()

    def _mismatch(self, entry: Entry | None, came: str) -> ReplayMismatch:
        seen = self._watch.seen if self._watch else []
        self._broken = mismatch.mismatch(self.handler, entry, came, seen)
        return self._broken

    @property
    def impure(self) -> list[str]:
        """The calls seen during the replay that may give another answer each time."""
        return list(self._watch.seen) if self._watch is not None else []

    # ------------------------------------------------------------------------------------- waiting

    def scene(self, verb: str) -> Turn:
        """The turn that drives this run.

        Raises:
            DialogError: there is none: the author kept the chat beyond its turn.
        """
        if self.turn is None:
            raise DialogError(
                f"chat.{verb} was called outside of a turn of {self.handler}; a chat is for its own handler, "
                "while it runs. For later, use chat.later."
            )
        return self.turn

    async def wait(
        self, act: Act, label: str, until: float | None, first: Callable[[], Awaitable[object]] | None = None
    ) -> Entry:
        """Waits for the customer (ASKED) or the clock (SLEPT), this time or in the journal; says `first` before.

        Raises:
            DialogError: it is called from another task than the handler's own, or where no waiting is possible.
        """
        turn = self.scene(act)
        self._may_wait(act)
        live = not self.replaying
        if self.recall(act, label) is None:
            self.note(Entry(act=act, label=label, where=mismatch.where(mismatch.author_frame()), value=until))
            self._parked_state = self.host.memory.now()
        if live and first is not None:
            await first()
        ended = Act.ANSWERED if act is Act.ASKED else Act.WOKE
        if (entry := self.recall(ended, "")) is not None:
            return entry
        if until is not None:
            turn.timers[self.timer] = Timer(name=self.timer, due=until)
        value = await park()
        now = self.host.memory.now()
        changed = now if now != self._parked_state else None
        return self.note(Entry(act=ended, value=value, state=changed))

    def in_journal(self, act: Act) -> None:
        """What comes of `act` is found again in a journal. Raises DialogError where there is none."""
        if self.handler.kind is Kind.AROUND:
            raise DialogError(
                f"{self.handler} cannot {act}: it has no journal to find the outcome in again; do that in a handler."
            )

    def step_back(self) -> None:
        """Its turn is over: whoever keeps the chat is told so."""
        self.turn = None

    def _may_wait(self, act: Act) -> None:
        self.in_journal(act)
        if self.handler.kind in {Kind.LEAVE, Kind.ERROR}:
            raise DialogError(f"{self.handler} cannot {act}: after {self.handler.kind} there is no later turn.")
        if asyncio.current_task() is not self._task:
            raise DialogError(f"{self.handler} may {act} only in its own task, not in one it started.")


def _file(handler: Handler) -> str:
    return str(getattr(getattr(handler.function, "__code__", None), "co_filename", ""))
