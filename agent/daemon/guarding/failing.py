"""A bot whose turns fail in chat after chat gets no more of them for a while; then one, which decides.

It is told what happens, and shuts and opens the door of the worker. Chats that it has go on; whoever runs their turns
asks here whether the bot is failing. It knows names and outcomes, no chat.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from agent.clock import Clock
from agent.daemon.room import Room
from agent.ids import ContactKey
from agent.telemetry import Happening, Level, Report

DOOR = "bot failing"
_FAILED = frozenset({"failed", "timeout"})
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingSettings:
    """`failures` failed turns `within` seconds, and at least that `share` of all its turns, trip a bot; after `rest`
    seconds it is offered one chat, and another if that tells nothing for as long. No `failures`: never."""

    failures: int | None
    within: float
    share: float
    rest: float


@dataclass(slots=True)
class _Circuit:
    """What is known of one bot: when which turns went well, since when it rests, and who tries it."""

    turns: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=_MOST_REMEMBERED))
    tripped_at: float | None = None
    probe: ContactKey | None = None
    probed_at: float = 0.0


class Failing:
    """A `Report`; call `failing` to ask."""

    def __init__(
        self, settings: FailingSettings, *, bots: Iterable[str], room: Room, clock: Clock, report: Report
    ) -> None:
        self.settings = settings
        self._circuits = {bot: _Circuit() for bot in bots}
        self._bots: dict[ContactKey, str] = {}
        self._room = room
        self._clock = clock
        self._report = report

    def failing(self, bot: str) -> bool:
        """Whether that bot's turns fail in chat after chat."""
        circuit = self._circuits.get(bot)
        return circuit is not None and circuit.tripped_at is not None

    def __call__(self, happening: Happening) -> None:
        match happening.name, happening.contact:
            case "contact.claimed", ContactKey() as contact:
                self._claimed(contact, str(happening.fields.get("bot", "")))
            case "chat.closed", ContactKey() as contact:
                self._closed(contact)
            case "turn.committed", ContactKey() as contact:
                self._ended(contact, happening)
            case "loop.lag", _:
                self._doors()

    def _claimed(self, contact: ContactKey, bot: str) -> None:
        self._bots[contact] = bot
        circuit = self._circuits.get(bot)
        now = self._clock.monotonic()
        if circuit is not None and circuit.tripped_at is not None and now >= circuit.tripped_at + self.settings.rest:
            circuit.probe, circuit.probed_at = contact, now
            self._doors()

    def _closed(self, contact: ContactKey) -> None:
        circuit = self._circuits.get(self._bots.pop(contact, ""))
        if circuit is not None and circuit.probe == contact:
            circuit.probe = None
            self._doors()

    def _ended(self, contact: ContactKey, happening: Happening) -> None:
        circuit = self._circuits.get(self._bots.get(contact, ""))
        well = happening.fields.get("outcome") not in _FAILED
        if circuit is None or (well and happening.fields.get("trigger") != "items"):
            return
        now = self._clock.monotonic()
        circuit.turns.append((now, well))
        if circuit.tripped_at is None:
            self._judge(circuit, self._bots[contact], now)
        elif now >= circuit.tripped_at + self.settings.rest:
            self._try(circuit, self._bots[contact], now, well=well)
        self._doors()

    def _judge(self, circuit: _Circuit, bot: str, now: float) -> None:
        while circuit.turns and circuit.turns[0][0] < now - self.settings.within:
            circuit.turns.popleft()
        failed = sum(not well for _, well in circuit.turns)
        often = self.settings.failures is not None and failed >= self.settings.failures
        if often and failed >= self.settings.share * len(circuit.turns):
            circuit.tripped_at = now
            self._tell("bot.failing", Level.ERROR, bot, failed=failed, turns=len(circuit.turns))

    def _try(self, circuit: _Circuit, bot: str, now: float, *, well: bool) -> None:
        circuit.probe = None
        circuit.turns.clear()
        circuit.tripped_at = None if well else now
        self._tell("bot.works_again" if well else "bot.still_failing", Level.WARNING, bot)

    def _doors(self) -> None:
        """A tripped bot that has rested is offered one chat; with every bot's door shut, the worker's is."""
        shut = {bot for bot, circuit in self._circuits.items() if self._is_shut(circuit)}
        self._room.shut_bots = shut
        if self._circuits and len(shut) == len(self._circuits):
            self._room.shut(DOOR)
        elif DOOR in self._room.shut_by:
            self._room.reopen(DOOR)

    def _is_shut(self, circuit: _Circuit) -> bool:
        if circuit.tripped_at is None:
            return False
        now, rest = self._clock.monotonic(), self.settings.rest
        tried = circuit.probe is not None and now < circuit.probed_at + rest
        return now < circuit.tripped_at + rest or tried

    def _tell(self, name: str, level: Level, bot: str, **more: int) -> None:
        self._report(Happening(name=name, level=level, fields={"bot": bot, **more}))
