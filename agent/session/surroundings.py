"""What a session is given: its ports and its settings. Pure data; nothing here acts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from agent.clock import Clock
from agent.ports import ConnectPort, ContactStore, Pacer, ParticipantPort, SocketPort, StreamPort
from agent.session.deadlines import Deadlines
from agent.session.rails import GuardSettings
from agent.session.ways import NoStreams, Ways
from agent.session.wheel import Wheel
from agent.telemetry import Report, silent
from agent.wire.content import SAFE_TEXT_CHARACTERS
from agent.wire.timings import LinkTimings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The outside world, as the session reaches it.

    Attributes:
        may_speak: whether this worker may still speak for its contacts; asked before everything that is said.
    """

    connect: ConnectPort
    participant: ParticipantPort
    sockets: SocketPort
    store: ContactStore
    pacer: Pacer
    clock: Clock
    random: Random
    report: Report = silent
    streams: StreamPort = field(default_factory=NoStreams)
    ways: Ways = field(default_factory=Ways)
    wheel: Wheel = field(default_factory=Wheel)
    deadlines: Deadlines = field(default_factory=Deadlines)
    may_speak: Callable[[], bool] = lambda: True
    failing: Callable[[str], bool] = lambda bot: False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """How one chat is kept. Durations are seconds.

    Attributes:
        text_limit: the most characters of one text message; longer replies are split [sources disagree: 1,024 is
            what all agree on, 16,384 bytes is the newest].
        reorder_window: how long a live item waits for one that was sent before it; 0 hands it over at once.
        turn_timeout: how long one turn may take before it is cancelled.
        goodbye_timeout: the bound of every farewell at the end.
        cleanup_timeout: what a handler gets to clean up when the conversation ends under it, or its turn takes too
            long.
        audit_interval: how often transcript and inbox are compared; None for never.
        stream_reorder_window: the same as `reorder_window` for a chat that is heard by message streaming, whose items
            come in any order [documented for SNS].
        stream_audit_interval: how often transcript and inbox of such a chat are compared: a stream has no heartbeat.
        merge_window: how long MERGE waits for more after the customer's last item.
        typing_patience: how long a typing event of the customer makes MERGE wait; AWS's own page shows one for 12 s
            [client code].
        merge_limit: the longest that MERGE waits in all.
        typing_after: after how long a handler that still works is shown as typing; None for never by itself.
        typing_interval: how often typing is shown anew [client code].
        max_waiting: the most items waiting for a turn before reading from the chat stops.
        read_receipts: whether the customer sees that the bot has read.
        see_before_join: whether messages written before the bot joined are handed to it.
        guards: the chat's guard rails.
        link: the timings of the websocket.
    """

    text_limit: int = SAFE_TEXT_CHARACTERS
    reorder_window: float = 0.05
    turn_timeout: float = 120.0
    goodbye_timeout: float = 5.0
    cleanup_timeout: float = 2.0
    audit_interval: float | None = None
    stream_reorder_window: float = 0.2
    stream_audit_interval: float = 300.0
    merge_window: float = 1.0
    typing_patience: float = 12.0
    merge_limit: float = 30.0
    typing_after: float | None = 0.5
    typing_interval: float = 10.0
    max_waiting: int = 100
    read_receipts: bool = False
    see_before_join: bool = True
    guards: GuardSettings = field(default_factory=GuardSettings)
    link: LinkTimings = field(default_factory=LinkTimings)
