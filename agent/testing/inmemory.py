"""Amazon Connect without a network: the local one's operations and sockets, reached through the agent's own ports.

The same region, rules and weather as behind the emulator's HTTP server, the same parsing of answers and naming of
failures as against AWS; only the wire between is left out. It knows no session.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import anyio
from botocore.exceptions import ClientError

from agent.aws.connect import BotoConnect
from agent.aws.failures import failure
from agent.aws.participant import BotoParticipant
from agent.emulator import Operations, Region, ServiceError
from agent.emulator.connection import dial
from agent.emulator.faults import CallFault
from agent.errors import SocketRefused
from agent.ids import Secret
from agent.ports import Hearer, Operation

_BEARERS = ("ConnectionToken", "ParticipantToken")


class InMemoryCalls:
    """Calls operations of a region as `agent.aws.calls.Calls` calls those of AWS, each after `latency()` seconds."""

    def __init__(self, operations: Operations, *, latency: Callable[[], float] = lambda: 0.0) -> None:
        self._operations = operations
        self._latency = latency

    async def __call__(self, operation: Operation, **members: Any) -> Mapping[str, Any]:
        """Raises ConnectError.

        Cancelled before the latency has passed it has no effect, later it has; a message is brought to its end.
        """
        with anyio.CancelScope(shield=operation is Operation.SEND_MESSAGE):
            answer = await self._made(operation, members)
        return answer

    async def _made(self, operation: Operation, members: dict[str, Any]) -> Mapping[str, Any]:
        await anyio.sleep(self._latency())
        try:
            answer = await self._through_weather(operation, members)
        except ServiceError as refusal:
            raise failure(operation, _client_error(operation, refusal.code, refusal.status)) from None
        except OSError as broken:
            raise failure(operation, broken) from None
        await anyio.sleep(self._latency())
        return answer

    async def _through_weather(self, operation: Operation, members: dict[str, Any]) -> Mapping[str, Any]:
        bearer = next((members.pop(name) for name in _BEARERS if name in members), None)
        region = self._operations.region
        contact_id = self._operations.contact_of(operation.value, members, bearer)
        caller = self._operations.caller_of(bearer)
        fault = None if region.weather.calm else region.weather.call(operation.value, contact_id, caller)
        if fault is not None and fault.when == "before":
            await self._suffer(fault)
        answer = self._operations.call(operation.value, members, bearer=bearer)
        if fault is not None and fault.when == "after":
            await self._suffer(fault)
        return answer

    async def _suffer(self, fault: CallFault) -> None:
        await anyio.sleep(fault.delay)
        if fault.then is not None:
            fault.then()
        if fault.hang_up:
            raise ConnectionResetError
        if fault.error is not None:
            raise ServiceError(fault.error, "", status=fault.status)


def _client_error(operation: Operation, code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation.value)


def _nothing(*_: object) -> None:
    """There is no other end."""


class InMemorySocket:
    """One websocket: what the server sends is heard in the next turn of the loop, in order."""

    def __init__(self, hearer: Hearer, left: Callable[[], None]) -> None:
        self._hearer = hearer
        self._left = left
        self._code: int | None = None
        self.send_text: Callable[[str], None] = _nothing
        self.hang_up: Callable[[], None] = _nothing

    def send(self, *texts: str) -> None:
        for text in texts:
            if self._code is None:
                self.send_text(text)

    def close(self) -> None:
        """We close."""
        self.hang_up()
        self.closed(1000)

    def deliver(self, text: str) -> None:
        """A frame from the server."""
        asyncio.get_running_loop().call_soon(self._hearer.heard, text)

    def closed(self, code: int) -> None:
        """It is over; what the server sent before is still heard."""
        if self._code is None:
            self._code = code
            self.send_text = self.hang_up = _nothing  # the other end holds us, too
            self._left()
            asyncio.get_running_loop().call_soon(self._hearer.lost, code)


class InMemorySockets:
    """A `SocketPort` to a region's participant websockets, each opened after `latency()` seconds.

    Attributes:
        open: how many are open now.
        unreachable: how many of the next dials nobody answers.
    """

    def __init__(self, region: Region, *, latency: Callable[[], float] = lambda: 0.0) -> None:
        self._region = region
        self._latency = latency
        self.open = 0
        self.unreachable = 0

    async def connect(self, url: Secret, hearer: Hearer) -> None:
        """Raises SocketRefused."""
        await anyio.sleep(self._latency())
        if self.unreachable:
            self.unreachable -= 1
            raise SocketRefused("nobody answers at the websocket's address")
        key = url.reveal().rpartition("X-Amz-Connection=")[2]
        socket = InMemorySocket(hearer, self._one_less)
        try:
            await self._suffer(key)
            connection = dial(self._region, key, deliver=socket.deliver, on_close=socket.closed)
        except ServiceError:
            raise SocketRefused("the websocket was refused with status 403", 403) from None
        socket.send_text, socket.hang_up = connection.receive_text, connection.gone
        self.open += 1
        hearer.opened(socket)

    def _one_less(self) -> None:
        self.open -= 1

    async def _suffer(self, key: str) -> None:
        weather = self._region.weather
        if weather.calm:
            return
        fault = weather.upgrade(self._region.credentials.of_ticket(key).participant.id)
        if fault is not None:
            await anyio.sleep(fault.delay)
            if fault.fail or fault.ignore:
                raise ServiceError("ForbiddenException", "Forbidden", status=403)


def in_memory_connect(operations: Operations, *, latency: Callable[[], float] = lambda: 0.0) -> BotoConnect:
    """The control plane of `operations`' region."""
    return BotoConnect(InMemoryCalls(operations, latency=latency))


def in_memory_participant(operations: Operations, *, latency: Callable[[], float] = lambda: 0.0) -> BotoParticipant:
    """The Participant Service of `operations`' region."""
    return BotoParticipant(InMemoryCalls(operations, latency=latency))
