"""A worker that serves one chat and can be killed: from that instant on nothing it does has any effect.

It is the real session over the local region in memory; a second life claims the contact from the store and goes on,
as another replica would. It knows no customer.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import Random
from typing import Any

import anyio
from anyio.abc import TaskGroup

from agent.aws.connect import BotoConnect
from agent.aws.participant import BotoParticipant
from agent.clock import Clock
from agent.daemon.pacing import FreePacer
from agent.emulator import Operations
from agent.ids import WorkerId
from agent.ports import Operation
from agent.record import ContactRecord
from agent.session.conversation import Converser
from agent.session.session import Session
from agent.session.surroundings import Ports, SessionSettings
from agent.telemetry import Happening, Report
from agent.testing.durable import DurableStore
from agent.testing.inmemory import InMemoryCalls, InMemorySockets

OWNER = WorkerId("worker")
_FOR_EVER = 1e9
_PATIENCE = 60.0


class SessionBroke(AssertionError):
    """The session of the bot under test ended by an error: from then on nobody answered the customer."""


class _Life:
    """The difference between a process and none: a dead one's calls do not arrive."""

    def __init__(self) -> None:
        self.alive = True

    async def check(self) -> None:
        """Nobody returns from a call that a dead process made; its task is being cancelled."""
        if not self.alive:
            await anyio.sleep_forever()


class _MortalCalls:
    def __init__(self, calls: InMemoryCalls, life: _Life) -> None:
        self._calls = calls
        self._life = life

    async def __call__(self, operation: Operation, **members: Any) -> Mapping[str, Any]:
        await self._life.check()
        answer = await self._calls(operation, **members)
        await self._life.check()
        return answer


class _MortalStore:
    def __init__(self, store: DurableStore, life: _Life) -> None:
        self._store = store
        self._life = life

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._store, name)

        async def mortal(*args: Any, **kwargs: Any) -> Any:
            await self._life.check()
            result = await method(*args, **kwargs)
            await self._life.check()
            return result

        return mortal


@dataclass(slots=True, kw_only=True)
class Worker:
    """One chat's worker, through all its lives.

    Attributes:
        failures: what turns raised, and why dialogs could not go on, in order.
        broken: what ended a session that should have gone on.
        ended: set when the session has ended by itself.
    """

    bot: Converser
    operations: Operations
    clock: Clock
    settings: SessionSettings
    report: Report
    group: TaskGroup
    failures: list[BaseException] = field(default_factory=list)
    broken: BaseException | None = None
    ended: anyio.Event = field(default_factory=anyio.Event)
    _fresh: ContactRecord | None = None
    _settled: anyio.Event = field(default_factory=anyio.Event)
    _store: DurableStore = field(init=False)
    _life: _Life = field(init=False, default_factory=_Life)
    _scope: anyio.CancelScope = field(init=False, default_factory=anyio.CancelScope)
    _gone: anyio.Event = field(init=False, default_factory=anyio.Event)

    def __post_init__(self) -> None:
        self._store = DurableStore(self.clock)

    async def serve(self, fresh: ContactRecord) -> None:
        """Begins the first life, and waits until the bot has joined and greeted, or will not."""
        self._fresh = fresh
        self.start()
        with anyio.move_on_after(_PATIENCE):
            await self._settled.wait()

    def start(self) -> None:
        """Begins a life: claims the contact and serves it in the background."""
        self._life, self._scope, self._gone = _Life(), anyio.CancelScope(), anyio.Event()
        self.group.start_soon(self._live, self._life, self._scope, self._gone)

    async def kill(self) -> None:
        """Ends this life as a crash does: nothing is said, stored or given back."""
        self._life.alive = False
        self._scope.cancel()
        if self._fresh is not None:
            await self._gone.wait()

    async def record(self) -> ContactRecord | None:
        """What the store holds."""
        return None if self._fresh is None else await self._store.load(self._fresh.key)

    async def _live(self, life: _Life, scope: anyio.CancelScope, gone: anyio.Event) -> None:
        _LIVING.set(self)
        try:
            with scope:
                if self._fresh is not None:
                    await self._serve(life, self._fresh)
                self.ended.set()
        finally:
            gone.set()
            self._settled.set()

    async def _serve(self, life: _Life, fresh: ContactRecord) -> None:
        await self._store.heartbeat(OWNER, ttl=_FOR_EVER)
        record = await self._store.claim(fresh, owner=OWNER)
        session = Session(record, self.bot, ports=self._ports(life), settings=self.settings)
        try:
            await session.run()
        except Exception as error:
            self._break(error)
        except asyncio.CancelledError as error:
            if _cancelled():
                raise
            self._break(error)

    def _break(self, error: BaseException) -> None:
        """Remembers it for the end of the test: raised here it would only cancel whatever the test waits for."""
        while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        self.failures.append(error)
        self.broken = error

    def raise_broken(self) -> None:
        """Raises SessionBroke if a session has broken."""
        if self.broken is not None:
            what = f"{type(self.broken).__name__}: {self.broken}".removesuffix(": ")
            raise SessionBroke(f"The session of the bot has ended by {what}") from self.broken

    def hear_bot(self, happening: Happening) -> None:
        """What the bot tells in this chat; an error that also failed the turn is kept once."""
        if _LIVING.get() is self and happening.error is not None and happening.error not in self.failures:
            self.failures.append(happening.error)

    def _ports(self, life: _Life) -> Ports:
        calls: Any = _MortalCalls(InMemoryCalls(self.operations), life)
        store: Any = _MortalStore(self._store, life)
        return Ports(
            connect=BotoConnect(calls),
            participant=BotoParticipant(calls),
            sockets=InMemorySockets(self.operations.region),
            store=store,
            pacer=FreePacer(),
            clock=self.clock,
            random=Random(1),  # noqa: S311 - jitter
            report=self._hear,
        )

    def _hear(self, happening: Happening) -> None:
        if happening.name == "turn.failed":
            self.hear_bot(happening)
        if happening.name == "turn.committed":
            self._settled.set()
        self.report(happening)


_LIVING: ContextVar[Worker | None] = ContextVar("living", default=None)
"""Whose session runs: a bot may be in several chats of a test, and their contacts' ids are the same."""


def _cancelled() -> bool:
    """Whether somebody did cancel us: a bot may let a CancelledError out that is none."""
    return anyio.current_effective_deadline() == -math.inf
