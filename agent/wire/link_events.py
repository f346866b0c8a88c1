"""What one participant websocket has to tell whoever owns it. A closed union of values; nothing here acts."""

from dataclasses import dataclass
from typing import TypeAlias

from agent.wire.items import Item


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Items come from now on. Told again when the server took the subscription back and gave it anew."""


@dataclass(frozen=True, slots=True)
class SubscribeFailed:
    """The server does not subscribe this socket; nothing more is sent on it. `cause`: "rejected" or "unanswered"."""

    cause: str


@dataclass(frozen=True, slots=True)
class Received:
    """An item came, perhaps twice, perhaps out of order [client code]; also before the subscription is confirmed."""

    item: Item


@dataclass(frozen=True, slots=True)
class PingMissed:
    """The deep heartbeat stayed unanswered; the socket itself may well be alive [client code]."""


@dataclass(frozen=True, slots=True)
class Unhealthy:
    """The deep heartbeat was answered with something else than 200."""

    status_code: int | None


@dataclass(frozen=True, slots=True)
class Dead:
    """Nobody is at the other end, whatever TCP says; everything later is ignored.

    `cause`: "heartbeat" (one stayed unanswered) or "opening" (the URL expired before the socket was open).
    """

    cause: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The gateway refused something that was sent, such as with ``Forbidden``."""

    message: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """A frame meant nothing; `reason` holds nothing of it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The socket closed with this code, 1006 when none came; everything later is ignored."""

    code: int


LinkEvent: TypeAlias = (
    Subscribed | SubscribeFailed | Received | PingMissed | Unhealthy | Dead | Refused | Dropped | Closed
)
