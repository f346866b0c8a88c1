"""How long to wait on the participant websocket. Pure numbers; the defaults are those of the official web client."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTimings:
    """Durations are seconds [client code, unless marked].

    Attributes:
        url_usable: how long after it was issued a websocket URL is worth trying (the service says 100 s [documented]).
        heartbeat_interval: between two heartbeats; one unanswered for this long means that the socket is dead.
        subscribe_patience: how long a subscribe may stay unanswered before it is repeated.
        unanswered_subscribes: when more than this many stay unanswered the subscription has failed.
        rejected_pause: how long to wait after an answer of ``failure`` before subscribing again.
        rejected_subscribes: this many answers of ``failure`` without a success mean that the subscription has failed.
        refresh_after: age at which a socket is replaced by a fresh one.
        refresh_margin: how long before the expiry of a socket, or of the connection token, it is replaced.
        shortest_lifetime: a socket younger than this is not replaced, whatever the expiry says: a wrong local clock
            must not turn into a storm.
    """

    url_usable: float = 85.0
    heartbeat_interval: float = 10.0
    subscribe_patience: float = 1.0
    unanswered_subscribes: int = 3
    rejected_pause: float = 0.5
    rejected_subscribes: int = 5
    refresh_after: float = 3540.0
    refresh_margin: float = 60.0
    shortest_lifetime: float = 300.0
