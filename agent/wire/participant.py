"""One participant websocket as a state machine: frames and time go in, texts to send and events come out.

Whoever owns the socket tells it what happened and when (`socket_opened`, `receive_text`, `receive_time`,
`socket_closed`), sends what `texts_to_send` returns, reads `events_received`, and wakes up at `next_deadline`. Time is
any monotonic count of seconds. It knows no socket and no clock, and nothing of other sockets of the same chat.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, assert_never

from agent.wire.envelope import (
    HEARTBEAT,
    PING,
    SUBSCRIBE,
    ChatItem,
    Heartbeat,
    Ignored,
    Ping,
    Refusal,
    SubscribeAck,
    decode,
)
from agent.wire.link_events import (
    Closed,
    Dead,
    Dropped,
    LinkEvent,
    PingMissed,
    Received,
    Refused,
    Subscribed,
    SubscribeFailed,
    Unhealthy,
)
from agent.wire.timings import LinkTimings
from agent.wire.transitions import TABLE, Action, LinkInput, LinkState, diagram

__all__ = [
    "Closed",
    "Dead",
    "Dropped",
    "LinkEvent",
    "LinkState",
    "LinkTimings",
    "ParticipantConnection",
    "PingMissed",
    "Received",
    "Refused",
    "SubscribeFailed",
    "Subscribed",
    "Unhealthy",
    "diagram",
]


class ParticipantConnection:
    """The state of one websocket. No method raises, whatever arrives and in whatever order.

    Attributes:
        stirred: since `texts_to_send` more happened than that events are to be told: there may be something to send,
            and another deadline.
    """

    def __init__(self, *, now: float, settings: LinkTimings | None = None) -> None:
        """`now` is when the URL was issued, or when the attempt to open it began."""
        self.settings = settings or LinkTimings()
        self.state = LinkState.OPENING
        self.stirred = True
        self._texts: list[str] = []
        self._events: list[LinkEvent] = []
        self._open_by: float | None = now + self.settings.url_usable
        self._subscribe_at: float | None = None
        self._beat_at: float | None = None
        self._unanswered = 0
        self._rejections = 0
        self._heartbeat_out = False
        self._ping_out = False

    def texts_to_send(self) -> list[str]:
        """The frames to send now, in order; each is given once."""
        texts, self._texts, self.stirred = self._texts, [], False
        return texts

    def events_received(self) -> list[LinkEvent]:
        """What happened since the last call; each event is given once."""
        events, self._events = self._events, []
        return events

    def next_deadline(self) -> float | None:
        """When `receive_time` has something to do; None for never."""
        if self._open_by is None and self._subscribe_at is None:  # as for nearly all of its life
            return self._beat_at
        times = [at for at in (self._open_by, self._subscribe_at, self._beat_at) if at is not None]
        return min(times, default=None)

    def socket_opened(self, now: float) -> None:
        """The upgrade succeeded."""
        self._fire(LinkInput.OPENED, now)

    def socket_closed(self, now: float, code: int = 1006) -> None:
        """The socket is gone, by whoever's doing."""
        self._fire(LinkInput.CLOSED, now, Closed(code))

    def receive_text(self, frame: str | bytes, now: float) -> None:
        """A frame arrived."""
        decoded = decode(frame)
        match decoded:
            case ChatItem():
                self._fire(LinkInput.FRAME, now, Received(decoded.item))
            case Heartbeat():
                self._fire(LinkInput.HEARTBEAT, now)
            case Ping():
                self._pinged(decoded, now)
            case SubscribeAck():
                self._acknowledged(decoded, now)
            case Refusal():
                self._fire(LinkInput.FRAME, now, Refused(decoded.message))
            case Ignored():
                self._fire(LinkInput.FRAME, now, Dropped(decoded.reason))
            case _:
                assert_never(decoded)

    def receive_time(self, now: float) -> None:
        """It is `now`. Hand over the frames that have arrived first: a late reader is not a dead server."""
        self.stirred = True  # who woke up too early has to be woken again
        if self._open_by is not None and now >= self._open_by:
            self._fire(LinkInput.OPENING_OVERDUE, now, Dead("opening"))
        if self._beat_at is not None and now >= self._beat_at:
            self._tick(now)
        if self._subscribe_at is not None and now >= self._subscribe_at:
            self._subscribe_again(now)

    def _pinged(self, ping: Ping, now: float) -> None:
        if ping.ok:
            self._fire(LinkInput.PING, now)
        else:
            self._fire(LinkInput.UNHEALTHY, now, Unhealthy(ping.status_code))

    def _acknowledged(self, ack: SubscribeAck, now: float) -> None:
        if ack.accepted:
            self._fire(LinkInput.ACCEPTED, now, Subscribed())
        elif ack.status != "failure":
            self._fire(LinkInput.FRAME, now, Dropped("acknowledgement of something else"))
        elif self._rejections + 1 < self.settings.rejected_subscribes:
            self._fire(LinkInput.REFUSED, now)
        else:
            self._fire(LinkInput.SUBSCRIBE_HOPELESS, now, SubscribeFailed("rejected"))

    def _tick(self, now: float) -> None:
        if self._heartbeat_out:
            self._fire(LinkInput.HEARTBEAT_MISSED, now, Dead("heartbeat"))
            return
        if self._ping_out:
            self._fire(LinkInput.PING_MISSED, now, PingMissed())
        self._fire(LinkInput.BEAT_DUE, now)

    def _subscribe_again(self, now: float) -> None:
        if self._unanswered > self.settings.unanswered_subscribes:
            self._fire(LinkInput.SUBSCRIBE_HOPELESS, now, SubscribeFailed("unanswered"))
        else:
            self._fire(LinkInput.SUBSCRIBE_DUE, now)

    def _fire(self, happened: LinkInput, now: float, *events: LinkEvent) -> None:
        """The only place where the state changes; `events` are told if the table says so."""
        self.state, actions = TABLE[self.state, happened]
        for action in actions:
            if action is Action.TELL:
                self._events.extend(events)
            else:
                self.stirred = True
                self._ACTIONS[action](self, now)

    def _subscribe(self, now: float) -> None:
        self._open_by = None
        self._texts.append(SUBSCRIBE)
        self._unanswered += 1
        self._subscribe_at = now + self.settings.subscribe_patience

    def _pause(self, now: float) -> None:
        self._unanswered = 0
        self._rejections += 1
        self._subscribe_at = now + self.settings.rejected_pause

    def _rest(self, now: float) -> None:
        self._unanswered = self._rejections = 0
        self._subscribe_at = None

    def _beat(self, now: float) -> None:
        self._texts += [PING, HEARTBEAT]
        self._heartbeat_out = self._ping_out = True
        self._beat_at = now + self.settings.heartbeat_interval

    def _note_heartbeat(self, now: float) -> None:
        self._heartbeat_out = False

    def _note_ping(self, now: float) -> None:
        self._ping_out = False

    def _stop(self, now: float) -> None:
        self._texts.clear()
        self._open_by = self._subscribe_at = self._beat_at = None

    _ACTIONS: ClassVar[Mapping[Action, Callable[["ParticipantConnection", float], None]]] = {
        Action.SUBSCRIBE: _subscribe,
        Action.PAUSE: _pause,
        Action.REST: _rest,
        Action.BEAT: _beat,
        Action.NOTE_HEARTBEAT: _note_heartbeat,
        Action.NOTE_PING: _note_ping,
        Action.STOP: _stop,
    }
