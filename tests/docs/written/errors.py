"""docs/errors.md: each error of the tree, from its docstring: what it means, what to do, and a command's exit code."""

import inspect
import re
from collections.abc import Iterator

from agent import errors
from agent.cli.exits import Exit, exit_of

_HEAD = """# Errors

Every error of this project, one by one, written from the docstrings of `agent/errors.py`. They are one tree:
`except ChatAgentError` catches them all. Each message says what was wrong, where, and what to do; none holds a token or
a customer's words. The exit code is that of a [command](command.md#exit-codes) that ends with the error.

"""


def tree(root: type[errors.ChatAgentError] = errors.ChatAgentError) -> Iterator[type[errors.ChatAgentError]]:
    """The classes of the tree, a parent before its children, in the order of the file."""
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child)


def meaning(error: type[errors.ChatAgentError]) -> str:
    """The first paragraph of its docstring."""
    return " ".join(inspect.cleandoc(error.__dict__["__doc__"]).partition("\n\n")[0].split())


def advice(error: type[errors.ChatAgentError]) -> str:
    """What to do: from its docstring, or the sentence that its message ends with."""
    paragraphs = inspect.cleandoc(error.__dict__["__doc__"]).split("\n\n")
    [said] = [one for one in paragraphs if one.startswith("What to do: ")] or [error.__dict__["remedy"]]
    text = " ".join(said.removeprefix("What to do: ").split())
    return text[0].upper() + text[1:]


def page() -> str:
    """The page, in Markdown."""
    return (_HEAD + "\n".join(_entry(error) for error in tree())).replace("``", "`")


def _entry(error: type[errors.ChatAgentError]) -> str:
    depth = len(error.__mro__) - len(errors.ChatAgentError.__mro__)
    parent = "" if depth == 0 else f"A kind of `{error.__base__.__name__}`. "  # type: ignore[union-attr]
    text = _escaped(f"{meaning(error)} {parent}{_exit_codes(error)}".rstrip())
    return f"{'##' if depth < 2 else '###'} {error.__name__}\n\n{text}\n\n*What to do:* {_escaped(advice(error))}\n"


def _exit_codes(error: type[errors.ChatAgentError]) -> str:
    """Of one that ends no command nothing is said; a StreamingError has two, as it may pass or not."""
    one, codes = error.__new__(error), []
    for passing in (True, False):
        one.__dict__["passing"] = passing
        codes.append(exit_of(one))
    told = " or ".join(str(code.value) for code in dict.fromkeys(codes) if code is not Exit.BUG)
    return f"Exit code {told}." if told else ""


def _escaped(text: str) -> str:
    return re.sub(r"<([^>]+)>", r"&lt;\1&gt;", text)
