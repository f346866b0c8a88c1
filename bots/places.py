"""Where each key of a TOML file stands, so that a mistake can name its line.

Python's own reader gives values without their lines. This one finds lines without understanding values; where it cannot
see a key it knows the table or list around it. It knows no bot.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Location: TypeAlias = tuple[str | int, ...]

_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_KEYS})\s*\]")
_ASSIGNED = re.compile(rf"\s*({_KEYS})\s*=")
_LONG_STRING = re.compile(r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'', re.DOTALL)
_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*')


def places(text: str) -> Mapping[Location, int]:
    """The line of every table, key and list element that begins a line of `text`; lists count from 0, lines from 1."""
    reader = _Reader()
    shortened = _LONG_STRING.sub(lambda found: "''" + "\n" * found[0].count("\n"), text)
    for number, line in enumerate(shortened.split("\n"), 1):
        reader.read(number, line)
    return reader.found


def place(of: Location, known: Mapping[Location, int]) -> int:
    """The line of `of`, or of the nearest thing around it that is `known`."""
    return next((known[of[:length]] for length in range(len(of), 0, -1) if of[:length] in known), 1)


@dataclass(slots=True)
class _Reader:
    found: dict[Location, int] = field(default_factory=dict)
    _table: Location = ()
    _list: Location = ()
    _depth: int = 0
    _elements: int = 0
    _tables: dict[Location, int] = field(default_factory=dict)

    def read(self, number: int, line: str) -> None:
        if self._depth > 0:
            self._element(number, line)
        elif header := _HEADER.match(line):
            self._enter(number, _names(header[2]), repeated=header[1] == "[[")
            return
        elif assigned := _ASSIGNED.match(line):
            self._list, self._elements = (*self._table, *_names(assigned[1])), 0
            self.found.setdefault(self._list, number)
        bare = _STRING_OR_COMMENT.sub("", line)
        self._depth = max(0, self._depth + bare.count("[") - bare.count("]"))

    def _enter(self, number: int, names: Location, *, repeated: bool) -> None:
        above: Location = ()
        for name in names[:-1]:
            above = self._newest((*above, name))
        here = (*above, names[-1])
        if repeated:
            self._tables[here] = self._tables.get(here, -1) + 1
            self.found.setdefault(here, number)
            here = self._newest(here)
        self._table = here
        self.found[here] = number

    def _newest(self, at: Location) -> Location:
        return (*at, self._tables[at]) if at in self._tables else at

    def _element(self, number: int, line: str) -> None:
        if self._depth == 1 and line.strip() and line.strip()[0] not in "]#,":
            self.found[(*self._list, self._elements)] = number
            self._elements += 1


def _names(keys: str) -> Location:
    names: list[str] = []
    table: object = tomllib.loads(f"{keys} = 0")
    while isinstance(table, dict):
        (name, table), *_ = table.items()
        names.append(name)
    return tuple(names)
