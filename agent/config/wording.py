"""How a mistake in the settings is told: what is wrong, where it stands, and what to write instead.

It knows the names and shapes of settings; values are never quoted, as one may be a secret in the wrong place.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeAlias, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from agent.config.sections import Configuration

ENVIRONMENT_PREFIX = "CHAT_AGENT_"

Location: TypeAlias = tuple[str, ...]


def sentence(mistake: ErrorDetails, origins: Mapping[Location, str]) -> str:
    """The mistake with its setting and the place that it stands in."""
    where = tuple(str(part) for part in mistake["loc"])
    wording = _WORDS.get(mistake["type"])
    what = wording(where) if wording else mistake["msg"][:1].lower() + mistake["msg"][1:]
    return told(where, what.rstrip("."), origins)


def told(where: Location, what: str, origins: Mapping[Location, str]) -> str:
    """`what` is wrong, with the setting and the place that it stands in."""
    return f"{'.'.join(where)}: {what} (from {_origin(where, origins)})"


def variable(where: Location) -> str:
    """The environment's name of a setting."""
    return ENVIRONMENT_PREFIX + "__".join(where).upper()


def _origin(where: Location, origins: Mapping[Location, str]) -> str:
    for length in range(len(where), 0, -1):
        if origin := origins.get(where[:length]):
            return variable(where[:length]) if origin == "environment" else origin
    inside = [origin for at, origin in origins.items() if at[: len(where)] == where and origin != "default"]
    return inside[0] if inside else "default"


def _unknown(where: Location) -> str:
    known = fields(where[:-1])
    near = get_close_matches(where[-1].lower(), known, n=1)
    return f"unknown setting; did you mean {near[0]}?" if near else f"unknown setting; there are {', '.join(known)}"


def _section(where: Location) -> str:
    header = ".".join(part for part in where if not part.isdecimal())
    brackets = f"[[{header}]]" if where[-1].isdecimal() else f"[{header}]"
    return f"is a section; write {brackets} and below it {next(iter(fields(where)), 'name')} = …"


def _list(where: Location) -> str:
    return "is a list; write [[routing.rules]] for each" if where[-1] == "rules" else 'is a list; write ["…"]'


_WORDS = {
    "extra_forbidden": _unknown,
    "model_type": _section,
    "dict_type": _section,
    "tuple_type": _list,
}


def fields(where: Location) -> list[str]:
    """The settings in a section; none where that is a plain value, or names are free."""
    model = _at(where)
    return list(model.model_fields) if _is_section(model) else []


def is_section(where: Location) -> bool:
    """Whether a table of TOML belongs there, of known or of free names."""
    model = _at(where)
    return _is_section(model) or get_origin(model) is dict


def _at(where: Location) -> Any:
    model: Any = Configuration
    for part in where:
        model = _within(model, part)
    return model


def _within(model: Any, part: str) -> Any:
    if _is_section(model):
        return model.model_fields[part].annotation if part in model.model_fields else None
    return next(filter(_is_section, get_args(model)), None)


def _is_section(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, BaseModel)
