"""Turns an operator's settings into those of the guards, of each chat and of the worker. It guards nothing itself."""

from agent.config import GuardsSection
from agent.daemon.guarding.failing import FailingSettings
from agent.daemon.guarding.pressure import PressureSettings, memory_limit
from agent.session.rails import GuardSettings

_SHARE = 0.9
"""Of a container's memory, from which on nobody is let in."""
_MEGABYTE = 1024 * 1024


def guards_of(section: GuardsSection, bot: str) -> GuardSettings:
    """The guards of one of that bot's chats."""
    chosen = section.model_dump(include=set(GuardSettings.__dataclass_fields__))
    if own := section.bots.get(bot):
        chosen |= own.model_dump(exclude_unset=True)
    return GuardSettings(**chosen)


def failing_of(section: GuardsSection) -> FailingSettings:
    """When a bot counts as failing."""
    return FailingSettings(
        failures=section.bot_failures,
        within=section.bot_failures_within,
        share=section.bot_failing_share,
        rest=section.bot_rest,
    )


def pressure_of(section: GuardsSection) -> PressureSettings:
    """When the process is about to suffer."""
    return PressureSettings(memory=_memory(section.memory_mb), loop_lag=section.loop_lag)


def _memory(megabytes: int | str | None) -> int | None:
    if isinstance(megabytes, int):
        return megabytes * _MEGABYTE
    limit = memory_limit() if megabytes == "auto" else None
    return None if limit is None else int(limit * _SHARE)
