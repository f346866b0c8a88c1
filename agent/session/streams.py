"""The message streams of one contact: ours is started, those of workers before us are stopped, none is forgotten.

A stream is written down before it is started. One whose id was lost in a crash is asked for again under the same
ClientToken, so that it can be stopped all the same: a contact has no more than two [documented], and one that is left
running tells a topic what customer and human agent say. It knows no item.
"""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from agent.errors import ConnectError, ContactGone, ResourceNotFound, StreamingError, Throttled
from agent.ids import client_token
from agent.ports import Operation
from agent.record import ContactRecord, Stream
from agent.session.retrying import retrying
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
        """Stops what workers before us started; what cannot be stopped is told, and stays known."""
        ours = {stream.id for stream in self.known if stream.epoch == self._epoch}
        for stream in self.known:
            if stream.epoch != self._epoch:
                await self._stop(stream, spare=ours)

    async def stop_all(self) -> None:
        """Stops every stream, as `stop_others` does. Cancelled, some may run on."""
        for stream in self.known:
            await self._stop(stream, spare=set())

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
            await self.stop_others()
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

    async def _stop(self, stream: Stream, *, spare: set[str | None]) -> None:
        try:
            stream = await self._identified(stream)
            if stream.id not in spare:
                await self._call_off(stream)
        except (ResourceNotFound, ContactGone):
            pass
        except ConnectError as error:
            failed = Happening(name="stream.not_stopped", level=Level.WARNING, contact=self._key, error=error)
            self._ports.report(failed)
            return
        self.known = tuple(each for each in self.known if each != stream)

    async def _call_off(self, stream: Stream) -> None:
        found = str(stream.id)
        await retrying(
            lambda: self._ports.connect.stop_contact_streaming(self._key, found),
            ports=self._ports,
            operation=Operation.STOP_CONTACT_STREAMING,
            instance=self._key.instance_id,
        )
        self._ports.report(Happening(name="stream.stopped", contact=self._key))
