"""Finding bots: by ``module:name``, or as an installed package's entry point in the group ``agent.bots``.

The built-in bots come through the same door as a stranger's. Every failure says what exists and what is near; a broken
plugin never takes the others down. It loads bots and runs none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from agent import plugins
from agent.bot.bot import Bot
from agent.bot.middleware import Middleware
from agent.bot.settings_file import SettingsFile
from agent.errors import ConfigurationError, RegistrationError, TargetBroken
from agent.plugins import Group, Plugin


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """One installed bot.

    Attributes:
        target: where its entry point leads, ``module:name``.
        package, version: the distribution that brings it.
        error: why it cannot be used, None when it can.
        rivals: the other packages that bring another bot of that name; one is chosen as ``package:name``.
        settings: where its own settings are, None when it has none or cannot be imported.
    """

    name: str
    target: str
    package: str
    version: str
    error: str | None = None
    rivals: tuple[str, ...] = ()
    settings: SettingsFile | None = None


def load(target: str) -> Bot[Any, Any]:
    """The bot that `target` names, ready to be served.

    Args:
        target: an entry point's name, ``package:name``, or ``module:name``; the current directory is importable.

    Raises:
        TargetNotFound: there is no such module, name or entry point; the text says what there is.
        TargetBroken: it is there, but importing it fails, or it is no bot, or it cannot be served as written.
    """
    return _served(target, plugins.load(Group.BOTS, target, _is_bot))


def load_middleware(target: str) -> Middleware:
    """The middleware that `target` names, as for `load`: in the group ``agent.middleware``, or ``module:function``.

    Raises:
        TargetNotFound, TargetBroken: it cannot be had; the text says why.
    """
    found = plugins.load(Group.MIDDLEWARE, target)
    if not callable(found):
        raise TargetBroken(f"{target!r} is a {type(found).__name__}, not a middleware: a function of the chat.", "")
    return cast("Middleware", found)


def installed() -> Sequence[Installed]:
    """All installed bots, by name, each tried; those that fail carry their error."""
    return [_tried(plugin) for plugin in plugins.plugins(Group.BOTS)]


def _tried(plugin: Plugin) -> Installed:
    error, found = None, None
    try:
        found = plugins.loaded(plugin, _is_bot)
        _served(plugin.name, found)
    except ConfigurationError as failure:
        error = str(failure)
    return Installed(
        name=plugin.name,
        target=plugin.target,
        package=plugin.package,
        version=plugin.version,
        error=error,
        rivals=plugin.rivals,
        settings=found.settings_file if isinstance(found, Bot) else None,
    )


def _is_bot(found: object) -> bool:
    return isinstance(found, Bot)


def _served(target: str, found: object) -> Bot[Any, Any]:
    if not isinstance(found, Bot):
        raise TargetBroken(f"{target!r} is a {type(found).__name__}, not a Bot.", "")
    try:
        found.freeze()
    except RegistrationError as error:
        raise TargetBroken(f"{target!r} cannot be served: {error}", "") from error
    return found
