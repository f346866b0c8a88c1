"""The control socket of one worker: a local socket, in a directory of its owner alone, for its owner and root alone.

Whoever connects is known by the kernel's word. A broken or endless request is answered with one sentence and the
connection closed; it never hurts the worker. What can be asked is not known here.
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import anyio
from anyio.abc import SocketAttribute, SocketStream

from agent.daemon.control import protocol
from agent.daemon.control.desk import Desk
from agent.daemon.control.lines import Lines
from agent.daemon.control.peer import Peer, peer_of
from agent.daemon.control.place import SUFFIX, address, prepared, sweep
from agent.daemon.control.protocol import Code
from agent.errors import ControlRefused
from agent.ids import WorkerId
from agent.telemetry import Happening, Level, Report

_MOST_AT_ONCE = 32
_PATIENCE = 30.0  # seconds for somebody to read an answer

Answered: TypeAlias = Mapping[str, Any] | ControlRefused


def socket_path(directory: Path, worker: WorkerId) -> Path:
    """Where this worker's socket is: its process and a number of chance, the end of its name."""
    return directory / f"{'-'.join(worker.rsplit('.', 2)[-2:])}{SUFFIX}"


@asynccontextmanager
async def opened(directory: Path, worker: WorkerId, desk: Desk, report: Report) -> AsyncIterator[Path]:
    """The control socket is open inside, and gone afterwards; what dead workers left there is taken away first.

    Raises:
        InvalidSetting: the directory cannot be used.
    """
    path = socket_path(prepared(directory), worker)
    if left := await anyio.to_thread.run_sync(sweep, directory):
        report(Happening(name="control.swept", fields={"sockets": left}))
    server = Server(desk, report)
    with address(path.with_suffix(".new")) as where:
        async with await anyio.create_unix_listener(where, mode=0o600) as listener:
            os.rename(path.with_suffix(".new"), path)  # noqa: PTH104  # now somebody listens
            try:
                async with anyio.create_task_group() as group:
                    group.start_soon(listener.serve, server.serve)
                    yield path
                    group.cancel_scope.cancel()
            finally:
                path.unlink(missing_ok=True)


class Server:
    """Answers whoever connects."""

    def __init__(self, desk: Desk, report: Report) -> None:
        self._desk = desk
        self._report = report
        self._at_once = 0

    async def serve(self, stream: SocketStream) -> None:
        """One connection, to its end; never raises for its sake."""
        async with stream:
            peer = peer_of(stream.extra(SocketAttribute.raw_socket))  # noqa: S610  # no query
            self._at_once += 1
            try:
                self._admit(peer)
                await self._converse(stream, peer)
            except ControlRefused as refusal:
                await _send(stream, protocol.refused(refusal))
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, TimeoutError):
                return
            finally:
                self._at_once -= 1

    def _admit(self, peer: Peer) -> None:
        if not peer.may_control:
            self._desk.note(peer, "connect", None, "refused: forbidden")
            raise ControlRefused(Code.FORBIDDEN, "Only the worker's own user and root may control it.")
        if self._at_once > _MOST_AT_ONCE:
            raise ControlRefused(Code.BUSY, f"More than {_MOST_AT_ONCE} connections at once; close one.")

    async def _converse(self, stream: SocketStream, peer: Peer) -> None:
        """One request after the other, until the other end goes away or says what is none."""
        lines = Lines(stream)
        while (line := await lines.next()) is not None:
            answer = await self._answered(protocol.asked(line), peer, stream, lines)
            shown = protocol.refused(answer) if isinstance(answer, ControlRefused) else protocol.result(answer)
            await _send(stream, shown)

    async def _answered(self, request: protocol.Request, peer: Peer, stream: SocketStream, lines: Lines) -> Answered:
        """Whoever goes away no longer wants the answer; an order that was given is done all the same."""
        answer: Answered = ControlRefused(Code.FAILED, "Nobody waits for the answer.")
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_when_gone, lines, group.cancel_scope)
            try:
                answer = await self._desk.answer(request, peer, lambda event: _send(stream, protocol.told(event)))
            except ControlRefused as refusal:  # must not leave through the task group, which would wrap it
                answer = refusal
            except Exception as error:  # nor must a mistake of ours, which must not end the worker either
                self._report(Happening(name="control.failed", level=Level.ERROR, error=error))
                answer = ControlRefused(Code.FAILED, f"It failed with {type(error).__name__}; see the log.")
            group.cancel_scope.cancel()
        return answer


async def _cancel_when_gone(lines: Lines, scope: anyio.CancelScope) -> None:
    await lines.gone()
    scope.cancel()


async def _send(stream: SocketStream, line: bytes) -> None:
    with anyio.fail_after(_PATIENCE):
        await stream.send(line)
