"""One child per contact: claims what is offered, takes up what was left behind, and lets no chat harm another.

It knows the store and its children; it knows no session, no AWS, no bot and no signal.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from random import Random

import anyio
from anyio.abc import TaskGroup

from agent.clock import Clock
from agent.daemon.child import ChatSession, Child, Goodbye
from agent.daemon.claims import Claims
from agent.ids import ContactKey, InstanceId, WorkerId
from agent.ports import Claimable, ContactStore, Offer
from agent.record import ContactRecord, Phase
from agent.telemetry import Happening, Level, Report, silent

__all__ = ["ChatSession", "Duty", "Goodbye", "Supervisor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
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


class Supervisor:
    """The chats of one worker. Its children live in the task group that it is given."""

    def __init__(
        self,
        begin: Callable[[ContactRecord], ChatSession],
        *,
        duty: Duty,
        store: ContactStore,
        group: TaskGroup,
        clock: Clock,
        random: Random,
        report: Report = silent,
    ) -> None:
        self._begin = begin
        self._duty = duty
        self._store = store
        self._claims = Claims(store, duty.owner, random=random, report=report)
        self._group = group
        self._clock = clock
        self._random = random
        self._report = report
        self._slots = anyio.Semaphore(duty.max_chats)
        self._children: dict[ContactKey, Child] = {}
        self._claiming: set[ContactKey] = set()
        self._given_up: set[ContactKey] = set()
        self._goodbye: Goodbye | None = None
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
        while keys := await self._store.claimable(self._duty.owner, after=after):
            for key in keys:
                if self._is_ours_to_take(key) and not await self._resumed(key):
                    return
            after = keys[-1]

    def _is_ours_to_take(self, key: ContactKey) -> bool:
        here = self._duty.instance in (None, key.instance_id)
        return here and key not in self._children and key not in self._given_up

    async def _accepted(self, offer: Offer) -> bool:
        if not self._is_for_us(offer):
            self._tell("offer.refused", offer.key, Level.WARNING, channel=offer.channel, bot=offer.bot or "")
            return False
        return await self._started(self._fresh(offer))

    def _is_for_us(self, offer: Offer) -> bool:
        here = self._duty.instance in (None, offer.key.instance_id)
        return here and offer.channel == "CHAT" and offer.bot in (None, self._duty.bot)

    async def _resumed(self, key: ContactKey) -> bool:
        """False when there is no slot for it."""
        record = await self._store.load(key)
        if record is None or record.bot != self._duty.bot:
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
        """Whether the contact has a child from now on; one at most, though it may be offered and found at one time."""
        if record.key in self._children or record.key in self._claiming:
            return False
        self._claiming.add(record.key)
        try:
            return await self._begun(record)
        finally:
            self._claiming.discard(record.key)

    async def _begun(self, record: ContactRecord) -> bool:
        claimed = await self._claims.take(record)
        if claimed and claimed.phase is Phase.OVER:
            claimed = self._once_more(claimed)
        if claimed is None or self._goodbye is not None:
            return False
        self._tell("contact.claimed", claimed.key, epoch=claimed.epoch, phase=claimed.phase.value)
        child = self._children[claimed.key] = self._child(claimed)
        self._group.start_soon(self._keep, claimed.key, child)
        return True

    def _child(self, record: ContactRecord) -> Child:
        return Child(
            record,
            self._begin,
            claims=self._claims,
            crash_limit=self._duty.crash_limit,
            steady_after=self._duty.steady_after,
            clock=self._clock,
            random=self._random,
            report=self._report,
        )

    async def _keep(self, key: ContactKey, child: Child) -> None:
        try:
            await child.run()
        finally:
            if child.gave_up:
                self._given_up.add(key)
            del self._children[key]
            self._slots.release()
            self._changed.set()
            self._changed = anyio.Event()

    def _once_more(self, record: ContactRecord) -> ContactRecord | None:
        if not self._duty.rejoin:
            self._tell("offer.repeated", record.key, Level.DEBUG)
            return None
        return replace(record, phase=Phase.CLAIMED, over=None, join=record.join + 1, greeted=False)

    def _fresh(self, offer: Offer) -> ContactRecord:
        return ContactRecord(
            key=offer.key,
            bot=self._duty.bot,
            display_name=self._duty.display_name,
            initial_contact_id=offer.initial_contact_id,
            attributes=dict(offer.attributes),
        )

    # ----------------------------------------------------------------------------------- taking leave

    def go(self, goodbye: Goodbye) -> None:
        """Every chat ends its running turn and is released or left; nothing is taken on any more."""
        self._goodbye = goodbye
        for child in self._children.values():
            child.go(goodbye)

    def lose(self) -> None:
        """Every chat falls silent at once, as its contact may be another worker's by now."""
        for child in self._children.values():
            child.lose()

    async def idle(self) -> None:
        """Returns when no chat is served any more."""
        while self._children:
            await self._changed.wait()

    def _tell(
        self,
        name: str,
        contact: ContactKey,
        level: Level = Level.INFO,
        error: BaseException | None = None,
        **fields: str | int,
    ) -> None:
        self._report(Happening(name=name, level=level, contact=contact, fields=fields, error=error))
