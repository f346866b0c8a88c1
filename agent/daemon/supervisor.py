"""One child per contact: claims what is offered, takes up what was left behind, and lets no chat harm another.

It knows the store and its children; it knows no session, no AWS, no bot and no signal.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from random import Random

import anyio
from anyio.abc import TaskGroup

from agent.clock import Clock
from agent.daemon.abreast import abreast
from agent.daemon.census import Census
from agent.daemon.child import ChatSession, Child, Goodbye
from agent.daemon.claims import Claims
from agent.daemon.courtesy import Courtesy
from agent.daemon.duty import Duty
from agent.daemon.room import Room
from agent.daemon.unserved import Unserved
from agent.errors import StoreUnusable
from agent.ids import ContactKey
from agent.ports import Claimable, ContactStore, Declined, Offer
from agent.record import ContactRecord, Phase
from agent.telemetry import Happening, Level, Report, silent

__all__ = ["ChatSession", "Duty", "Goodbye", "Supervisor"]

_AT_ONCE = 16
_PAGE = 100


class Supervisor:
    """The chats of one worker. Its children live in the task group that it is given.

    Attributes:
        taken_up: how many contacts were taken up that others had left behind, or this one.
    """

    def __init__(
        self,
        begin: Callable[[ContactRecord], ChatSession],
        *,
        duty: Duty,
        room: Room,
        store: ContactStore,
        group: TaskGroup,
        clock: Clock,
        random: Random,
        report: Report = silent,
    ) -> None:
        self._begin = begin
        self._duty = duty
        self._roster = duty.roster
        self._room = room
        self._store = store
        self._claims = Claims(store, duty.owner, random=random, report=report)
        self._group = group
        self._clock = clock
        self._random = random
        self._report = report
        self._children: dict[ContactKey, Child] = {}
        self._claiming: set[ContactKey] = set()
        self._courtesy = Courtesy(duty.owner, clock)
        self._unserved = Unserved(clock, report)
        self._knows_its_own = False
        self._passed_over = False
        self._lost = 0
        self.taken_up = 0
        self._goodbye: Goodbye | None = None
        self._changed = anyio.Event()

    @property
    def contacts(self) -> Collection[ContactKey]:
        """The contacts that are served now."""
        return self._children.keys()

    @property
    def waiting(self) -> int:
        """How many items of all chats wait for a turn."""
        return sum(child.waiting for child in self._children.values())

    @property
    def unserved(self) -> int:
        """How many live chats wait for a bot that is not served here, as the last whole look found."""
        return len(self._unserved)

    # ------------------------------------------------------------------------------------- taking on

    async def take(self, offers: AsyncIterator[Claimable]) -> None:
        """Takes on what is offered, one after the other, until cancelled.

        With no place free an offer goes back to its source, for other workers; one that cannot go back waits.
        """
        async for claimable in offers:
            if (bot := self._bot_for(claimable.offer)) is None:
                await claimable.decline(Declined.NOT_OURS)
            elif self._room.free_for(bot) > 0 or not await claimable.decline(self._why_not(bot)):
                await self._room.take()
                await self._using_place(self._accepted(claimable.offer, bot))
                await claimable.done()

    async def resume(self, seen: Census | None = None) -> bool:
        """Takes up, as far as places are free, every live contact that nobody serves; a few at a time.

        Where `seen` shows a worker that should rather have a contact, it gets the time until the next call for it.
        Returns whether something was left to others in that way.

        Raises StoreError; what was taken up until then is served.
        """
        self._courtesy.look(seen)
        own = not self._knows_its_own or bool(self._claims.astray)
        self._passed_over = False
        after: ContactKey | None = None
        waiting: set[ContactKey] = set()
        while self._room.free > 0:
            keys = await self._store.claimable(self._duty.owner, own=own, limit=_PAGE, after=after)
            waiting.update(keys)
            mine = [key for key in keys if self._is_ours_to_take(key)]
            await abreast(mine, self._resume, at_once=_AT_ONCE)
            if len(keys) < _PAGE:  # what is claimed from now on need not be looked for
                self._knows_its_own = self._knows_its_own or not self._passed_over
                self._unserved.looked(waiting)
                break
            after = keys[-1]
        await self._free_what_went_astray()
        return self._courtesy.waits or bool(self._claims.astray)

    async def _free_what_went_astray(self) -> None:
        """What this worker owns without serving it, nobody else could claim: where there is no place it is released."""
        for key in list(self._claims.astray - self._claiming):
            if key in self._children:
                self._claims.astray.discard(key)
            else:
                await self._free(key)

    async def _free(self, key: ContactKey) -> None:
        """It must not be taken up anew meanwhile."""
        self._claiming.add(key)
        try:
            await self._claims.let_go(key)
        finally:
            self._claiming.discard(key)
            self._look_again()

    def _is_ours_to_take(self, key: ContactKey) -> bool:
        here = self._roster.is_here(key.instance_id) and key not in self._children
        return here and self._courtesy.allows(key)

    def _bot_for(self, offer: Offer) -> str | None:
        """The bot that gets `offer`, told loudly if there is none, as that is a mistake in a contact flow or a rule."""
        bot = self._duty.bot_for(offer)
        if bot is None:
            self._tell("offer.refused", offer.key, Level.WARNING, bot=offer.bot or "")
        return bot

    def _why_not(self, bot: str) -> Declined:
        """A full worker asks for no more offers; one with room for other bots would be given this one again at once."""
        return Declined.RESTING if bot in self._room.shut_bots else Declined.FULL

    async def _accepted(self, offer: Offer, bot: str) -> bool:
        if offer.channel != "CHAT":
            self._tell("offer.refused", offer.key, Level.WARNING, channel=offer.channel)
            return False
        while offer.key in self._claiming:  # only when that has ended is it known whether this offer is still wanted
            await self._changed.wait()
        return await self._started(self._duty.fresh(offer, bot))

    async def _resume(self, key: ContactKey) -> None:
        """Takes up one contact, if its bot is served and there is a place for it."""
        record = await self._loaded(key)
        if record is None:
            return
        if record.bot not in self._roster.bots:
            self._unserved.meet(key, record.bot)
        elif self._room.free_for(record.bot) > 0 and self._room.take_now():
            await self._using_place(self._started(record, again=True))
        else:
            self._passed_over = True

    async def _loaded(self, key: ContactKey) -> ContactRecord | None:
        """An unreadable record hides no other."""
        try:
            return await self._store.load(key)
        except StoreUnusable as error:
            self._tell("contact.unreadable", key, Level.ERROR, error)
            return None

    async def _using_place(self, start: Awaitable[bool]) -> None:
        """Gives the place back unless a child has it now, which gives it back at its own end."""
        started = False
        try:
            started = await start
        finally:
            if not started:
                self._room.give_back()

    async def _started(self, record: ContactRecord, *, again: bool = False) -> bool:
        """Whether the contact has a child from now on; one at most, though it may be offered and found at one time."""
        if record.key in self._children or record.key in self._claiming:
            return False
        self._claiming.add(record.key)
        try:
            return await self._begun(record, again=again)
        finally:
            self._claiming.discard(record.key)
            self._look_again()

    async def _begun(self, record: ContactRecord, *, again: bool) -> bool:
        lost = self._lost
        claim = self._claims.take_now if again else self._claims.take
        claimed = await self._ours(await claim(record))
        if claimed and claimed.phase is Phase.OVER:
            claimed = self._once_more(claimed)
        if claimed is None or self._lost != lost:
            return False
        if self._goodbye is not None:
            await self._claims.let_go(claimed.key)
            return False
        self.taken_up += again
        self._tell("contact.claimed", claimed.key, epoch=claimed.epoch, phase=claimed.phase.value, bot=claimed.bot)
        child = self._children[claimed.key] = self._child(claimed)
        self._claims.astray.discard(claimed.key)
        self._group.start_soon(self._keep, claimed.key, child)
        return True

    async def _ours(self, claimed: ContactRecord | None) -> ContactRecord | None:
        """What is stored may be another bot's, from when the rules were others; then it stays that bot's."""
        if claimed is None or claimed.bot in self._roster.bots:
            return claimed
        self._tell("contact.of_another_bot", claimed.key, Level.WARNING, bot=claimed.bot)
        await self._claims.let_go(claimed.key)
        return None

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
                self._courtesy.give_up(key)
            if not child.settled:
                self._claims.astray.add(key)
            del self._children[key]
            self._room.give_back()
            self._tell("chat.closed", key, Level.DEBUG)
            self._look_again()

    def _once_more(self, record: ContactRecord) -> ContactRecord | None:
        self._claims.astray.discard(record.key)
        if (again := self._duty.once_more(record)) is None:
            self._tell("offer.repeated", record.key, Level.DEBUG)
        return again

    # ----------------------------------------------------------------------------------- taking leave

    def go(self, goodbye: Goodbye) -> None:
        """Every chat ends its running turn and is released or left; nothing is taken on any more."""
        self.close(goodbye)
        for child in self._children.values():
            child.go(goodbye)

    def child(self, key: ContactKey) -> Child | None:
        """The chat, if it is served here."""
        return self._children.get(key)

    def move(self, key: ContactKey, *, away_for: float) -> None:
        """Releases one chat for another worker; for so many seconds this one does not take it up by itself again."""
        self._courtesy.give_away(key, away_for)
        if child := self._children.get(key):
            child.go(Goodbye.RELEASE)

    def may_move(self, key: ContactKey, stay: float) -> bool:
        """Whether the chat rests between two turns and has been here for `stay` seconds."""
        child = self._children.get(key)
        return child is not None and child.may_move(stay)

    def close(self, goodbye: Goodbye) -> None:
        """Nothing is taken on any more; what was just being claimed is given back."""
        self._goodbye = goodbye

    async def go_gently(self, goodbye: Goodbye, *, every: float) -> None:
        """As `go`, one chat after another, `every` seconds apart: until its turn comes, each goes on."""
        self.close(goodbye)
        for child in list(self._children.values()):
            child.go(goodbye)
            await anyio.sleep(every)

    def lose(self) -> None:
        """Every chat falls silent at once, as its contact may be another worker's by now."""
        self._lost += 1
        self._claims.astray.update(self._children)
        for child in self._children.values():
            child.lose()

    async def gone(self, key: ContactKey) -> None:
        """Returns when this chat is not served here any more."""
        while key in self._children:
            await self._changed.wait()

    async def idle(self) -> None:
        """Returns when no chat is served any more."""
        while self._children:
            await self._changed.wait()

    def _look_again(self) -> None:
        """Whoever waits for a change looks whether this was it."""
        self._changed.set()
        self._changed = anyio.Event()

    def _tell(
        self,
        name: str,
        contact: ContactKey,
        level: Level = Level.INFO,
        error: BaseException | None = None,
        **fields: str | int,
    ) -> None:
        self._report(Happening(name=name, level=level, contact=contact, fields=fields, error=error))
