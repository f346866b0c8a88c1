"""Finding bots: by ``module:name``, or as an installed package's entry point in the group ``agent.bots``.

The built-in bots come through the same door as a stranger's. Every failure says what exists and what is near; a broken
plugin never takes the others down. It loads bots and runs none.
"""

import difflib
import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from agent.bot.bot import Bot
from agent.errors import ConfigurationError, RegistrationError, TargetBroken, TargetNotFound

GROUP = "agent.bots"

_OWN = str(Path(__file__).parents[1])
_MACHINERY = ("<frozen importlib", "importlib")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """One installed plugin.

    Attributes:
        target: where its entry point leads, ``module:name``.
        package, version: the distribution that brings it.
        error: why it cannot be used, None when it can.
    """

    name: str
    target: str
    package: str
    version: str
    error: str | None = None


def load(target: str) -> Bot[Any, Any]:
    """The bot that `target` names: ``module:name`` (the current directory is importable) or an entry point's name.

    Raises:
        TargetNotFound: there is no such module, name or entry point; the text says what there is.
        TargetBroken: it is there, but importing it fails, or it is no bot, or it cannot be served as written.
    """
    module, colon, attribute = target.partition(":")
    if not colon:
        return _load_entry_point(target)
    if not module or not attribute:
        raise TargetNotFound(f"{target!r} is no target; write module:bot, such as bots.echo:bot. {_offer(target)}")
    return _load_attribute(target, _module_name(module), attribute)


def installed() -> Sequence[Installed]:
    """All plugins, by name, each tried; those that fail carry their error."""
    return [_tried(point) for point in _points()]


def _points() -> list[metadata.EntryPoint]:
    return sorted(metadata.entry_points(group=GROUP), key=lambda point: point.name)


def _load_entry_point(name: str) -> Bot[Any, Any]:
    found = [point for point in _points() if point.name == name]
    if not found:
        raise TargetNotFound(f"No bot is called {name!r}. {_offer(name)}")
    if len({point.value for point in found}) > 1:
        packages = " and ".join(_package(point)[0] for point in found)
        raise TargetNotFound(f"{name!r} is ambiguous: {packages} both bring it; write module:bot instead.")
    module, _, attribute = found[0].value.partition(":")
    return _load_attribute(name, module, attribute)


def _tried(point: metadata.EntryPoint) -> Installed:
    error: str | None = None
    module, _, attribute = point.value.partition(":")
    try:
        _load_attribute(point.name, module, attribute)
    except ConfigurationError as failure:
        error = str(failure)
    package, version = _package(point)
    return Installed(name=point.name, target=point.value, package=package, version=version, error=error)


def _package(point: metadata.EntryPoint) -> tuple[str, str]:
    return ("?", "?") if point.dist is None else (point.dist.name, point.dist.version)


# ------------------------------------------------------------------------------------- importing


def _load_attribute(target: str, module: str, attribute: str) -> Bot[Any, Any]:
    found: object = _imported(target, module)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise TargetNotFound(f"{target!r}: module {module} has no {attribute!r}. {_bots_in(module, attribute)}")
        found = getattr(found, part)
    return _served(target, found)


def _imported(target: str, module: str) -> object:
    _make_current_directory_importable()
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            raise TargetNotFound(f"{target!r}: there is no module {error.name!r} here. {_offer(target)}") from None
        raise _broken(target, error) from error
    except Exception as error:
        raise _broken(target, error) from error
    except SystemExit as error:
        raise TargetBroken(f"{target!r}: importing {module} exits the process.", "") from error


def _make_current_directory_importable() -> None:
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)


def _module_name(module: str) -> str:
    """``bots/echo.py`` is what a shell completes; it means ``bots.echo``."""
    return module.removesuffix(".py").removeprefix("./").replace("/", ".") if module.endswith(".py") else module


def _served(target: str, found: object) -> Bot[Any, Any]:
    if not isinstance(found, Bot):
        raise TargetBroken(f"{target!r} is a {type(found).__name__}, not a Bot.", "")
    try:
        found.freeze()
    except RegistrationError as error:
        raise TargetBroken(f"{target!r} cannot be served: {error}", "") from error
    return found


def _broken(target: str, error: Exception) -> TargetBroken:
    kept = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_ours(frame.filename)]
    last = traceback.format_exception_only(error)
    shortened = "".join(["Traceback (the bot's own code):\n", *traceback.format_list(kept), *last])
    reason = last[-1].strip()
    return TargetBroken(f"{target!r} cannot be imported: {reason}", shortened)


def _is_ours(file: str) -> bool:
    return file.startswith((_OWN, *_MACHINERY)) or Path(file).parent.name == "importlib"


# -------------------------------------------------------------------------------------- suggesting


def _offer(wanted: str) -> str:
    names = [point.name for point in _points()]
    if not names:
        return "No bots are installed; name one as module:bot."
    near = difflib.get_close_matches(wanted, names, n=1)
    return f"{_did_you_mean(near)}Installed: {', '.join(names)}. Or name one as module:bot."


def _bots_in(module: str, wanted: str) -> str:
    names = [name for name, found in vars(sys.modules[module]).items() if isinstance(found, Bot)]
    near = difflib.get_close_matches(wanted, names, n=1)
    return f"{_did_you_mean(near)}Its bots: {', '.join(names)}." if names else "There is no Bot in it."


def _did_you_mean(near: Iterable[str]) -> str:
    return "".join(f"Did you mean {one!r}? " for one in near)
