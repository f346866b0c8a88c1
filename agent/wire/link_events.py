"""What one participant websocket has to tell whoever owns it. A closed union of values; nothing here acts."""

from typing import TypeAlias

import msgspec

from agent.wire.items import Item


class Subscribed(msgspec.Struct, frozen=True):
    """Items come from now on. Told again when the server took the subscription back and gave it anew."""


class SubscribeFailed(msgspec.Struct, frozen=True):
    """The server does not subscribe this socket; nothing more is sent on it. `cause`: "rejected" or "unanswered"."""

    cause: str


class Received(msgspec.Struct, frozen=True):
    """An item came, perhaps twice, perhaps out of order [client code]; also before the subscription is confirmed."""

    item: Item


class PingMissed(msgspec.Struct, frozen=True):
    """The deep heartbeat stayed unanswered; the socket itself may well be alive [client code]."""


class Unhealthy(msgspec.Struct, frozen=True):
    """The deep heartbeat was answered with something else than 200."""

    status_code: int | None


class Dead(msgspec.Struct, frozen=True):
    """Nobody is at the other end, whatever TCP says; everything later is ignored.

    `cause`: "heartbeat" (one stayed unanswered) or "opening" (the URL expired before the socket was open).
    """

    cause: str


class Refused(msgspec.Struct, frozen=True):
    """The gateway refused something that was sent, such as with ``Forbidden``."""

    message: str


class Dropped(msgspec.Struct, frozen=True):
    """A frame meant nothing; `reason` holds nothing of it."""

    reason: str


class Closed(msgspec.Struct, frozen=True):
    """The socket closed with this code, 1006 when none came; everything later is ignored."""

    code: int


LinkEvent: TypeAlias = (
    Subscribed | SubscribeFailed | Received | PingMissed | Unhealthy | Dead | Refused | Dropped | Closed
)
