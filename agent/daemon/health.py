"""Whether this worker is ready, and if not, why: read from what happens, never asked of anything.

A `Report`: a reason begins with one happening and ends with another. Nothing is probed, as the lease's own renewals
show several times a minute whether the store answers. It knows no HTTP and no chat beyond its contact.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.clock import Clock
from agent.daemon.health_links import Deafness
from agent.daemon.relief import DEAF
from agent.daemon.room import DRAINED, Room
from agent.errors import StoreError
from agent.telemetry import Happening
from agent.telemetry.reasons import MEANINGS, Reason

_BEGINS: Mapping[str, tuple[Reason, ...]] = {
    "store.unreachable": (Reason.STORE_UNREACHABLE,),
    "store.failed": (Reason.STORE_UNREACHABLE,),
    "lease.at_risk": (Reason.LEASE_AT_RISK,),
    "lease.lapsed": (Reason.LEASE_AT_RISK,),
    "source.failed": (Reason.SOURCE_FAILING,),
    "worker.draining": (Reason.DRAINING,),
    "worker.stopped": (Reason.DRAINING,),
}
_ENDS: Mapping[str, tuple[Reason, ...]] = {
    "worker.serving": (Reason.STARTING,),
    "store.saved": (Reason.STORE_UNREACHABLE,),
    "lease.renewed": (Reason.STORE_UNREACHABLE, Reason.LEASE_AT_RISK),
    "source.listening": (Reason.SOURCE_FAILING,),
}

_OVERDUE = 0.6
"""Of a lease: it is renewed three times in each, and a store that hangs says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the worker is ready; `reasons` says why not, and is empty when it is."""

    reasons: tuple[Reason, ...] = ()

    @property
    def ready(self) -> bool:
        return not self.reasons

    def shown(self) -> dict[str, object]:
        """For programs: ``ready``, and each reason's name and meaning."""
        told = [{"reason": reason.value, "meaning": MEANINGS[reason]} for reason in self.reasons]
        return {"ready": self.ready, "reasons": told}


class Readiness:
    """A `Report` that knows whether the worker is ready."""

    def __init__(self, *, room: Room, deafness: Deafness, lease: float, clock: Clock) -> None:
        """`lease` is how long a silent worker counts as alive, in seconds."""
        self._room = room
        self._deafness = deafness
        self._lease = lease
        self._clock = clock
        self._renewed_at = clock.monotonic()
        self._reasons: set[Reason] = {Reason.STARTING}

    def __call__(self, happening: Happening) -> None:
        begun, ended = _BEGINS.get(happening.name, ()), _ENDS.get(happening.name, ())
        if happening.name == "lease.at_risk" and isinstance(happening.error, StoreError):
            begun = (*begun, Reason.STORE_UNREACHABLE)
        if happening.name == "lease.renewed":
            self._renewed_at = self._clock.monotonic()
        self._reasons.update(begun)
        self._reasons.difference_update(ended)

    def verdict(self) -> Verdict:
        """As things stand now."""
        now = set(self._reasons)
        if Reason.STARTING not in now and self._clock.monotonic() - self._renewed_at > self._lease * _OVERDUE:
            now |= {Reason.LEASE_AT_RISK, Reason.STORE_UNREACHABLE}
        if DRAINED in self._room.shut_by:
            now.add(Reason.DRAINING)
        elif self._room.free <= 0 and DEAF not in self._room.shut_by:
            now.add(Reason.FULL)
        if self._deafness.alarming(self._room.taken) or DEAF in self._room.shut_by:
            now.add(Reason.DEAF_SOCKETS)
        return Verdict(reasons=tuple(reason for reason in Reason if reason in now))
