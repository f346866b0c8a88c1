"""Reads the settings: flags over environment over file over defaults, and tells all mistakes at once.

Each value keeps its origin, so that a mistake names the flag, the variable or the file it stands in. What a setting
means is not known here; values are never quoted in a sentence, as one may be a secret in the wrong place.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource, SettingsError

from agent.config.sections import Configuration
from agent.errors import ConfigurationError, InvalidSetting

ENVIRONMENT_PREFIX = "CHAT_AGENT_"
DEFAULT_FILE = Path("chat-agent.toml")
_FILE_VARIABLE = f"{ENVIRONMENT_PREFIX}CONFIG"

Tree: TypeAlias = Mapping[str, Any]
Location: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The settings, and by dotted name where each value that is no default came from."""

    settings: Configuration
    origins: Mapping[str, str] = field(default_factory=dict)


def load(*, file: Path | None = None, flags: Tree | None = None) -> Loaded:
    """Reads everything and validates it.

    Args:
        file: the TOML file; else ``CHAT_AGENT_CONFIG`` names it; else ``chat-agent.toml`` here, if there is one.
        flags: what the command line says, nested like the file; None values count as not said.

    Raises:
        ConfigurationError: something is wrong; the text has one line for each mistake.
    """
    path, tree = _read_file(file)
    layers = [
        ("default", Configuration().model_dump()),
        (str(path), tree),
        ("environment", _environment()),
        ("command line", flags or {}),
    ]
    merged: dict[str, Any] = {}
    origins: dict[Location, str] = {}
    for origin, layer in layers:
        _merge(merged, layer, origin, origins)
    return _validate(merged, origins)


def _read_file(file: Path | None) -> tuple[Path, Tree]:
    named = file or (Path(os.environ[_FILE_VARIABLE]) if os.environ.get(_FILE_VARIABLE) else None)
    path = named or DEFAULT_FILE
    if named is None and not path.exists():
        return path, {}
    try:
        return path, tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSetting("config", f"the file {path} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSetting("config", f"the file {path} is no TOML: {error}.") from error


def _environment() -> Tree:
    try:
        return EnvSettingsSource(Configuration)()
    except SettingsError as error:
        raise InvalidSetting(
            "environment", 'a value that must be JSON is none; a list is written ["a", "b"].'
        ) from error


def _merge(into: dict[str, Any], layer: Tree, origin: str, origins: dict[Location, str], at: Location = ()) -> None:
    for key, value in layer.items():
        if isinstance(value, Mapping) and isinstance(into.get(key, {}), dict):
            _merge(into.setdefault(key, {}), value, origin, origins, (*at, key))
        elif value is not None or origin == "default":
            into[key] = value
            origins[(*at, key)] = origin


def _validate(merged: Tree, origins: Mapping[Location, str]) -> Loaded:
    mistakes = [*_unknown_variables(merged)]
    settings = None
    try:
        settings = Configuration.model_validate(merged)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=True)
        mistakes += [_sentence(mistake, origins) for mistake in found]
    if mistakes or settings is None:
        raise ConfigurationError("\n".join(mistakes))
    said = {".".join(at): origin for at, origin in origins.items() if origin != "default"}
    return Loaded(settings=settings, origins=said)


def _sentence(mistake: ErrorDetails, origins: Mapping[Location, str]) -> str:
    where = tuple(str(part) for part in mistake["loc"])
    what = _unknown(where) if mistake["type"] == "extra_forbidden" else mistake["msg"][:1].lower() + mistake["msg"][1:]
    return f"{'.'.join(where)}: {what.rstrip('.')} (from {_origin(where, origins)})"


def _origin(where: Location, origins: Mapping[Location, str]) -> str:
    for length in range(len(where), 0, -1):
        if origin := origins.get(where[:length]):
            return _variable(where[:length]) if origin == "environment" else origin
    inside = [origin for at, origin in origins.items() if at[: len(where)] == where and origin != "default"]
    return inside[0] if inside else "default"


def _variable(where: Location) -> str:
    return ENVIRONMENT_PREFIX + "__".join(where).upper()


def _unknown(where: Location) -> str:
    known = _fields(where[:-1])
    near = get_close_matches(where[-1].lower(), known, n=1)
    return f"unknown setting; did you mean {near[0]}?" if near else f"unknown setting; there are {', '.join(known)}"


def _fields(where: Location) -> list[str]:
    model: Any = Configuration
    for part in where:
        model = get_args(model)[0] if part.isdecimal() else model.model_fields[part].annotation
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _unknown_variables(merged: Tree) -> Iterator[str]:
    """pydantic-settings passes over a variable whose section it does not know; a misspelt one must not be silent."""
    sections = list(Configuration.model_fields)
    for name in sorted(os.environ):
        section = name.removeprefix(ENVIRONMENT_PREFIX).split("__")[0].lower()
        expected = section in sections or name == _FILE_VARIABLE or f"env:{name}" in str(merged)
        if name.startswith(ENVIRONMENT_PREFIX) and not expected:
            near = get_close_matches(section, sections, n=1)
            hint = (
                f"did you mean {ENVIRONMENT_PREFIX}{near[0].upper()}__…?"
                if near
                else f"sections: {', '.join(sections)}"
            )
            yield f"{name}: unknown setting; {hint} (from the environment)"
