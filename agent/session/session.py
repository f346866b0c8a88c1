"""One contact, whole: joins or rejoins, stays while there is something to say, and goes in order.

How it goes depends on why: over for good, released so that another worker goes on, or lost to one that already does. It
knows ports and the seam to the bot, no AWS and no other contact.
"""

from enum import StrEnum

import anyio
from msgspec.structs import replace

from agent.errors import (
    ChatEnded,
    ConnectError,
    ConversationOver,
    CustomerLeft,
    Fenced,
    HandedOff,
    HumanTookOver,
    JoinRefused,
    OwnershipLost,
    RemovedFromChat,
)
from agent.record import ContactRecord, Phase
from agent.session.conversation import Converser
from agent.session.fence import Fence
from agent.session.join import described, enter
from agent.session.orders import OrderBook, Slip
from agent.session.saving import release, save
from agent.session.stay import Stay
from agent.session.streams import Streams
from agent.session.surroundings import Ports, SessionSettings
from agent.telemetry import Happening, Level


class Ending(StrEnum):
    """How a session ended."""

    OVER = "over"
    RELEASED = "released"
    LOST = "lost"


class Session:
    """One contact, from the claimed record to the end."""

    def __init__(self, record: ContactRecord, bot: Converser, *, ports: Ports, settings: SessionSettings) -> None:
        """`record` has been claimed from ``ports.store`` by this process."""
        self._record = record
        self._bot = bot
        self._ports = ports
        self._settings = settings
        self._fence = Fence(ports.may_speak)
        self._streams = Streams(record, ports)
        self._stay: Stay | None = None
        self._last_orders: OrderBook | None = None
        self._draining = False
        self._leaving = False

    @property
    def waiting(self) -> int:
        """How many items wait for a turn."""
        return self._stay.waiting if self._stay else 0

    @property
    def resting(self) -> bool:
        """Whether the conversation goes on, and rests between two turns."""
        return self._stay is not None and self._stay.resting

    def drain(self) -> None:
        """Finish the running turn, release the contact without leaving the chat, and let `run` return."""
        self._draining = True
        self._stop()

    def leave(self) -> None:
        """Finish the running turn, leave the chat politely, and let `run` return."""
        self._leaving = True
        self._stop()

    def lose(self) -> None:
        """Fall silent at once: this worker may no longer own the contact. Nothing is written any more."""
        self._fence.close(OwnershipLost)

    def carry_out(self, slip: Slip) -> None:
        """What somebody outside wants done in this chat is done between two turns; the slip tells how that goes."""
        if self._last_orders is not None:
            self._last_orders.put(slip)
        elif self._stay is None:
            slip.refuse("The bot is still joining this chat; try again in a moment.")
        else:
            self._stay.carry_out(slip)

    async def run(self) -> Ending:
        """Runs until the chat is over, or was drained or lost.

        Cancelled, it stops where it stands and leaves nothing that the next claim would not mend.

        Raises:
            JoinRefused: the contact cannot be joined; its record is over.
            ConnectError: Amazon Connect failed for good in a way that is no refusal; the record is as it was.
            StoreUnusable: the store cannot take the record.
        """
        try:
            return await self._run()
        except Fenced:
            return self._end(Ending.LOST, OwnershipLost.__name__)

    async def _run(self) -> Ending:
        began, known = self._ports.clock.monotonic(), self._record.participant
        await self._streams.begin(self._remember_streams)
        try:
            self._record, participant, access = await enter(self._streams.on(self._record), self._ports)
        except (JoinRefused, ChatEnded) as reason:
            await self._close_record(type(reason).__name__)
            if isinstance(reason, JoinRefused):
                raise
            return self._end(Ending.OVER, ChatEnded.__name__)
        seconds = self._ports.clock.monotonic() - began
        self._report("contact.joined", seconds=round(seconds, 3), resumed=int(participant == known))
        self._stay = Stay(
            self._record,
            access,
            self._bot,
            participant=participant,
            streams=self._streams,
            fence=self._fence,
            ports=self._ports,
            settings=self._settings,
        )
        if self._draining or self._leaving:
            self._stay.stop()
        return await self._live(self._stay)

    async def _live(self, stay: Stay) -> Ending:
        try:
            await stay.run()
            self._record = stay.record
            return await self._go(stay)
        finally:
            with anyio.move_on_after(self._settings.cleanup_timeout, shield=True):
                await stay.aclose()
            self._stay, self._last_orders = None, stay.orders
            self._fence.forget_listeners()
            stay.fall_apart()

    async def _go(self, stay: Stay) -> Ending:
        if self._fence.reason is RemovedFromChat:
            await self._find_out_why()
        reason = self._fence.reason
        if reason is OwnershipLost:
            return self._end(Ending.LOST, reason.__name__)
        if reason is None and not self._leaving:
            await release(self._streams.on(self._record), self._ports)
            return self._end(Ending.RELEASED, "drained")
        with anyio.move_on_after(self._settings.goodbye_timeout, shield=True) as bound:
            await self._say_goodbye(stay, reason)
        if bound.cancelled_caught:
            self._report("goodbye.cut_short", Level.WARNING)
        await self._close_record((reason or HandedOff).__name__)
        return self._end(Ending.OVER, (reason or HandedOff).__name__)

    async def _find_out_why(self) -> None:
        """A removal is seen, or only met as a 403; the contact itself tells whether it ended or a human has it."""
        with anyio.move_on_after(self._settings.goodbye_timeout, shield=True):
            description = await described(self._record.key, self._ports)
            if description is not None and description.ended:
                self._fence.explain(ChatEnded)
            elif description is not None and description.agent_connected:
                self._fence.explain(HumanTookOver)

    async def _say_goodbye(self, stay: Stay, reason: type[ConversationOver] | None) -> None:
        """Leaving is only polite where the chat may go on without us."""
        self._fence.close(HandedOff)
        await stay.say_goodbye()
        self._record = stay.record
        if reason in (None, CustomerLeft):
            try:
                await stay.disconnect()
            except ConnectError as error:
                happening = Happening(
                    name="disconnect.failed", level=Level.WARNING, contact=self._record.key, error=error
                )
                self._ports.report(happening)

    async def _close_record(self, reason: str) -> None:
        """Stores that the contact is over, and forgets what is no longer needed, the secret first of all."""
        if reason != ChatEnded.__name__:  # what has ended streams no more [documented]
            with anyio.move_on_after(self._settings.goodbye_timeout, shield=True) as bound:
                await self._streams.stop_all()
            if bound.cancelled_caught:
                self._report("stream.not_stopped", Level.WARNING)
        over = replace(self._record, phase=Phase.OVER, over=reason, participant=None, timers=(), journal=b"")
        self._record = self._streams.on(over)
        await save(self._record, self._ports)

    async def _remember_streams(self) -> None:
        await save(self._streams.on(self._record), self._ports)

    def _stop(self) -> None:
        if self._stay is not None:
            self._stay.stop()

    def _end(self, ending: Ending, why: str) -> Ending:
        self._report("contact.ended", ending=ending.value, why=why)
        return ending

    def _report(self, name: str, level: Level = Level.INFO, **fields: str | float) -> None:
        self._ports.report(Happening(name=name, level=level, contact=self._record.key, fields=fields))
