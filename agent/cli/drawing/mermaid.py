"""A Mermaid flowchart as a value: nodes, arrows and boxes, in the order in which they were added.

Whatever stands in a label is only ever text there. It knows no bot.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

_LONGEST = 90
_CODES = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\\": "#92;"}


class Shape(StrEnum):
    """How a node is drawn; the label stands for ``*``."""

    BOX = "[*]"
    ROUND = "(*)"
    STADIUM = "([*])"
    QUESTION = "[/*/]"
    BRANCH = "{*}"
    STEP = "[[*]]"
    END = "{{*}}"


class Flowchart:
    """Grows by `node`, `arrow` and `box`; its text is `str(chart)`."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._arrows: list[str] = []
        self._depth = 1
        self._count = 0

    def __str__(self) -> str:
        return "\n".join(["flowchart TD", *self._lines, *self._arrows, ""])

    def node(self, *words: str, shape: Shape = Shape.BOX) -> str:
        """A new node with one line for each of `words`; its id."""
        name = self._name()
        self._line(name + shape.replace("*", _label(*words)))
        return name

    def arrow(self, start: str, end: str, words: str = "", *, dashed: bool = False) -> None:
        """An arrow, labelled if there are `words`. All come last: one inside a box would draw its ends into it."""
        line = "-.->" if dashed else "-->"
        self._arrows.append(f"  {start} {line}{f'|{_label(words)}|' if words else ''} {end}")

    @contextmanager
    def box(self, *words: str) -> Iterator[str]:
        """Nodes that are added inside stand in a box of their own; its id."""
        name = self._name()
        self._line(f"subgraph {name}[{_label(*words)}]")
        self._depth += 1
        yield name
        self._depth -= 1
        self._line("end")

    def _name(self) -> str:
        self._count += 1
        return f"n{self._count}"

    def _line(self, text: str) -> None:
        self._lines.append("  " * self._depth + text)


def _label(*words: str) -> str:
    return '"' + "<br/>".join(_escaped(_short(word)) for word in words if word) + '"'


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _escaped(text: str) -> str:
    return "".join(_CODES.get(character, character) for character in text if character.isprintable())
