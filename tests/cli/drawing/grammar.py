"""A strict reading of the Mermaid that we write: four kinds of lines, each id once, boxes closed."""

import re
from dataclasses import dataclass, field

_TEXT = r'"((?:[^"#<>&`\\]|#\d+;|#(?:quot|lt|gt|amp);|<br/>)+)"'
_SHAPES = [
    r"\[{}\]",
    r"\({}\)",
    r"\(\[{}\]\)",
    r"\[/{}/\]",
    r"\{{{}\}}",
    r"\[\[{}\]\]",
    r"\{{\{{{}\}}\}}",
]
_NODE = [re.compile(r"(n\d+)" + shape.format(_TEXT)) for shape in _SHAPES]
_ARROW = re.compile(rf"(n\d+) (-->|-\.->)(?:\|{_TEXT}\|)? (n\d+)")
_BOX = re.compile(rf"subgraph (n\d+)\[{_TEXT}\]")
_CODES = {"#quot;": '"', "#lt;": "<", "#gt;": ">", "#amp;": "&", "#35;": "#", "#96;": "`", "#92;": "\\"}


@dataclass(kw_only=True)
class Picture:
    """What the text says. `arrows` are (from, words, to) in labels."""

    nodes: dict[str, str] = field(default_factory=dict)
    boxes: list[str] = field(default_factory=list)
    arrows: list[tuple[str, str, str]] = field(default_factory=list)
    dashed: list[tuple[str, str]] = field(default_factory=list)


def parse(text: str) -> Picture:
    """The picture. Raises AssertionError for whatever does not follow the grammar."""
    first, *lines = text.splitlines()
    assert first == "flowchart TD"
    assert text.endswith("\n")
    picture, depth = Picture(), 1
    for line in lines:
        depth -= line.strip() == "end"
        assert line.startswith("  " * depth), line
        assert line[2 * depth] != " ", line
        depth += _read(line.strip(), picture)
    assert depth == 1
    return picture


def _read(line: str, picture: Picture) -> int:
    if line == "end":
        return 0
    if box := _BOX.fullmatch(line):
        picture.boxes.append(_plain(box[2]))
        return 1
    if arrow := _ARROW.fullmatch(line):
        start, end = picture.nodes[arrow[1]], picture.nodes[arrow[4]]
        picture.arrows.append((start, _plain(arrow[3] or ""), end))
        if arrow[2] == "-.->":
            picture.dashed.append((start, end))
        return 0
    nodes = [found for shape in _NODE if (found := shape.fullmatch(line))]
    assert len(nodes) == 1, line
    assert nodes[0][1] not in picture.nodes, line
    picture.nodes[nodes[0][1]] = _plain(nodes[0][2])
    return 0


def _plain(text: str) -> str:
    return re.sub(r"#\w+;", lambda code: _CODES[code[0]], text.replace("<br/>", "\n"))
