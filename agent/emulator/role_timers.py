"""Idle and auto-disconnect timers of customer and agent, as UpdateParticipantRoleConfig sets them.

They run while a custom participant or a human agent is with the customer; the configuration is frozen when
they start [documented]. A message only moves a mark; the deadline looks at it when it comes. This module must
not know how a participant leaves: it is told what to do then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agent.emulator import items
from agent.emulator.errors import InvalidInput
from agent.emulator.participants import Participant, Role

if TYPE_CHECKING:
    from agent.emulator.contacts import Chat
    from agent.emulator.timers import Timer

Minutes = dict[tuple[Role, str], float]
IDLE, DISCONNECT = "IDLE", "DISCONNECT_NONCUSTOMER"
LEAST, MOST = 2, 480  # minutes [documented]


class RoleTimers:
    """The timers of one chat."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._configured: Minutes = {}
        self._watches: dict[str, Watch] = {}

    def configure(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Take a ParticipantTimerConfigList; it counts from the next start. Raises InvalidInput."""
        changed: dict[tuple[Role, str], float | None] = {}
        for entry in entries:
            role = Role(entry["ParticipantRole"])
            if role not in (Role.CUSTOMER, Role.AGENT):
                raise InvalidInput("ParticipantRole is CUSTOMER or AGENT")
            changed[role, entry["TimerType"]] = _minutes(entry["TimerValue"])
        for key, minutes in changed.items():
            if minutes is None:
                self._configured.pop(key, None)
            else:
                self._configured[key] = minutes

    def start(self) -> None:
        """A bot connected or an agent joined: all timers begin anew with the newest configuration."""
        self.stop()
        for participant in self._chat.present(Role.CUSTOMER, Role.AGENT):
            idle = self._configured.get((participant.role, IDLE))
            disconnect = self._configured.get((participant.role, DISCONNECT))
            if idle is not None or disconnect is not None:
                self._watches[participant.id] = Watch(participant, idle, disconnect)

    def stop(self) -> None:
        """Nobody is with the customer any more."""
        for watch in self._watches.values():
            watch.stop()
        self._watches.clear()

    def heard(self, participant: Participant) -> None:
        """`participant` sent a message or an attachment."""
        watch = self._watches.get(participant.id)
        if watch is not None:
            watch.heard()


def _minutes(value: Mapping[str, Any]) -> float | None:
    if "ParticipantTimerAction" in value:
        return None
    minutes = value.get("ParticipantTimerDurationInMinutes")
    if minutes is None or not LEAST <= minutes <= MOST:
        raise InvalidInput(f"ParticipantTimerDurationInMinutes is between {LEAST} and {MOST}")
    return float(minutes)


class Watch:
    """The two timers of one participant: idle first, then auto-disconnect; without idle, that at once."""

    def __init__(self, participant: Participant, idle: float | None, disconnect: float | None) -> None:
        self._participant = participant
        self._region = participant.chat.region
        self._idle = None if idle is None else idle * 60
        self._disconnect = None if disconnect is None else disconnect * 60
        self._heard = self._region.clock.time()
        self._is_idle = False
        self._timer: Timer | None = None
        self._arm()

    def stop(self) -> None:
        """No more deadlines."""
        if self._timer is not None:
            self._timer.cancel()

    def heard(self) -> None:
        """The participant said something: the deadline moves, and an idle one has returned."""
        self._heard = self._region.clock.time()
        if self._is_idle:
            self._is_idle = False
            self._participant.chat.publish_event(items.RETURNED, self._participant)
            self.stop()
            self._arm()

    def _deadline(self) -> float | None:
        if self._idle is not None and not self._is_idle:
            return self._heard + self._idle
        return None if self._disconnect is None else self._heard + (self._idle or 0.0) + self._disconnect

    def _arm(self) -> None:
        deadline = self._deadline()
        if deadline is not None:
            self._timer = self._region.timers.at(deadline, self._due)

    def _due(self) -> None:
        deadline = self._deadline()
        if deadline is not None and deadline > self._region.clock.time():
            self._arm()
        elif self._idle is not None and not self._is_idle:
            self._is_idle = True
            self._participant.chat.publish_event(items.IDLE, self._participant)
            self._arm()
        else:
            self._participant.chat.publish_event(items.AUTODISCONNECTION, self._participant)
            auto_disconnect(self._participant.chat)


def auto_disconnect(chat: Chat) -> None:
    """The non-customer side is disconnected: the custom participant, or the agents [documented]."""
    from agent.emulator import presence

    bot, agents = chat.bot(), chat.present(Role.AGENT, Role.SUPERVISOR)
    if bot is not None:
        presence.bot_left(bot)
    for agent in agents:
        presence.agent_left(agent)
