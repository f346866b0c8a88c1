"""Bad weather drawn from a seed: every call, upgrade, subscription, heartbeat and frame may go wrong.

It stands where the emulator's own weather stands, so that faults strike exactly where they would over the wire.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from agent.emulator import Region
from agent.emulator.faults import CallFault, SocketFault, Weather

CALL_ERRORS = (
    ("ThrottlingException", 429),
    ("InternalServerException", 500),
    ("InternalServerException", 503),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """How likely each fault is, between 0 and 1; `reach` is the longest delay of a frame in seconds."""

    calls: float = 0.0
    frames: float = 0.0
    sockets: float = 0.0
    reach: float = 0.04

    @classmethod
    def drawn(cls, random: Random) -> "Climate":
        mood = random.choice((0.0, 0.02, 0.1, 0.3))
        return cls(calls=mood * random.random(), frames=mood * random.random(), sockets=mood * random.random())


class Storm(Weather):
    """Seeded faults; `struck` counts them by kind. `pass_over` ends the storm."""

    def __init__(
        self, region: Region, climate: Climate, random: Random, *, forgetful: bool, lonely: bool, streaming: int = 0
    ) -> None:
        """
        Args:
            forgetful: the Participant Service remembers no ClientToken at all.
            lonely: a frame may be lost alone, which only an audit notices.
            streaming: the seed of what befalls notifications, so that it changes nothing else.
        """
        super().__init__(timers=region.timers, clock=region.clock, timeline=region.timeline)
        self.calm = False
        self.struck: Counter[str] = Counter()
        self._region = region
        self._climate = climate
        self._random = random
        self._streaming = Random(streaming)
        self._deaf: set[str] = set()
        self._forgetful = forgetful
        self._lonely = lonely

    def pass_over(self) -> None:
        """From now on the sun shines; sockets that went silent stay silent."""
        self._climate = Climate()

    def call(self, operation: str, contact_id: str | None, caller: str | None = None) -> CallFault | None:
        if self._forgetful and operation == "SendMessage":
            self._forget()
        if self._random.random() >= self._climate.calls:
            return None
        when: Literal["before", "after"] = self._random.choice(("before", "after"))
        kind = self._random.choice(("error", "hang up", "slow"))
        self.struck[f"{kind} {when} the effect"] += 1
        if kind == "slow":
            return CallFault(when=when, delay=self._random.uniform(0.1, 20.0))
        if kind == "hang up":
            return CallFault(when=when, hang_up=True)
        code, status = self._random.choice(CALL_ERRORS)
        when = "before" if status == 429 else when
        return CallFault(when=when, error=code, status=status)

    def upgrade(self, participant_id: str) -> SocketFault | None:
        return self._socket("upgrade refused", SocketFault(fail=True))

    def subscribe(self, participant_id: str) -> SocketFault | None:
        fault = self._random.choice((SocketFault(ignore=True), SocketFault(fail=True), SocketFault(close_code=1006)))
        return self._socket("subscription failed", fault)

    def heartbeat(self, participant_id: str, topic: str) -> SocketFault | None:
        if participant_id in self._deaf:
            return SocketFault(ignore=True)
        fault = self._random.choice((SocketFault(ignore=True), SocketFault(fail=True), SocketFault(close_code=1001)))
        return self._socket("heartbeat failed", fault)

    def frame(self, participant_id: str, text: str, deliver: Callable[[str], None]) -> None:
        if participant_id in self._deaf:
            return
        if '"aws/chat"' not in text or self._random.random() >= self._climate.frames:
            deliver(text)
            return
        kind = self._random.choice(("drop", "duplicate", "delay", "truncate", "stall", "forbid", "close"))
        self.struck[f"frame: {kind}"] += 1
        self._spoil(kind, participant_id, text, deliver)

    def copies(self) -> tuple[float, ...]:
        """When the copies of a notification arrive: at least once, in any order; lost only where that is an audit's."""
        first = self._streaming.random() * 0.03
        if self._streaming.random() >= self._climate.frames:
            return (first,)
        kind = self._streaming.choice(("duplicate", "delay", "lost" if self._lonely else "delay"))
        self.struck[f"notification: {kind}"] += 1
        later = self._streaming.uniform(0, 0.15)
        return {"duplicate": (first, later, later * 100), "delay": (later,), "lost": ()}[kind]

    def failing_topics(self) -> int:
        """How often a new worker asks for its topic in vain."""
        return self._streaming.choice((1, 3)) if self._streaming.random() < self._climate.calls else 0

    def mail_fails(self) -> bool:
        """Whether a call to SNS or SQS does."""
        return self._streaming.random() < self._climate.calls

    def _spoil(self, kind: str, participant_id: str, text: str, deliver: Callable[[str], None]) -> None:
        match kind:
            case "drop" if not self._lonely:
                self._lose(participant_id)
            case "duplicate":
                deliver(text)
                self._later(text, deliver)
            case "delay":
                self._later(text, deliver)
            case "truncate":
                deliver(text[: self._random.randrange(len(text))])
                self._lose(participant_id)
            case "stall":
                self._lose(participant_id, within=60)
            case "forbid":
                deliver('{"message":"Forbidden","connectionId":"c=","requestId":"r="}')
                deliver(text)
            case "close":
                self._lose(participant_id)

    def _forget(self) -> None:
        for chat in self._region.chats():
            for participant in chat.participants.values():
                self.struck["ClientTokens forgotten"] += len(participant.answers)
                participant.answers.clear()

    def _lose(self, participant_id: str, within: float = 5) -> None:
        """TCP loses no frame alone: what is lost is lost with all that follows, until the socket goes."""
        code = self._random.choice((1000, 1001, 1006, 1011))
        self._deaf.add(participant_id)
        self._region.after(self._random.uniform(0, within), lambda: self._close(participant_id, code))

    def _close(self, participant_id: str, code: int) -> None:
        self._deaf.discard(participant_id)
        for chat in self._region.chats():
            participant = chat.participants.get(participant_id)
            for connection in list(participant.connections) if participant else ():
                connection.close(code)

    def _later(self, text: str, deliver: Callable[[str], None]) -> None:
        self._region.after(self._random.uniform(0, self._climate.reach), lambda: deliver(text))

    def _socket(self, name: str, fault: SocketFault) -> SocketFault | None:
        if self._random.random() >= self._climate.sockets:
            return None
        self.struck[name] += 1
        return fault
