"""What went wrong with an author's bot, the author's own line first. It prints nothing."""

import linecache
import traceback
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from agent.cli.devloop.code import AuthorsCode
from agent.errors import StepFailed, TargetBroken

_AGENT = str(Path(__file__).parents[2])


class Stage(StrEnum):
    """What was being done."""

    LOAD = "load"
    START = "start"
    REPLAY = "replay"
    TURN = "turn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that went wrong.

    Attributes:
        error: the type of the error.
        sentence: what it says.
        file, line, code: the author's innermost line, "" and 0 where none is to blame.
        traceback: the whole way there without ours, "" where it says no more.
        contact: the chat it happened in.
    """

    stage: Stage
    error: str
    sentence: str
    file: str = ""
    line: int = 0
    code: str = ""
    traceback: str = ""
    contact: str | None = None

    @property
    def place(self) -> str:
        """``shop.py:12``, or ""."""
        return f"{self.file}:{self.line}" if self.file else ""

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"place": self.place}

    def text(self) -> str:
        """For a terminal."""
        lines = [f"{self.place}: {self.sentence}" if self.place else self.sentence]
        lines += [f"    {self.code}"] if self.code else []
        lines += [self.traceback.rstrip()] if self.traceback else []
        return "\n".join(lines)


def trouble_of(error: BaseException, stage: Stage, code: AuthorsCode, *, contact: str | None = None) -> Trouble:
    """What is to be told about `error`: where its author's code went wrong, and by which way."""
    real = error.__cause__ if isinstance(error, TargetBroken) and error.traceback and error.__cause__ else error
    file, line = _place(real, code)
    return Trouble(
        stage=stage,
        error=type(real).__name__,
        sentence=_sentence(real, error),
        file=code.shown(file) if file else "",
        line=line,
        code=linecache.getline(file, line).strip() if file else "",
        traceback=_way(real),
        contact=contact,
    )


def _sentence(real: BaseException, error: BaseException) -> str:
    return str(error) if real is error and isinstance(error, TargetBroken) else f"{type(real).__name__}: {_told(real)}"


def _told(error: BaseException) -> str:
    if isinstance(error, StepFailed) and error.__cause__:
        return f"{error}: {error.__cause__}"
    return error.msg if isinstance(error, SyntaxError) else str(error)


def _place(error: BaseException, code: AuthorsCode) -> tuple[str, int]:
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return error.filename, error.lineno
    frames = [frame for frame in _frames(error) if code.is_authors(frame.filename)]
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else ("", 0)


def _chain(error: BaseException) -> list[BaseException]:
    """`error`; where a step failed, also what failed in it: the author's mistake is there."""
    inner = error.__cause__ if isinstance(error, StepFailed) else None
    return [error] if inner is None else [error, *_chain(inner)]


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    return [frame for one in _chain(error) for frame in traceback.extract_tb(one.__traceback__)]


def _way(error: BaseException) -> str:
    frames = [frame for frame in _frames(error) if not _is_machinery(frame.filename)]
    if not frames and not isinstance(error, SyntaxError):
        return ""
    last = traceback.format_exception_only(_chain(error)[-1])
    return "".join(["Traceback (the author's own code):\n", *traceback.format_list(frames), *last])


def _is_machinery(file: str) -> bool:
    return file.startswith((_AGENT, "<frozen importlib")) or Path(file).parent.name in {"importlib", "asyncio"}
