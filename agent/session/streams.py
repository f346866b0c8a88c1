"""The message streams of one contact: ours is started, those of workers before us are stopped, none is forgotten.

A stream is written down before it is started. One whose id was lost in a crash is asked for again under the same
ClientToken, so that it can be stopped all the same: a contact has no more than two [documented], and one that is left
running tells a topic what customer and human agent say. So stopping is tried until it is answered: whoever comes next
may find nobody left to do it. It knows no item.
"""

from collections.abc import Awaitable, Callable, Sequence

import anyio
from msgspec.structs import replace

from agent.errors import ConnectError, ContactGone, ResourceNotFound, StreamingError, Throttled
from agent.ids import client_token
from agent.ports import Operation
from agent.record import ContactRecord, Stream
from agent.session.retrying import delays, retrying
from agent.session.surroundings import Ports
from agent.session.ways import Way
from agent.telemetry import Happening, Level


class Streams:
    """What is known of the contact's streams.

    Attributes:
        known: those that may be running; every save of the record carries them.
    """

    def __init__(self, record: ContactRecord, ports: Ports) -> None:
        self.known = record.streams
        self._key = record.key
        self._epoch = record.epoch
        self._ports = ports

    def on(self, record: ContactRecord) -> ContactRecord:
        """`record` with the streams as they are known now."""
        return record if record.streams == self.known else replace(record, streams=self.known)

    async def begin(self, remember: Callable[[], Awaitable[None]]) -> None:
        """The recipe's first step, before the participant is created [documented], where streaming is the way.

        A failure is only told: the stream is started again later, and the transcript is read until then.
        """
        if self._ports.ways.of(self._key.instance_id) is Way.STREAMING:
            await self.started(remember)

    async def started(self, remember: Callable[[], Awaitable[None]]) -> bool:
        """One attempt to have our own stream running; whether it is. `remember` stores the record.

        Raises Fenced, as `remember` does.
        """
        try:
            own = self._own(await self._ports.streams.topic())
            if own not in self.known:
                self.known = (*self.known, own)
                await remember()
            await self._start(own)
        except (ConnectError, StreamingError) as error:
            failed = Happening(name="stream.not_started", level=Level.WARNING, contact=self._key, error=error)
            self._ports.report(failed)
            return False
        return True

    async def stop_others(self) -> None:
        """Stops what workers before us started, however often it takes; what is refused is told, and stays known."""
        await self._stop_these(self._others(), spare=self._ours())

    async def stop_all(self) -> None:
        """Stops every stream, as `stop_others` does. Cancelled, some may run on."""
        await self._stop_these(self.known, spare=set())

    def _own(self, topic: str) -> Stream:
        """Started under this claim: what an earlier one started, somebody in between may have stopped."""
        mine = Stream(topic=topic, epoch=self._epoch)
        return next((stream for stream in self.known if replace(stream, id=None) == mine), mine)

    async def _start(self, own: Stream) -> None:
        if own.id is not None:
            return
        try:
            await self._identified(own)
        except Throttled:  # a third topic is refused under the same name [documented]
            if len(self.known) == 1:
                raise
            for stream in self._others():  # once: one that never ran is refused until there is room
                await self._settled(stream, spare=self._ours())
            await self._identified(own)
        self._ports.report(Happening(name="stream.started", contact=self._key))

    async def _identified(self, stream: Stream) -> Stream:
        """Raises ConnectError."""
        if stream.id is not None:
            return stream
        operation, instance = Operation.START_CONTACT_STREAMING, self._key.instance_id
        await self._ports.pacer.admit(operation, instance)
        token = client_token("stream", self._key, stream.topic, stream.epoch)
        try:
            found = await self._ports.connect.start_contact_streaming(self._key, topic=stream.topic, client_token=token)
        except Throttled:
            self._ports.pacer.throttled(operation, instance)
            raise
        identified = replace(stream, id=found)
        self.known = tuple(identified if each == stream else each for each in self.known)
        return identified

    def _others(self) -> Sequence[Stream]:
        return [stream for stream in self.known if stream.epoch != self._epoch]

    def _ours(self) -> set[str | None]:
        return {stream.id for stream in self.known if stream.epoch == self._epoch}

    async def _stop_these(self, streams: Sequence[Stream], *, spare: set[str | None]) -> None:
        """In rounds: one that waits for room must not keep back another that would make it."""
        for wait in delays(self._ports):
            streams = [stream for stream in streams if not await self._settled(stream, spare=spare)]
            if not streams:
                return
            await anyio.sleep(wait)

    async def _settled(self, stream: Stream, *, spare: set[str | None]) -> bool:
        """One attempt to stop it; whether a further one would be in vain."""
        try:
            stream = await self._identified(stream)
            if stream.id not in spare:
                await self._call_off(stream)
        except (ResourceNotFound, ContactGone):
            pass
        except ConnectError as error:
            self._tell_of(error)
            return not error.retryable
        self.known = tuple(each for each in self.known if each != stream)
        return True

    def _tell_of(self, error: ConnectError) -> None:
        name, level = ("call.repeated", Level.DEBUG) if error.retryable else ("stream.not_stopped", Level.WARNING)
        fields = {"operation": error.operation}
        self._ports.report(Happening(name=name, level=level, contact=self._key, fields=fields, error=error))

    async def _call_off(self, stream: Stream) -> None:
        found = str(stream.id)
        await retrying(
            lambda: self._ports.connect.stop_contact_streaming(self._key, found),
            ports=self._ports,
            operation=Operation.STOP_CONTACT_STREAMING,
            instance=self._key.instance_id,
        )
        self._ports.report(Happening(name="stream.stopped", contact=self._key))
