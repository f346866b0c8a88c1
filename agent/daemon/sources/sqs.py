"""Offers on an SQS queue: asked for in batches no bigger than there is room, deleted once they are durably claimed.

At the start a queue that cannot be used is an error; later it is waited for. Nothing here knows AWS, and nothing here
claims a contact.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import assert_never

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from agent.daemon.patience import Patience
from agent.daemon.room import Room
from agent.daemon.sources.hand import Hand, InHand
from agent.daemon.sources.reading import Skipped, Triggers, Unreadable, read
from agent.errors import QueueError, QueueRefused
from agent.ports import Claimable, Offer, QueueMessage, QueuePort
from agent.telemetry import Happening, Level, Report, silent

_BATCH = 10  # [documented]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """How the queue is asked. Durations are whole seconds.

    Attributes:
        wait: how long one poll waits for a message; 20 is the longest [documented].
        hide: how long a message stays hidden from other workers unless that is renewed, as it is while the contact is
            being claimed: after a crash the offer comes again that much later.
        triggers: which contact events offer a contact.
    """

    wait: int = 20
    hide: int = 30
    triggers: Triggers = field(default_factory=Triggers)


class SqsSource:
    """A `ContactSource` on a queue."""

    def __init__(
        self, queue: QueuePort, room: Room, *, settings: QueueSettings, random: Random, report: Report = silent
    ) -> None:
        self._queue = queue
        self._room = room
        self._settings = settings
        self._waits = Patience(random=random)
        self._report = report
        self._heard = False
        self._answers = False

    @asynccontextmanager
    async def offers(self) -> AsyncIterator[AsyncIterator[Claimable]]:
        """Offers, while open. What is in hand at the end goes back to the queue at once, for other workers.

        Raises:
            QueueError: the queue cannot be used, and never could be.
        """
        hand = Hand(self._queue, hide=self._settings.hide, report=self._report)
        send, receive = anyio.create_memory_object_stream[Claimable](0)
        try:
            async with send, receive, anyio.create_task_group() as group:
                if not self._heard:
                    await self._look()
                group.start_soon(hand.keep_hidden)
                group.start_soon(hand.keep_tidy)
                group.start_soon(self._poll, send, hand)
                yield receive
                group.cancel_scope.cancel()
        finally:
            await hand.let_go()

    async def _look(self) -> None:
        facts = await self._queue.look()
        if facts.put_aside_after is None:
            self._report(Happening(name="queue.keeps_rubbish", level=Level.WARNING, fields={"queue": facts.name}))

    async def _poll(self, send: MemoryObjectSendStream[Claimable], hand: Hand) -> None:
        while True:
            await self._room.wait_free()
            messages = await self._received()
            for message in messages:
                hand.take(message)
            for message in messages:
                await self._sort(message, send, hand)

    async def _received(self) -> Sequence[QueueMessage]:
        while True:
            try:
                messages = await self._queue.receive(
                    limit=min(_BATCH, max(1, self._room.free)),
                    wait=self._settings.wait if self._heard else 0,
                    hide=self._settings.hide,
                )
            except QueueError as error:
                if not self._heard:
                    raise
                await self._wait_because(error)
            else:
                self._tell_answering()
                return messages

    async def _wait_because(self, error: QueueError) -> None:
        self._answers = False
        self._waits.failed()
        level = Level.ERROR if isinstance(error, QueueRefused) else Level.WARNING
        self._report(Happening(name="source.failed", level=level, error=error))
        await anyio.sleep(self._waits.next())

    def _tell_answering(self) -> None:
        if not self._answers:
            self._report(Happening(name="source.listening"))
        self._heard = self._answers = True
        self._waits.begin_anew()

    async def _sort(self, message: QueueMessage, send: MemoryObjectSendStream[Claimable], hand: Hand) -> None:
        match read(message.body, self._settings.triggers):
            case Offer() as offer:
                claimable = InHand(offer, message, hand)
                await send.send(claimable)
                await claimable.settled.wait()
            case Skipped() as skipped:
                self._report(skipped.told(source="sqs"))
                hand.delete(message)
            case Unreadable() as unreadable:
                self._tell_unreadable(unreadable, message)
                hand.leave(message)
            case reading:
                assert_never(reading)

    def _tell_unreadable(self, unreadable: Unreadable, message: QueueMessage) -> None:
        """Loudly once: it comes again until the queue's own rule puts it aside."""
        level = Level.WARNING if message.receives <= 1 else Level.DEBUG
        self._report(unreadable.told(source="sqs", level=level, message_id=message.message_id))
