"""AWS's shapes turned into checks: required members, types, lengths, ranges, enums and patterns.

SDKs validate little, so the server does it all. A check is compiled once for each shape and raises
`InvalidInput` in AWS's wording, never with the value itself. This module must not know operations or HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from botocore.model import Shape

from agent.emulator.errors import InvalidInput

Check = Callable[[Any, str], None]
SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "double": (int, float),
    "float": (int, float),
    "timestamp": (int, float),
}


class Compiler:
    """Makes checks, one for each shape name; recursive shapes are met by looking the check up late."""

    def __init__(self, *, closed: bool) -> None:
        """`closed`: members that the shape does not have are refused; AWS ignores them in requests."""
        self._closed = closed
        self._made: dict[str, Check | None] = {}

    def check(self, shape: Shape) -> Check:
        """The check for `shape`."""
        if shape.name in self._made:
            known = self._made[shape.name]
            return known or (lambda value, path: self._late(shape.name, value, path))
        self._made[shape.name] = None
        made = self._make(shape)
        self._made[shape.name] = made
        return made

    def _late(self, name: str, value: Any, path: str) -> None:
        check = self._made[name]
        if check is not None:
            check(value, path)

    def _make(self, shape: Any) -> Check:
        if shape.type_name == "structure":
            return self.structure(shape, skip=frozenset())
        if shape.type_name == "list":
            return _list(self.check(shape.member), shape.metadata)
        if shape.type_name == "map":
            return _map(self.check(shape.key), self.check(shape.value), shape.metadata)
        return _scalar(shape)

    def structure(self, shape: Any, *, skip: frozenset[str]) -> Check:
        """The check for a structure without the members named in `skip`."""
        members = {name: self.check(member) for name, member in shape.members.items() if name not in skip}
        required = [name for name in shape.required_members if name not in skip]
        union, closed = bool(shape.metadata.get("union")), self._closed

        def check(value: Any, path: str) -> None:
            if not isinstance(value, dict):
                raise refusal(path, "Member must be an object")
            if closed and not value.keys() <= members.keys():
                raise refusal(path, "Member is not modelled")
            for name in required:
                if value.get(name) is None:
                    raise refusal(_below(path, name), "Member must not be null")
            present = 0
            for name, child in members.items():
                member = value.get(name)
                if member is not None:
                    present += 1
                    child(member, _below(path, name))
            if union and present != 1:
                raise refusal(path, "Exactly one member must be set")

        return check


def refusal(path: str, constraint: str) -> InvalidInput:
    """A failed constraint, in AWS's words."""
    place = path or "body"
    return InvalidInput(f"1 validation error detected: Value at '{place}' failed to satisfy constraint: {constraint}")


def _below(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _list(member: Check, limits: dict[str, Any]) -> Check:
    measure = _length(limits)

    def check(value: Any, path: str) -> None:
        if not isinstance(value, list | tuple):
            raise refusal(path, "Member must be a list")
        measure(len(value), path)
        for number, element in enumerate(value, 1):
            if element is None:
                raise refusal(f"{path}.{number}.member", "Member must not be null")
            member(element, f"{path}.{number}.member")

    return check


def _map(key: Check, member: Check, limits: dict[str, Any]) -> Check:
    measure = _length(limits)

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise refusal(path, "Member must be a map")
        measure(len(value), path)
        for name, element in value.items():
            key(name, f"{path}.key")
            if element is None:
                raise refusal(f"{path}.value", "Member must not be null")
            member(element, f"{path}.value")

    return check


def _scalar(shape: Any) -> Check:
    types = SCALARS.get(shape.type_name, (object,))
    constrain = _text(shape) if shape.type_name == "string" else _number(shape)
    truth = bool in types

    def check(value: Any, path: str) -> None:
        if not isinstance(value, types) or (isinstance(value, bool) and not truth and types != (object,)):
            raise refusal(path, f"Member must be of type {shape.type_name}")
        constrain(value, path)

    return check


def _text(shape: Any) -> Check:
    measure = _length(shape.metadata)
    allowed = frozenset(shape.metadata.get("enum", ()))
    listing = ", ".join(shape.metadata.get("enum", ()))
    pattern = _pattern(shape.metadata.get("pattern"))

    def check(value: Any, path: str) -> None:
        measure(len(value), path)
        if allowed and value not in allowed:
            raise refusal(path, f"Member must satisfy enum value set: [{listing}]")
        if pattern is not None and not pattern.fullmatch(value):
            raise refusal(path, "Member must satisfy regular expression pattern")

    return check


def _pattern(pattern: str | None) -> re.Pattern[str] | None:
    try:
        return None if pattern is None else re.compile(pattern)
    except re.error:  # AWS's patterns are Java's; those with \p{..} are not understood here
        return None


def _number(shape: Any) -> Check:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")

    def check(value: Any, path: str) -> None:
        if least is not None and value < least:
            raise refusal(path, f"Member must have value greater than or equal to {least}")
        if most is not None and value > most:
            raise refusal(path, f"Member must have value less than or equal to {most}")

    return check


def _length(limits: dict[str, Any]) -> Callable[[int, str], None]:
    least, most = limits.get("min"), limits.get("max")

    def check(length: int, path: str) -> None:
        if least is not None and length < least:
            raise refusal(path, f"Member must have length greater than or equal to {least}")
        if most is not None and length > most:
            raise refusal(path, f"Member must have length less than or equal to {most}")

    return check
