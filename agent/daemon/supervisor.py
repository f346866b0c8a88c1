"""One child per contact: claims what is offered, runs a session for each, and lets none harm another.

A chat that crashes is taken up again where its record stands, later each time, and given up after a few times in a row:
then it is released, so that a worker that is better off may have it. It knows the store and what a session can be told;
it knows no AWS, no bot and no signal.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Protocol

import anyio
from anyio.abc import TaskGroup

from agent.clock import Clock
from agent.daemon.patience import Patience, patiently
from agent.errors import AlreadyOwned, Fenced, JoinRefused, StoreError
from agent.ids import ContactKey, InstanceId, WorkerId
from agent.ports import Claimable, ContactStore, Offer
from agent.record import ContactRecord, Phase
from agent.session.session import Ending
from agent.telemetry import Happening, Level, Report, silent


class ChatSession(Protocol):
    """What the supervisor runs: one contact, from the claimed record to the end."""

    async def run(self) -> Ending: ...

    def drain(self) -> None: ...

    def leave(self) -> None: ...

    def lose(self) -> None: ...


class Goodbye(StrEnum):
    """How a worker takes leave of its chats: for another worker to go on, or of the customers."""

    RELEASE = "release"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Which contacts are served, and as whom.

    Attributes:
        owner: this worker.
        bot: the name of the bot that serves; records of another bot are left alone.
        display_name: what the customer sees as its name.
        instance: the instance whose contacts are served; None for any.
        rejoin: whether a contact that is over for the bot is joined once more when it is offered; only for offers
            that a person makes, as a source may repeat itself late.
        max_chats: chats at once.
        crash_limit: crashes in a row after which a chat is given up.
        steady_after: seconds without a crash after which the count begins anew.
    """

    owner: WorkerId
    bot: str
    display_name: str
    instance: InstanceId | None = None
    rejoin: bool = False
    max_chats: int = 500
    crash_limit: int = 5
    steady_after: float = 60.0


class _Child:
    """One contact in this process."""

    def __init__(self) -> None:
        self.scope = anyio.CancelScope()
        self.session: ChatSession | None = None

    def lose(self) -> None:
        if self.session:
            self.session.lose()
        self.scope.cancel()


class Supervisor:
    """The chats of one worker. Its children live in the task group that it is given."""

    def __init__(
        self,
        begin: Callable[[ContactRecord], ChatSession],
        *,
        service: Service,
        store: ContactStore,
        group: TaskGroup,
        clock: Clock,
        random: Random,
        report: Report = silent,
    ) -> None:
        self._begin = begin
        self._service = service
        self._store = store
        self._group = group
        self._clock = clock
        self._random = random
        self._report = report
        self._slots = anyio.Semaphore(service.max_chats)
        self._children: dict[ContactKey, _Child] = {}
        self._given_up: set[ContactKey] = set()
        self._goodbye: Goodbye | None = None
        self._going = anyio.Event()
        self._changed = anyio.Event()

    @property
    def contacts(self) -> Collection[ContactKey]:
        """The contacts that are served now."""
        return self._children.keys()

    # ------------------------------------------------------------------------------------- taking on

    async def take(self, offers: AsyncIterator[Claimable]) -> None:
        """Takes on what is offered, one after the other, until cancelled; with no slot free, offers wait."""
        async for claimable in offers:
            await self._slots.acquire()
            await self._using_slot(self._accepted(claimable.offer))
            await claimable.done()

    async def resume(self) -> None:
        """Takes up, as far as slots are free, every live contact that nobody serves.

        Raises StoreError; what was taken up until then is served.
        """
        after: ContactKey | None = None
        while keys := await self._store.claimable(self._service.owner, after=after):
            for key in keys:
                if self._is_ours_to_take(key) and not await self._resumed(key):
                    return
            after = keys[-1]

    def _is_ours_to_take(self, key: ContactKey) -> bool:
        here = self._service.instance in (None, key.instance_id)
        return here and key not in self._children and key not in self._given_up

    async def _accepted(self, offer: Offer) -> bool:
        if offer.key in self._children:
            return False
        if not self._is_for_us(offer):
            self._tell("offer.refused", offer.key, Level.WARNING, channel=offer.channel, bot=offer.bot or "")
            return False
        return await self._started(self._fresh(offer))

    def _is_for_us(self, offer: Offer) -> bool:
        here = self._service.instance in (None, offer.key.instance_id)
        return here and offer.channel == "CHAT" and offer.bot in (None, self._service.bot)

    async def _resumed(self, key: ContactKey) -> bool:
        """False when there is no slot for it."""
        record = await self._store.load(key)
        if record is None or record.bot != self._service.bot:
            return True
        try:
            self._slots.acquire_nowait()
        except anyio.WouldBlock:
            return False
        await self._using_slot(self._started(record))
        return True

    async def _using_slot(self, start: Awaitable[bool]) -> None:
        """Gives the slot back unless a child has it now, which gives it back at its own end."""
        started = False
        try:
            started = await start
        finally:
            if not started:
                self._slots.release()

    async def _started(self, record: ContactRecord) -> bool:
        claimed = await self._claim(record)
        if claimed and claimed.phase is Phase.OVER:
            claimed = self._once_more(claimed)
        if claimed is None or self._goodbye is not None:
            return False
        self._tell("contact.claimed", claimed.key, epoch=claimed.epoch, phase=claimed.phase.value)
        child = self._children[claimed.key] = _Child()
        self._group.start_soon(self._keep, claimed, child)
        return True

    def _once_more(self, record: ContactRecord) -> ContactRecord | None:
        if not self._service.rejoin:
            self._tell("offer.repeated", record.key, Level.DEBUG)
            return None
        return replace(record, phase=Phase.CLAIMED, over=None, join=record.join + 1, greeted=False)

    async def _claim(self, record: ContactRecord) -> ContactRecord | None:
        try:
            return await patiently(lambda: self._store.claim(record, owner=self._service.owner), self._waits())
        except AlreadyOwned as error:
            self._tell("contact.owned_elsewhere", record.key, Level.DEBUG, error=error)
            return None
        except StoreError as error:
            self._tell("contact.unreadable", record.key, Level.ERROR, error=error)
            return None

    def _fresh(self, offer: Offer) -> ContactRecord:
        return ContactRecord(
            key=offer.key,
            bot=self._service.bot,
            display_name=self._service.display_name,
            initial_contact_id=offer.initial_contact_id,
            attributes=dict(offer.attributes),
        )

    # --------------------------------------------------------------------------------------- keeping

    async def _keep(self, record: ContactRecord, child: _Child) -> None:
        try:
            with child.scope:
                await self._serve(record, child)
        finally:
            del self._children[record.key]
            self._slots.release()
            self._changed.set()
            self._changed = anyio.Event()

    async def _serve(self, record: ContactRecord, child: _Child) -> None:
        """Runs sessions of one contact until one ends by itself or too many have crashed."""
        waits = self._waits()
        current: ContactRecord | None = record
        while current is not None:
            if await self._ran(current, child, waits):
                return
            if waits.failures >= self._service.crash_limit or self._goodbye is not None:
                await self._let_go(record.key, gave_up=self._goodbye is None)
                return
            with anyio.move_on_after(waits.next()):
                await self._going.wait()
            current = await self._claim(current)

    async def _ran(self, record: ContactRecord, child: _Child, waits: Patience) -> bool:
        """Whether the session came to an end of its own."""
        began = self._clock.monotonic()
        try:
            child.session = self._begin(record)
            self._take_leave_of(child)
            await child.session.run()
        except JoinRefused as refusal:
            self._tell("contact.refused", record.key, Level.WARNING, error=refusal)
        except Exception as error:  # whatever it was, it was this chat's alone
            if self._clock.monotonic() - began >= self._service.steady_after:
                waits.begin_anew()
            self._tell("chat.crashed", record.key, Level.ERROR, error=error, crashes=waits.failures + 1)
            waits.failed()
            return False
        finally:
            child.session = None
        return True

    async def _let_go(self, key: ContactKey, *, gave_up: bool) -> None:
        """Releases the contact as its record stands; the last session's own view of it may be stale."""
        if gave_up:
            self._given_up.add(key)
            self._tell("contact.given_up", key, Level.ERROR)
        try:
            record = await self._store.load(key)
            if record and record.owner == self._service.owner and record.phase is not Phase.OVER:
                await self._store.release(record)
        except Fenced:
            self._tell("contact.lost", key)
        except StoreError as error:
            self._tell("contact.not_released", key, Level.WARNING, error=error)

    # ----------------------------------------------------------------------------------- taking leave

    def go(self, goodbye: Goodbye) -> None:
        """Every chat ends its running turn and is released or left; nothing is taken on any more."""
        self._goodbye = goodbye
        self._going.set()
        for child in self._children.values():
            self._take_leave_of(child)

    def lose(self) -> None:
        """Every chat falls silent at once, as its contact may be another worker's by now."""
        for child in self._children.values():
            child.lose()

    async def idle(self) -> None:
        """Returns when no chat is served any more."""
        while self._children:
            await self._changed.wait()

    def _take_leave_of(self, child: _Child) -> None:
        if child.session is None:
            return
        match self._goodbye:
            case Goodbye.RELEASE:
                child.session.drain()
            case Goodbye.LEAVE:
                child.session.leave()
            case None:
                pass

    def _waits(self) -> Patience:
        return Patience(random=self._random, report=self._report)

    def _tell(
        self,
        name: str,
        contact: ContactKey,
        level: Level = Level.INFO,
        error: BaseException | None = None,
        **fields: str | int,
    ) -> None:
        self._report(Happening(name=name, level=level, contact=contact, fields=fields, error=error))
