"""Settings read anew while the daemon runs: what can be changed is, what cannot is named; a mistake changes nothing.

It compares two sets of settings and tells whoever is concerned. How settings are read and used is not known here.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agent.config import Configuration
from agent.errors import ConfigurationError
from agent.telemetry import Happening, Level, Report

RELOADABLE = {
    "logging.level": "at once",
    "worker.max_chats": "at once; chats beyond a lower number go on",
    "worker.drain_deadline": "at the next stop",
    "pacing.share": "at once",
    "pacing.*": "at once: the rate and burst of every operation",
    "session.*": "for every chat that is taken on from then on",
    "health.deaf_after": "at once",
    "health.deaf_share": "at once",
}
"""Which settings can be changed while running, and when that takes effect; a ``*`` is all of a section."""

_NEVER = frozenset({"pacing.enabled"})


class Reloader:
    """The settings in effect, and how they are read anew."""

    def __init__(
        self,
        settings: Configuration,
        *,
        read: Callable[[], Configuration],
        adopt: Callable[[Configuration], None],
        report: Report,
    ) -> None:
        """
        Args:
            read: reads all settings as at the start; raises ConfigurationError.
            adopt: uses what of the given settings can be changed while running; all else in them is as it was.
        """
        self._settings = settings
        self._read = read
        self._adopt = adopt
        self._report = report

    def reload(self) -> None:
        """Reads the settings and uses what can be used. A mistake is reported, and everything stays as it was."""
        self._tell("settings.reloading")
        try:
            fresh = self._read()
        except ConfigurationError as error:
            self._report(Happening(name="settings.rejected", level=Level.ERROR, error=error))
            return
        changed = sorted(_changes(self._settings.model_dump(), fresh.model_dump()))
        if fixed := [name for name in changed if not is_reloadable(name)]:
            self._tell("settings.need_restart", Level.WARNING, fixed)
        self._settings = _with(self._settings, fresh)
        self._adopt(self._settings)
        self._tell("settings.reloaded", Level.INFO, [name for name in changed if is_reloadable(name)])

    def _tell(self, name: str, level: Level = Level.INFO, settings: list[str] | None = None) -> None:
        fields = {} if settings is None else {"settings": ", ".join(settings)}
        self._report(Happening(name=name, level=level, fields=fields))


def is_reloadable(name: str) -> bool:
    """Whether the setting of this dotted name can be changed while running."""
    section = name.partition(".")[0]
    return name not in _NEVER and (name in RELOADABLE or f"{section}.*" in RELOADABLE)


def _with(old: Configuration, fresh: Configuration) -> Configuration:
    """`old`, but what is reloadable as it is in `fresh`."""
    sections = {}
    for section in type(old).model_fields:
        before, after = getattr(old, section), getattr(fresh, section)
        names = [name for name in type(before).model_fields if is_reloadable(f"{section}.{name}")]
        sections[section] = before.model_copy(update={name: getattr(after, name) for name in names})
    return old.model_copy(update=sections)


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], at: str = "") -> Iterator[str]:
    for key in old:
        if isinstance(old[key], Mapping) and isinstance(new[key], Mapping):
            yield from _changes(old[key], new[key], f"{at}{key}.")
        elif old[key] != new[key]:
            yield f"{at}{key}"
