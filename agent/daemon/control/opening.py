"""Opens the control socket for a worker, or says why there is none: a chat must not suffer for it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from agent.clock import Clock
from agent.config import ControlSection
from agent.daemon.control.audit import Audit
from agent.daemon.control.desk import Desk
from agent.daemon.control.peer import KNOWN_HERE
from agent.daemon.control.server import opened
from agent.daemon.control.timeline import Timeline
from agent.daemon.worker import Worker
from agent.errors import InvalidSetting
from agent.session.surroundings import Ports
from agent.telemetry import Happening, Level

_GONE = 100
_MOST = 50_000
"""Happenings of all chats together; about half a kilobyte each."""
_LEAST = 10


def timeline_of(section: ControlSection, *, max_chats: int, clock: Clock) -> Timeline:
    """The memory of what happens: of live chats and some that are over, so much of each that all have a bound."""
    chats = max_chats + _GONE
    return Timeline(clock=clock, length=min(section.history, max(_LEAST, _MOST // chats)), chats=chats)


@asynccontextmanager
async def control(
    section: ControlSection, worker: Worker, timeline: Timeline, ports: Ports
) -> AsyncIterator[Path | None]:
    """The control socket is open inside; None, after a line in the log, where there is none."""
    async with AsyncExitStack() as stack:
        yield await _opened(section, worker, timeline, ports, stack) if section.enabled else None


async def _opened(
    section: ControlSection, worker: Worker, timeline: Timeline, ports: Ports, stack: AsyncExitStack
) -> Path | None:
    try:
        if not KNOWN_HERE:
            raise InvalidSetting("control.enabled", "this system does not tell who is at the other end of a socket.")
        audit = stack.enter_context(Audit(section.audit, worker=worker.id, clock=ports.clock))
        desk = Desk(worker, timeline, ports, audit)
        path = await stack.enter_async_context(opened(section.directory, worker.id, desk, ports.report))
    except (InvalidSetting, OSError) as error:
        ports.report(Happening(name="control.not_open", level=Level.WARNING, error=error))
        return None
    ports.report(Happening(name="control.open", fields={"socket": str(path)}))
    return path
