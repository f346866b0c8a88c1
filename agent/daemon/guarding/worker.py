"""The guards of one worker, put together from its settings. Each decides for itself."""

from collections.abc import Iterable

from agent.clock import Clock
from agent.config import GuardsSection
from agent.daemon.guarding.failing import Failing
from agent.daemon.guarding.pressure import Pressure
from agent.daemon.guarding.settings import failing_of, pressure_of
from agent.daemon.room import Room
from agent.telemetry import Happening, Report


class WorkerGuards:
    """A `Report` that shuts and opens the door of `room`."""

    def __init__(
        self, section: GuardsSection, *, bots: Iterable[str], room: Room, clock: Clock, report: Report
    ) -> None:
        self._failing = Failing(failing_of(section), bots=bots, room=room, clock=clock, report=report)
        self._pressure = Pressure(pressure_of(section), room=room, report=report)

    def __call__(self, happening: Happening) -> None:
        self._failing(happening)
        self._pressure(happening)

    def failing(self, bot: str) -> bool:
        """Whether that bot's turns fail in chat after chat."""
        return self._failing.failing(bot)

    def adopt(self, section: GuardsSection) -> None:
        """From now on these settings count."""
        self._failing.settings, self._pressure.settings = failing_of(section), pressure_of(section)
