"""This worker's mailbox: one topic and one queue for all of its chats that are heard by message streaming.

It is made when it is first needed, made again when somebody took it away, and taken away in the end. A queue that does
not answer for a moment has lost nothing; one that stays silent, or had to be made again, makes every chat doubt. It
knows no session, and nothing of what a notification says.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

import anyio

from agent.clock import Clock
from agent.daemon.patience import Patience
from agent.daemon.switchboard import Switchboard
from agent.errors import QueueError, QueueRefused, StreamingError
from agent.ids import ContactKey, WorkerId
from agent.ports import Mailbox, MailboxPort
from agent.telemetry import Happening, Level, Report, silent
from agent.wire.items import Item

_POLL = 20  # seconds, the longest there is
_BATCH = 10
_HIDDEN = 30  # seconds; a batch is deleted at once
_RECEIVERS = 2
_LONG = 5  # failures in a row, some ten seconds; then chats had better read their transcripts
_FAREWELL = 5.0  # seconds


def mailbox_name(prefix: str, worker: WorkerId) -> str:
    """The same for the same worker, of a legal length, and telling nothing of the machine."""
    return f"{prefix}-{sha256(worker.encode()).hexdigest()[:20]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamingSettings:
    """Attributes:
    prefix: how the names of topics and queues begin.
    at_start: whether the mailbox is made before the first chat, so that what is wrong is told at once.
    """

    prefix: str = "chat-agent"
    at_start: bool = False


class WorkerStreams:
    """A `StreamPort` of a worker."""

    def __init__(
        self,
        mailboxes: MailboxPort,
        worker: WorkerId,
        *,
        settings: StreamingSettings,
        clock: Clock,
        random: Random,
        report: Report = silent,
    ) -> None:
        self.name = mailbox_name(settings.prefix, worker)
        self.switchboard = Switchboard()
        self._mailboxes = mailboxes
        self._worker = worker
        self._settings = settings
        self._born = clock.now().timestamp()
        self._random = random
        self._report = report
        self._lock = anyio.Lock()
        self._mailbox: Mailbox | None = None
        self._opened = anyio.Event()

    @property
    def open(self) -> bool:
        """Whether there is a mailbox."""
        return self._mailbox is not None

    async def topic(self) -> str:
        """As `StreamPort.topic`."""
        async with self._lock:
            mailbox = self._mailbox or await self._open()
        return mailbox.topic

    def listen(
        self, key: ContactKey, *, heard: Callable[[Item], None], doubtful: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """As `StreamPort.listen`."""
        return self.switchboard.listen(key, heard=heard, doubtful=doubtful)

    @asynccontextmanager
    async def serving(self, *alongside: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
        """While open, the queue is read as soon as there is one, and what goes on `alongside` goes on.

        On leaving, topic and queue are taken away.

        Raises:
            StreamingError: it is wanted at the start and cannot be made.
        """
        if self._settings.at_start:
            await self.topic()
        failure: Exception | None = None
        try:
            async with anyio.create_task_group() as group:
                for task in (*[self._receive] * _RECEIVERS, *alongside):
                    group.start_soon(task)
                try:
                    yield
                except Exception as error:  # raised outside the group, which would wrap it
                    failure = error
                group.cancel_scope.cancel()
        finally:
            await self._take_away()
        if failure is not None:
            raise failure

    async def _open(self) -> Mailbox:
        mailbox = await self._mailboxes.open(self.name, worker=self._worker, born=self._born)
        self._mailbox = mailbox
        self._opened.set()
        self._report(Happening(name="stream.mailbox_opened", fields={"name": self.name}))
        return mailbox

    async def _receive(self) -> None:
        await self._opened.wait()
        waits = Patience(random=self._random)
        while True:
            try:
                await self._receive_some()
            except (QueueError, StreamingError) as error:
                await self._suffer(error, waits)
            else:
                waits.begin_anew()

    async def _receive_some(self) -> None:
        """One batch: what has reached the chats is deleted; what is not comes again and is known by then."""
        mailbox = self._mailbox or await self._made_again()
        messages = await mailbox.queue.receive(limit=_BATCH, wait=_POLL, hide=_HIDDEN)
        for message in messages:
            self.switchboard.take(message.body)
        if messages:
            await self._delete(mailbox, [message.receipt for message in messages])

    async def _delete(self, mailbox: Mailbox, receipts: list[str]) -> None:
        """A failure holds nothing up: what waits in the queue may belong before what was just heard."""
        try:
            await mailbox.queue.delete(receipts)
        except QueueError as error:
            self._report(Happening(name="stream.queue_failed", level=Level.WARNING, error=error))

    async def _made_again(self) -> Mailbox:
        async with self._lock:
            mailbox = self._mailbox or await self._open()
        self.switchboard.doubt()
        return mailbox

    async def _suffer(self, error: QueueError | StreamingError, waits: Patience) -> None:
        waits.failed()
        if isinstance(error, QueueRefused):  # taken away, or not ours to read: only making it again tells
            self._mailbox = None
        if waits.failures >= _LONG:
            self.switchboard.doubt()
        self._report(Happening(name="stream.queue_failed", level=Level.WARNING, error=error))
        await anyio.sleep(waits.next())

    async def _take_away(self) -> None:
        if self._mailbox is None:
            return
        with anyio.move_on_after(_FAREWELL, shield=True):
            try:
                await self._mailboxes.remove(self.name)
            except StreamingError as error:
                self._report(Happening(name="stream.mailbox_left", level=Level.WARNING, error=error))
