"""The one way a session writes its record: again and again until the store has it or another worker does.

A store that does not answer is no reason to lose a chat; whether we may still speak is the lease's business, which
cancels the session when it lapses. It knows no turn.
"""

from collections.abc import Awaitable, Callable, Iterator

import anyio

from agent.errors import StoreUnreachable
from agent.record import ContactRecord
from agent.session.retrying import delays
from agent.session.surroundings import Ports
from agent.telemetry import Happening, Level


def save(record: ContactRecord, ports: Ports) -> Awaitable[None]:
    """Returns when the record is durable. Cancelled, it may or may not have been written.

    Raises:
        Fenced: another worker owns the contact.
        StoreUnusable: the store cannot take it at all.
    """
    return _persist(ports.store.save, record, ports)


def release(record: ContactRecord, ports: Ports) -> Awaitable[None]:
    """As `save`, and any worker may claim the contact from then on."""
    return _persist(ports.store.release, record, ports)


async def _persist(write: Callable[[ContactRecord], Awaitable[None]], record: ContactRecord, ports: Ports) -> None:
    waits: Iterator[float] | None = None
    while True:
        asked = ports.clock.monotonic()
        try:
            await write(record)
        except StoreUnreachable as error:
            ports.report(Happening(name="store.unreachable", level=Level.WARNING, contact=record.key, error=error))
            waits = waits or delays(ports)
            await anyio.sleep(next(waits))
        else:
            fields = {"seconds": ports.clock.monotonic() - asked}
            ports.report(Happening(name="store.saved", level=Level.DEBUG, contact=record.key, fields=fields))
            return
