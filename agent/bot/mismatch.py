"""Naming what went wrong when a dialog's code and its journal disagree, so that its author knows what to do.

It reads the stack to find the author's line. Texts are shown only where they stand literally in the source: whatever
was composed may hold a customer's words.
"""

import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from types import FrameType

from agent.bot.journal import Entry
from agent.errors import ReplayMismatch

_OWN = str(Path(__file__).parent)
_FIX = (
    "Register the old function under its old version= beside the new one with a higher version=, "
    "or let Bot(on_mismatch=...) decide."
)


def author_frame() -> FrameType | None:
    """The innermost frame outside this package: the author's line."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    return frame


def where(frame: FrameType | None) -> str:
    """``file.py:12`` of `frame`."""
    return "?" if frame is None else f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def label(text: str, frame: FrameType | None) -> str:
    """What a question is known by: its text if that stands in the source, else a digest of it."""
    if frame is not None and text in frame.f_code.co_consts:
        return repr(text)
    digest = sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"#{digest[:12]}"


def mismatch(handler: object, expected: Entry | None, came: str, impure: Iterable[str]) -> ReplayMismatch:
    """The error for a replay of `handler` where the journal held `expected` and the code did `came`."""
    held = "the end" if expected is None else f"{_called(expected.act, expected.label)} (was at {expected.where})"
    sentence = f"{handler} no longer matches its journal: expected {held}, came {came}. {_why(impure)}{_FIX}"
    return ReplayMismatch(sentence, expected=held, came=came)


def impurity(handler: object, impure: Iterable[str]) -> ReplayMismatch:
    """The error for a replay that asked the outside world, where the first run may have had another answer."""
    sentence = f"{handler} cannot be replayed safely. {_why(impure)}"
    return ReplayMismatch(sentence.strip(), expected="the same answer as in the first run", came=", ".join(impure))


def came(act: str, name: str, frame: FrameType | None) -> str:
    """What the code did, for a report."""
    return f"{_called(act, name)} at {where(frame)}"


def _called(act: str, name: str) -> str:
    shown = "with a composed text" if name.startswith("#") else name
    return f"{act} {shown}".strip()


def _why(impure: Iterable[str]) -> str:
    named = ", ".join(dict.fromkeys(impure))
    return f"It called {named}: use chat.now() or chat.random, or put it into a chat.step. " if named else ""
