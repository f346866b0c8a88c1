"""When a socket and its token are to be replaced: make before break, before either expires.

Pure arithmetic on moments passed in. Doing it is the business of whoever owns the sockets.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.wire.timings import LinkTimings


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshDelays:
    """Seconds from now until each is to be replaced; 0 means at once.

    One new CreateParticipantConnection serves both, so `soonest` is what to wait for.
    """

    socket: float
    token: float

    @property
    def soonest(self) -> float:
        return min(self.socket, self.token)


def refresh_delays(
    *,
    now: datetime,
    opened_at: datetime,
    url_expiry: datetime,
    token_expiry: datetime,
    settings: LinkTimings | None = None,
) -> RefreshDelays:
    """How long a socket opened at `opened_at` may stay, given ConnectionExpiry and the token's Expiry.

    The socket goes at the earlier of its planned age and its expiry less a margin, the token at its expiry less the
    margin [client code]; neither before the shortest lifetime. All moments are aware.
    """
    timings = settings or LinkTimings()
    margin = timedelta(seconds=timings.refresh_margin)
    earliest = opened_at + timedelta(seconds=timings.shortest_lifetime)
    planned = opened_at + timedelta(seconds=timings.refresh_after)
    socket_at = max(earliest, min(planned, url_expiry - margin))
    token_at = max(earliest, token_expiry - margin)
    return RefreshDelays(socket=_seconds(socket_at - now), token=_seconds(token_at - now))


def _seconds(span: timedelta) -> float:
    return max(0.0, span.total_seconds())
