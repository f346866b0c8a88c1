"""What a handler does with its chat, read from its source and never run: questions, words, steps, and the ways between.

What cannot be read is left out, and told to be so. Functions that get the chat are followed where they stand in the
same module. It knows no picture.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

VERBS = ("ask", "choose", "say", "show", "step", "sleep", "later", "hand_off", "leave")
_NAMED = {"step"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One call of a verb on the chat, or of another function (`verb` is "") that gets the chat."""

    verb: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A place where the way parts: each way with what leads there; `falls`: whether none may be taken."""

    words: str
    ways: tuple[tuple[str, "Outline"], ...]
    falls: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """What is done again and again."""

    words: str
    body: "Outline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What is done, and what instead when an exception comes."""

    body: "Outline"
    rescues: tuple[tuple[str, "Outline"], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way ends here: ``return``, ``raise``, ``break`` or ``continue``."""

    word: str


Outline: TypeAlias = tuple["Act | Branch | Loop | Attempt | Way", ...]


def outline(function: Callable[..., Any]) -> Outline | None:
    """What `function` does with its first argument; None when its source cannot be had."""
    return _Reader(function, ()).read()


class _Reader:
    def __init__(self, function: Callable[..., Any], within: tuple[Callable[..., Any], ...]) -> None:
        self._function = inspect.unwrap(function)
        self._within = (*within, self._function)
        self._chat = ""

    def read(self) -> Outline | None:
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(self._function))).body[0]
        except (OSError, TypeError, SyntaxError, IndexError):
            return None
        if not isinstance(tree, ast.AsyncFunctionDef) or not (arguments := [*tree.args.posonlyargs, *tree.args.args]):
            return None
        self._chat = arguments[0].arg
        return self._all(tree.body)

    def _all(self, statements: Sequence[ast.stmt]) -> Outline:
        return tuple(one for statement in statements for one in self._statement(statement))

    def _statement(self, node: ast.stmt) -> Iterator[Act | Branch | Loop | Attempt | Way]:
        match node:
            case ast.If():
                yield from self._acts(node.test)
                yield from self._if(node)
            case ast.While():
                yield from self._loop(f"while {ast.unparse(node.test)}", node, node.test)
            case ast.For() | ast.AsyncFor():
                yield from self._acts(node.iter)
                yield from self._loop(f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}", node, None)
            case ast.Match():
                yield from self._acts(node.subject)
                yield from self._match(node)
            case ast.Try():
                yield from self._try(node)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    yield from self._acts(item.context_expr)
                yield from self._all(node.body)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return
            case _:
                yield from self._acts(node)
                yield from _ways(node)

    def _if(self, node: ast.If) -> Iterator[Branch]:
        yes, no = self._all(node.body), self._all(node.orelse)
        if yes or no:
            ways = (("yes", yes), *((("no", no),) if no else ()))
            yield Branch(words=ast.unparse(node.test), ways=ways, falls=None if no else "no")

    def _match(self, node: ast.Match) -> Iterator[Branch]:
        ways = [(_case(case), self._all(case.body)) for case in node.cases]
        if any(way for _, way in ways):
            catches = any(
                isinstance(c.pattern, ast.MatchAs) and not c.pattern.pattern and not c.guard for c in node.cases
            )
            yield Branch(
                words=f"match {ast.unparse(node.subject)}", ways=tuple(ways), falls=None if catches else "else"
            )

    def _loop(self, words: str, node: ast.While | ast.For | ast.AsyncFor, test: ast.expr | None) -> Iterator[Any]:
        body = (*(self._acts(test) if test else ()), *self._all(node.body))
        if any(not isinstance(one, Way) for one in body):
            yield Loop(words=words, body=body)
        yield from self._all(node.orelse)

    def _try(self, node: ast.Try) -> Iterator[Any]:
        body = (*self._all(node.body), *self._all(node.orelse))
        rescues = [(_caught(handler), self._all(handler.body)) for handler in node.handlers]
        if body and any(way for _, way in rescues):
            yield Attempt(body=body, rescues=tuple(rescues))
        else:
            yield from body
        yield from self._all(node.finalbody)

    def _acts(self, node: ast.AST) -> Iterator[Any]:
        """The calls inside, in the order in which they are made."""
        if isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef):
            return
        for child in ast.iter_child_nodes(node):
            yield from self._acts(child)
        if isinstance(node, ast.Call):
            yield from self._call(node)

    def _call(self, node: ast.Call) -> Iterator[Any]:
        match node.func:
            case ast.Attribute(value=ast.Name(id=name), attr=verb) if name == self._chat and verb in VERBS:
                yield Act(verb=verb, words=_words(verb, node))
            case ast.Name(id=name) if self._gets_chat(node):
                yield from self._followed(name)

    def _gets_chat(self, node: ast.Call) -> bool:
        return bool(node.args) and isinstance(node.args[0], ast.Name) and node.args[0].id == self._chat

    def _followed(self, name: str) -> Iterator[Any]:
        found = getattr(self._function, "__globals__", {}).get(name)
        inner = None
        if inspect.iscoroutinefunction(found) and inspect.unwrap(found) not in self._within:
            inner = _Reader(found, self._within).read()
        yield Act(verb="", words=f"{name}()")
        yield from (one for one in inner or () if not isinstance(one, Way))


def _ways(node: ast.stmt) -> Iterator[Way]:
    word = {ast.Return: "return", ast.Raise: "raise", ast.Break: "break", ast.Continue: "continue"}.get(type(node))
    if word:
        yield Way(word=word)


def _case(case: ast.match_case) -> str:
    guard = f" if {ast.unparse(case.guard)}" if case.guard else ""
    return f"{ast.unparse(case.pattern)}{guard}"


def _caught(handler: ast.ExceptHandler) -> str:
    return ast.unparse(handler.type) if handler.type else "any exception"


def _words(verb: str, node: ast.Call) -> str:
    if not node.args:
        return ", ".join(f"{word.arg}={ast.unparse(word.value)}" for word in node.keywords if word.arg)
    first = _text(node.args[0])
    if verb == "choose" and len(node.args) > 1 and isinstance(node.args[1], ast.List | ast.Tuple):
        return f"{first} {' / '.join(_choice(one) for one in node.args[1].elts)}"
    return f"{first}()" if verb in _NAMED and isinstance(node.args[0], ast.Name | ast.Attribute) else first


def _choice(node: ast.expr) -> str:
    inner = node.args[0] if isinstance(node, ast.Call) and node.args else node
    return _text(inner)


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(one) for one in values)
        case ast.FormattedValue(value=value):
            return f"{{{ast.unparse(value)}}}"
        case _:
            return ast.unparse(node)
