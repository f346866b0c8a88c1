"""Reads the settings: flags over environment over file over defaults, and tells all mistakes at once.

Each value keeps its origin, so that a mistake names the flag, the variable or the file it stands in. What a setting
means is not known here; values are never quoted in a sentence, as one may be a secret in the wrong place.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError

from agent.config.belonging import strangers
from agent.config.environment import FILE_VARIABLE, environment, unknown_variables
from agent.config.sections import Configuration
from agent.config.wording import Location, is_section, sentence
from agent.errors import ConfigurationError, InvalidSetting

DEFAULT_FILE = Path("chat-agent.toml")

Tree: TypeAlias = Mapping[str, Any]


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
        ("environment", environment()),
        ("command line", flags or {}),
    ]
    merged: dict[str, Any] = {}
    origins: dict[Location, str] = {}
    for origin, layer in layers:
        _merge(merged, layer, origin, origins)
    return _validate(merged, origins, [origin for origin, _ in layers])


def _read_file(file: Path | None) -> tuple[Path, Tree]:
    named = file or (Path(os.environ[FILE_VARIABLE]) if os.environ.get(FILE_VARIABLE) else None)
    path = named or DEFAULT_FILE
    if named is None and not path.exists():
        return path, {}
    try:
        return path, tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSetting("config", f"the file {path} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSetting("config", f"the file {path} is no TOML: {error}.") from error


def _merge(into: dict[str, Any], layer: Tree, origin: str, origins: dict[Location, str], at: Location = ()) -> None:
    for key, value in layer.items():
        where, below = (*at, key), into.get(key, {})
        if isinstance(value, Mapping) and isinstance(below, dict):
            _merge(into.setdefault(key, {}), value, origin, origins, where)
        elif isinstance(value, Mapping) and is_section(where):
            continue  # below it a plain value stands in the section's place: that is told, not covered
        elif value is not None or origin == "default":
            into[key] = value
            origins[where] = origin


def _validate(merged: Tree, origins: Mapping[Location, str], layers: Sequence[str]) -> Loaded:
    mistakes = [*unknown_variables(merged)]
    settings = None
    try:
        settings = Configuration.model_validate(merged)
        mistakes += strangers(settings, origins, layers)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=True)
        mistakes += [sentence(mistake, origins) for mistake in found]
    if mistakes or settings is None:
        raise ConfigurationError("\n".join(mistakes))
    said = {".".join(at): origin for at, origin in origins.items() if origin != "default"}
    return Loaded(settings=settings, origins=said)
