"""One contact in this process: a session, and after a crash another one, where the record stands.

A chat that crashes is taken up again later each time, and given up after a few times in a row: then it is released, so
that a worker that is better off may have it. It knows what a session can be told; it knows no other contact.
"""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from random import Random
from typing import Protocol

import anyio

from agent.clock import Clock
from agent.daemon.claims import Claims
from agent.daemon.patience import Patience
from agent.errors import JoinRefused
from agent.record import ContactRecord, Phase
from agent.session.moment import Moment
from agent.session.orders import Slip
from agent.session.session import Ending
from agent.telemetry import Happening, Level, Report


class ChatSession(Protocol):
    """What a child runs: one contact, from the claimed record to the end."""

    async def run(self) -> Ending: ...

    def drain(self) -> None: ...

    def leave(self) -> None: ...

    def carry_out(self, slip: Slip) -> None: ...

    def lose(self) -> None: ...

    @property
    def waiting(self) -> int: ...

    @property
    def resting(self) -> bool: ...


class Goodbye(StrEnum):
    """How a worker takes leave of its chats: for another worker to go on, or of the customers."""

    RELEASE = "release"
    LEAVE = "leave"


class Child:
    """One contact, claimed by this worker.

    Attributes:
        gave_up: too many sessions crashed in a row.
        settled: whether the contact is over or was released; if not, this worker may still own it.
    """

    def __init__(
        self,
        record: ContactRecord,
        begin: Callable[[ContactRecord], ChatSession],
        *,
        claims: Claims,
        crash_limit: int,
        steady_after: float,
        clock: Clock,
        random: Random,
        report: Report,
    ) -> None:
        """
        Args:
            crash_limit: crashes in a row after which it is given up.
            steady_after: seconds without a crash after which the count begins anew.
        """
        self.gave_up = self.settled = False
        self._record = record
        self._begin = begin
        self._claims = claims
        self._crash_limit = crash_limit
        self._steady_after = steady_after
        self._clock = clock
        self._report = report
        self._waits = Patience(random=random)
        self._scope = anyio.CancelScope()
        self._session: ChatSession | None = None
        self._goodbye: Goodbye | None = None
        self._going = Moment()
        self._since = clock.monotonic()

    @property
    def waiting(self) -> int:
        """How many items wait for a turn."""
        return self._session.waiting if self._session else 0

    async def run(self) -> None:
        """Serves the contact until it is over, released, lost or given up. Never raises for a session's sake."""
        with self._scope:
            current: ContactRecord | None = self._record
            while current is not None and current.phase is not Phase.OVER:
                if await self._ran(current):
                    return
                if self._waits.failures >= self._crash_limit or self._goodbye is not None:
                    await self._give_up()
                    return
                with anyio.move_on_after(self._waits.next()):
                    await self._going.wait()
                current = await self._claims.take(current)

    def may_move(self, stay: float) -> bool:
        """Whether it rests between two turns, and has been here for `stay` seconds."""
        here_for = self._clock.monotonic() - self._since
        return here_for >= stay and self._session is not None and self._session.resting

    def go(self, goodbye: Goodbye) -> None:
        """The running turn ends, and the chat is released or left."""
        self._goodbye = goodbye
        self._going.set()
        self._take_leave()

    def carry_out(self, slip: Slip) -> None:
        """Somebody outside wants something done in this chat; the slip tells how that goes."""
        if self._session is None:
            slip.refuse("This chat is being taken up again after a crash; try again in a moment.")
        else:
            self._session.carry_out(slip)

    def lose(self) -> None:
        """Falls silent at once."""
        if self._session:
            self._session.lose()
        self._scope.cancel()

    async def _ran(self, record: ContactRecord) -> bool:
        """Whether a session came to an end of its own."""
        began = self._clock.monotonic()
        try:
            self._session = self._begin(record)
            self._take_leave()
            self.settled = await self._session.run() is not Ending.LOST
        except JoinRefused as refusal:
            self.settled = True
            self._tell("contact.refused", Level.WARNING, refusal)
        except (asyncio.CancelledError, Exception) as error:  # whatever it was, it was this chat's alone
            if _is_cancelled(error):
                raise
            self._crashed(error, lasted=self._clock.monotonic() - began)
            return False
        finally:
            self._session = None
        return True

    def _crashed(self, error: BaseException, *, lasted: float) -> None:
        if lasted >= self._steady_after:
            self._waits.begin_anew()
        self._waits.failed()
        self._tell("chat.crashed", Level.ERROR, error, crashes=self._waits.failures)

    def _take_leave(self) -> None:
        if self._session is None:
            return
        match self._goodbye:
            case Goodbye.RELEASE:
                self._session.drain()
            case Goodbye.LEAVE:
                self._session.leave()
            case None:
                pass

    async def _give_up(self) -> None:
        self.gave_up = self._goodbye is None
        if self.gave_up:
            self._tell("contact.given_up", Level.ERROR)
        await self._claims.let_go(self._record.key)

    def _tell(self, name: str, level: Level, error: BaseException | None = None, **fields: int) -> None:
        happening = Happening(name=name, level=level, contact=self._record.key, fields=fields, error=error)
        self._report(happening)


def _is_cancelled(error: BaseException) -> bool:
    """Whether somebody cancelled this very task, which it knows. What else a session lets slip would end the worker, as
    a task group takes it for its own."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling() > 0)
