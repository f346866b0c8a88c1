"""Weather: the one place that every call, upgrade, subscription, heartbeat and frame is led past.

In calm weather nothing happens here. The server and the connections ask at defined points and do as told, so
that faults are added here and nowhere else. This module must not know contacts or their rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agent.emulator.clock import ScaledClock
from agent.emulator.timeline import Timeline
from agent.emulator.timers import Timers


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFault:
    """What is to go wrong with one API call, `before` or `after` it took effect."""

    when: Literal["before", "after"]
    delay: float = 0.0
    error: str | None = None  # an AWS error code
    status: int = 500
    hang_up: bool = False  # cut the connection instead of answering
    then: Callable[[], None] | None = None  # something that happens to the chat at that moment


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketFault:
    """What is to go wrong with an upgrade, a subscription or a heartbeat."""

    ignore: bool = False  # no answer at all
    fail: bool = False  # the negative answer: 403, status failure, statusCode 500
    close_code: int | None = None
    delay: float = 0.0


class Weather:
    """Calm by default. `calm` lets the hot path pass without asking further."""

    def __init__(self, *, timers: Timers, clock: ScaledClock, timeline: Timeline) -> None:
        self.calm = True
        self._timers = timers
        self._clock = clock
        self._timeline = timeline

    def call(self, operation: str, contact_id: str | None, caller: str | None = None) -> CallFault | None:
        """Asked once for each API call, before it has any effect. `caller` is the id of the participant whose token
        came with it; None for the control plane and for unknown tokens."""
        del operation, contact_id, caller
        return None

    def upgrade(self, participant_id: str) -> SocketFault | None:
        """Asked when a websocket URL is dialled."""
        del participant_id
        return None

    def subscribe(self, participant_id: str) -> SocketFault | None:
        """Asked when a subscription arrives."""
        del participant_id
        return None

    def heartbeat(self, participant_id: str, topic: str) -> SocketFault | None:
        """Asked when ``aws/heartbeat`` or ``aws/ping`` arrives."""
        del participant_id, topic
        return None

    def frame(self, participant_id: str, text: str, deliver: Callable[[str], None]) -> None:
        """Given every outgoing frame that is not calmly delivered; passes it on, changed or not, or later."""
        del participant_id
        deliver(text)

    def closed(self, deliver: Callable[[str], None]) -> None:
        """Told when the socket behind `deliver` is gone."""
        del deliver
