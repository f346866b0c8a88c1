"""Closing the gap: after every (re)connect the transcript is read until nothing can be missing.

Which page comes next is decided by `agent.wire.catchup`; here the pages are fetched, whatever the service answers, and
live items wait meanwhile. It knows the inbox, no socket.
"""

import asyncio
from collections.abc import Callable

from agent.errors import AccessDenied, ConnectError, InvalidRequest, ResourceNotFound
from agent.ports import Operation, TranscriptPage
from agent.record import ContactRecord
from agent.session.credentials import Credentials
from agent.session.inbox import Inbox
from agent.session.retrying import delays, pause
from agent.session.surroundings import Ports
from agent.telemetry import Happening
from agent.wire.catchup import CatchUp, PageRequest
from agent.wire.items import Item


class TranscriptReader:
    """Reads the transcript into the inbox. One reading at a time; a second caller waits and then reads for itself.

    Attributes:
        initial_contact_id: what the transcript says it is, once read.
    """

    def __init__(
        self,
        record: ContactRecord,
        inbox: Inbox,
        *,
        credentials: Credentials,
        read: Callable[[Item], None],
        ports: Ports,
    ) -> None:
        """`read` is told every item of the transcript that may be missing, oldest first."""
        self._key = record.key
        self._inbox = inbox
        self._credentials = credentials
        self._read = read
        self._ports = ports
        self._lock = asyncio.Lock()
        self.initial_contact_id = record.initial_contact_id

    async def close_gap(self) -> None:
        """Live items wait until the transcript has been read to its end.

        Cancelled or failed, the gap stays open and live items go on waiting, until the next call.

        Raises:
            ConversationOver: the participant is no longer welcome.
            ConnectError: it failed for good in another way.
        """
        self._inbox.hold()
        await self._read_what_is_missing()

    async def look_again(self) -> None:
        """As `close_gap`, for who does not try again: cancelled or failed, live items wait no longer."""
        with self._inbox.paused():
            await self._read_what_is_missing()

    async def _read_what_is_missing(self) -> None:
        async with self._lock:
            gap, gaps = self._inbox.gap, self._inbox.reading()
            ledger = self._inbox.ledger
            try:
                items = await self._fetch(CatchUp(anchor=ledger.anchor, floor=ledger.cursor.floor))
            except BaseException:
                self._inbox.gap |= gap
                raise
            for item in items:
                self._read(item)
            self._inbox.release(gaps)
        self._ports.report(Happening(name="transcript.read", contact=self._key, fields={"items": len(items)}))

    async def whole(self) -> list[Item]:
        """The chat so far, oldest first. Raises as `close_gap` does."""
        return await self._fetch(CatchUp())

    async def _fetch(self, reading: CatchUp) -> list[Item]:
        while (request := reading.next_request()) is not None:
            try:
                page = await self._page(request)
            except (InvalidRequest, ResourceNotFound):
                if not reading.refused():
                    raise
            else:
                reading.receive_page(page.items, page.next_token)
        return reading.items

    async def _page(self, request: PageRequest) -> TranscriptPage:
        waits = delays(self._ports)
        while True:
            urgent = bool(self._inbox.waiting)
            await self._ports.pacer.admit(Operation.GET_TRANSCRIPT, self._key.instance_id, urgent=urgent)
            current = self._credentials.current
            try:
                page = await self._ports.participant.get_transcript(
                    current.token,
                    start=request.start,
                    direction=request.direction,
                    next_token=request.next_token,
                    max_results=request.max_results,
                )
            except AccessDenied:
                await self._credentials.renew(current)
            except ConnectError as error:
                if not error.retryable:
                    raise
                await pause(self._ports, self._key.instance_id, error, next(waits))
            else:
                self._credentials.accepted()
                self.initial_contact_id = page.initial_contact_id or self.initial_contact_id
                return page
