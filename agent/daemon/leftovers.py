"""Mailboxes of dead workers are taken away by those that live.

A worker writes on its own mailbox that it lives. Another's may go when the store does not know its worker, and when
nothing was written on it for long: somebody else's deployment may use the same names with a store of its own. It knows
no AWS and no chat.
"""

import anyio

from agent.clock import Clock
from agent.daemon.streaming import WorkerStreams, mailbox_name
from agent.errors import StoreError, StreamingError
from agent.ports import ContactStore, FoundMailbox, MailboxPort
from agent.telemetry import Happening, Level, Report, silent

_MARKS = 4  # in the time after which a mailbox counts as left


class Leftovers:
    """Marks our own mailbox and takes away what others left."""

    def __init__(
        self,
        streams: WorkerStreams,
        mailboxes: MailboxPort,
        store: ContactStore,
        *,
        prefix: str,
        after: float,
        clock: Clock,
        report: Report = silent,
    ) -> None:
        """`after` is how many seconds a mailbox may go without a mark."""
        self._streams = streams
        self._mailboxes = mailboxes
        self._store = store
        self._prefix = prefix
        self._after = after
        self._clock = clock
        self._report = report

    async def keep_clear(self) -> None:
        """Until cancelled; only a worker with a mailbox of its own looks for others'."""
        while True:
            if self._streams.open:
                try:
                    await self._mailboxes.mark(self._streams.name, now=self._now())
                    await self.clear()
                except (StreamingError, StoreError) as error:
                    self._report(Happening(name="leftovers.not_cleared", level=Level.WARNING, error=error))
            await anyio.sleep(self._after / _MARKS)

    async def clear(self) -> None:
        """Takes away what is left now. Raises StreamingError or StoreError."""
        workers = await self._store.workers()
        alive = {self._streams.name, *(mailbox_name(self._prefix, worker) for worker in workers)}
        for name in await self._mailboxes.names(f"{self._prefix}-"):
            if name not in alive and self._is_left(await self._mailboxes.look(name)):
                await self._mailboxes.remove(name)
                self._report(Happening(name="leftovers.cleared", fields={"name": name}))

    def _is_left(self, found: FoundMailbox | None) -> bool:
        """What bears no mark of ours is somebody's, whatever its name."""
        if found is None or found.worker is None or found.seen is None:
            return False
        return self._now() - found.seen > self._after

    def _now(self) -> float:
        return self._clock.now().timestamp()
