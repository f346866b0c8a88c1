"""Who owns what: this worker's name, its one lease for all its contacts, and falling silent before it lapses.

The lease is measured here with the monotonic clock from before each renewal was asked for, so that this worker stops
before any other may think that it has. A worker that died on this machine is recognised by its process, so that a
restart need not wait for its lease. It knows the store; it knows no chat and no other worker.
"""

import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import anyio

from agent.clock import Clock
from agent.errors import StoreError, StoreUnreachable
from agent.ids import WorkerId
from agent.ports import ContactStore
from agent.telemetry import Happening, Level, Report, silent

_RENEWALS = 3  # in one lease
_SILENT_AFTER = 0.8  # of the lease
_RETRIES = 20  # in one lease, while the store fails
_FAREWELL = 5.0  # seconds


def new_worker_id() -> WorkerId:
    """A name for this process that no other ever had: host, machine, process, chance."""
    return WorkerId(f"{socket.gethostname()}.{_machine()}.{os.getpid()}.{secrets.token_hex(4)}")


def has_died(worker: WorkerId, *, of: WorkerId) -> bool:
    """Whether `worker` was a process of the same machine as `of` and is no more. When in doubt, it lives."""
    there, here = worker.rsplit(".", 3), of.rsplit(".", 3)
    if len(there) != len(here) or there[:2] != here[:2] or worker == of:
        return False
    return there[2] == here[2] or not _is_process(there[2])


def _is_process(number: str) -> bool:
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OverflowError, OSError):  # no number of ours, or another user's process
        return True
    return True


def _machine() -> str:
    """This boot and this namespace of process numbers: two containers may share a host name, never this."""
    known = ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        known = boot.strip() + str(Path("/proc/self/ns/pid").readlink())
    return sha256(known.encode()).hexdigest()[:8] if known else secrets.token_hex(4)


class Lease:
    """One worker's lease."""

    def __init__(
        self, store: ContactStore, owner: WorkerId, *, ttl: float, clock: Clock, report: Report = silent
    ) -> None:
        """`ttl` is how long a silent worker counts as alive, in seconds."""
        self._held = anyio.Event()
        self._store = store
        self._owner = owner
        self._ttl = ttl
        self._clock = clock
        self._report = report
        self._silent_at = 0.0

    @property
    def held(self) -> bool:
        """Whether this worker may speak: by the clock, too, as a process that was stopped wakes up none the wiser."""
        return self._clock.monotonic() < self._silent_at and self._held.is_set()

    async def wait_held(self) -> None:
        """Returns while the lease is held."""
        await self._held.wait()

    async def take(self) -> None:
        """The first beat, to be made before the first claim.

        Raises StoreError.
        """
        self._silent_at = self._clock.monotonic() + self._ttl
        if not await self._beat(raising=True):
            raise StoreUnreachable("The store did not answer within the lease; check that it can be reached.")

    async def keep(self, *, lapsed: Callable[[], None]) -> None:
        """Renews until cancelled. `lapsed` is called when that was too late; the lease is then taken anew."""
        while True:
            self._fall_silent_in_time(lapsed)
            asked = self._clock.monotonic()
            if await self._beat():
                await anyio.sleep(max(0.0, asked + self._ttl / _RENEWALS - self._clock.monotonic()))
            else:
                self._fall_silent_in_time(lapsed)
                await anyio.sleep(self._ttl / _RETRIES)

    def _fall_silent_in_time(self, lapsed: Callable[[], None]) -> None:
        """Before a renewal as well: one that comes too late must not hide that others may own the contacts by now."""
        if self._held.is_set() and self._ran_out:
            self._held = anyio.Event()
            lapsed()
            self._report(Happening(name="lease.lapsed", level=Level.ERROR))

    @property
    def _ran_out(self) -> bool:
        return self._clock.monotonic() >= self._silent_at

    async def give_up(self) -> None:
        """Ends the lease: whatever this worker still owns may be claimed at once. Bounded, also when cancelled."""
        self._held = anyio.Event()
        with anyio.move_on_after(_FAREWELL, shield=True):
            try:
                await self._store.retire(self._owner)
            except StoreError as error:
                self._report(Happening(name="worker.not_retired", level=Level.WARNING, error=error))

    async def _beat(self, *, raising: bool = False) -> bool:
        asked = self._clock.monotonic()
        bound = max(self._silent_at - asked, self._ttl / _RETRIES) if self.held or raising else self._ttl
        with anyio.move_on_after(bound):
            try:
                await self._store.heartbeat(self._owner, ttl=self._ttl)
            except StoreError as error:
                if raising:
                    raise
                self._report(Happening(name="lease.at_risk", level=Level.WARNING, error=error))
                return False
            answered = self._clock.monotonic()
            if answered >= asked + self._ttl * _SILENT_AFTER:
                return False
            self._silent_at = asked + self._ttl * _SILENT_AFTER
            self._held.set()
            self._report(Happening(name="lease.renewed", level=Level.DEBUG, fields={"seconds": answered - asked}))
            return True
        return False
