"""An outline as nodes and arrows: one thing after another, parting and coming together. It knows no bot."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from agent.cli.drawing.mermaid import Flowchart, Shape
from agent.cli.drawing.outline import Act, Attempt, Branch, Loop, Outline, Way

Ends: TypeAlias = Sequence[tuple[str, str]]
"""Nodes from which the way goes on, each with the word for its arrow."""

_SHAPES = {
    "ask": Shape.QUESTION,
    "choose": Shape.QUESTION,
    "step": Shape.STEP,
    "hand_off": Shape.END,
    "leave": Shape.END,
}


@dataclass(kw_only=True)
class _Turning:
    """The loop that one is in: where ``continue`` leads, and who broke out of it."""

    start: str
    broken: list[tuple[str, str]] = field(default_factory=list)


def draw(chart: Flowchart, outline: Outline, ends: Ends) -> Ends:
    """Draws `outline` behind `ends`; from where it goes on."""
    return _Drawing(chart).all(outline, ends, None)


class _Drawing:
    def __init__(self, chart: Flowchart) -> None:
        self._chart = chart

    def all(self, outline: Outline, ends: Ends, turning: _Turning | None) -> Ends:
        for one in outline:
            if not ends:
                return ()
            ends = self._one(one, ends, turning)
        return ends

    def _one(self, one: Act | Branch | Loop | Attempt | Way, ends: Ends, turning: _Turning | None) -> Ends:
        match one:
            case Act():
                return self._act(one, ends)
            case Branch():
                return self._branch(one, ends, turning)
            case Loop():
                return self._loop(one, ends)
            case Attempt():
                return self._attempt(one, ends, turning)
            case Way():
                return self._way(one, ends, turning)
            case _:
                assert_never(one)

    def _act(self, act: Act, ends: Ends) -> Ends:
        words = f"{act.verb}: {act.words}" if act.verb and act.words else act.verb or act.words
        node = self._chart.node(words, shape=_SHAPES.get(act.verb, Shape.BOX if act.verb else Shape.ROUND))
        self._join(ends, node)
        return [(node, "")] if act.verb not in ("hand_off", "leave") else ()

    def _branch(self, branch: Branch, ends: Ends, turning: _Turning | None) -> Ends:
        node = self._chart.node(branch.words, shape=Shape.BRANCH)
        self._join(ends, node)
        after = [end for words, way in branch.ways for end in self.all(way, [(node, words)], turning)]
        return [*after, *([(node, branch.falls)] if branch.falls else ())]

    def _loop(self, loop: Loop, ends: Ends) -> Ends:
        node = self._chart.node(loop.words, shape=Shape.BRANCH)
        self._join(ends, node)
        turning = _Turning(start=node)
        self._join(self.all(loop.body, [(node, "again")], turning), node)
        endless = loop.words == "while True"
        return [*turning.broken, *(() if endless else [(node, "then")])]

    def _attempt(self, attempt: Attempt, ends: Ends, turning: _Turning | None) -> Ends:
        node = self._chart.node("try", shape=Shape.BRANCH)
        self._join(ends, node)
        after = list(self.all(attempt.body, [(node, "")], turning))
        for words, way in attempt.rescues:
            after += self.all(way, [(node, words)], turning)
        return after

    def _way(self, way: Way, ends: Ends, turning: _Turning | None) -> Ends:
        if turning and way.word == "continue":
            self._join(ends, turning.start)
        elif turning and way.word == "break":
            turning.broken += ends
        return ()

    def _join(self, ends: Ends, node: str) -> None:
        for end, words in ends:
            self._chart.arrow(end, node, words)
