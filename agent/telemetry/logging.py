"""Writes down what happened: one line on standard error for each `Happening`, JSON or for human eyes.

A line holds fixed names, ids and numbers; within a turn, whoever writes it, that turn's ids too. An exception is shown
as its type and its frames; what our own errors say in fixed words is shown too, but the text of an exception only if
asked for, since it may quote a customer or a token. The loggers of libraries end in the same lines, without the
arguments of their messages. Nothing here knows what happens.
"""

import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO, cast

import structlog
from structlog.dev import ConsoleRenderer
from structlog.processors import JSONRenderer
from structlog.typing import EventDict

from agent.clock import Clock, timestamp
from agent.errors import ConfigurationError, ConnectError, ConversationOver, JoinRefused
from agent.telemetry.happening import Happening, Level
from agent.telemetry.outlet import Outlet
from agent.telemetry.turns import running_turn

_MOST_FRAMES = 12
_DEEPEST = 8
_KEYS = {"event": "event_", "level": "level_", "timestamp": "timestamp_", "turn": "turn_id"}
"""A field never replaces the frame of its line, and a turn's id has one name in all lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """How the log is written. `show_error_text` is for development: an exception may quote a customer."""

    level: Level = Level.INFO
    json: bool = True
    colors: bool = False
    show_error_text: bool = False


class LogWriter:
    """A `Report`: call it with a `Happening` and it stands in the log.

    Attributes:
        level: the quietest that is written; may be changed at any time.
    """

    def __init__(self, settings: LogSettings, *, clock: Clock, stream: TextIO | Outlet | None = None) -> None:
        self.level = settings.level
        self._settings = settings
        self._clock = clock
        self._logger = structlog.wrap_logger(
            structlog.WriteLogger(cast("TextIO", stream or sys.stderr)),
            processors=[JSONRenderer() if settings.json else _Lines(colors=settings.colors)],
            wrapper_class=structlog.BoundLogger,
        ).bind()  # once: each bound logger holds itself in a circle

    def __call__(self, happening: Happening) -> None:
        if happening.level >= self.level:
            self._write(happening.name, happening.level, self._fields(happening))

    def foreign(self, record: logging.LogRecord) -> None:
        """A line for a library's log record: its message's pattern; the arguments only with `show_error_text`."""
        if record.levelno >= self.level:
            # asyncio writes an exception's text into the later lines of its pattern.
            shown = record.getMessage() if self._settings.show_error_text else str(record.msg).partition("\n")[0]
            error = record.exc_info[1] if record.exc_info else None
            fields = {"logger": record.name, "message": shown, **self._error(error)}
            self._write("library", Level(min(record.levelno // 10 * 10, Level.ERROR)), fields)

    def uncaught(self, where: str, error: BaseException) -> None:
        """A line for an error that nobody caught."""
        self._write("uncaught", Level.ERROR, {"where": where, **self._error(error)})

    def _write(self, name: str, level: Level, fields: Mapping[str, object]) -> None:
        stamped = {"timestamp": timestamp(self._clock.now()), "level": level.name.lower()}
        apart = {_KEYS.get(key, key): value for key, value in fields.items()}
        self._logger.msg(name, **{**stamped, **_turn_ids(), **apart})

    def _fields(self, happening: Happening) -> dict[str, object]:
        contact = happening.contact
        ids = {"contact_id": contact.contact_id, "instance_id": contact.instance_id} if contact else {}
        return {**ids, **happening.fields, **self._error(happening.error)}

    def _error(self, error: BaseException | None) -> dict[str, object]:
        return {"error": describe(error, show_text=self._settings.show_error_text)} if error else {}


def _turn_ids() -> dict[str, object]:
    turn = running_turn()
    if turn is None:
        return {}
    return {"contact_id": turn.contact.contact_id, "instance_id": turn.contact.instance_id, "turn_id": turn.id}


def describe(error: BaseException, *, show_text: bool = False, depth: int = _DEEPEST) -> dict[str, object]:
    """`error` as a log may hold it: type, fixed words, frames, and the same of its cause and of what it groups."""
    shown: dict[str, object] = {"type": _type(error), **_fixed_words(error)}
    if show_text:
        shown["text"] = str(error)
    shown["frames"] = _frames(error)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause and depth:
        shown["cause"] = describe(cause, show_text=show_text, depth=depth - 1)
    if isinstance(error, BaseExceptionGroup) and depth:
        shown["errors"] = [describe(one, show_text=show_text, depth=depth - 1) for one in error.exceptions]
    return shown


def _type(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ in {"builtins", "agent.errors"}
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _fixed_words(error: BaseException) -> dict[str, object]:
    match error:
        case ConnectError():
            known = {"operation": error.operation, "code": error.code, "status": error.status}
            words = {**known, "request_id": error.request_id, "remedy": error.remedy}
            return {name: word for name, word in words.items() if word}
        case JoinRefused() | ConversationOver():
            return {"sentence": error.sentence}
        case ConfigurationError():
            return {"sentence": str(error)}
        case _:
            return {}


def _frames(error: BaseException) -> list[str]:
    """The innermost frames, outermost first; file and line, never a line of source, as it may hold a literal."""
    frames = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    return [f"{code.co_filename}:{line}, {code.co_qualname}" for code, line in frames[-_MOST_FRAMES:]]


class _Lines:
    """For human eyes: one line, and under it, indented, the error."""

    def __init__(self, *, colors: bool) -> None:
        self._line = ConsoleRenderer(colors=colors, pad_event_to=0)

    def __call__(self, logger: object, method: str, entry: EventDict) -> str:
        error = entry.pop("error", None)
        return "\n".join([self._line(logger, method, entry), *(_told(error) if error else ())])


def _told(error: Mapping[str, Any], because: str = "") -> Iterator[str]:
    known = [f"{key}: {error[key]}" for key in _WORDS if key in error]
    yield f"    {because}{error['type']}{''.join(f'; {word}' for word in known)}"
    yield from (f"      {frame}" for frame in error["frames"])
    if cause := error.get("cause"):
        yield from _told(cause, "because of ")
    for one in error.get("errors", ()):
        yield from _told(one, "in it ")


_WORDS = ("text", "sentence", "operation", "code", "status", "request_id", "remedy")


class LibraryLog(logging.Handler):
    """Brings what libraries log into a `LogWriter`."""

    def __init__(self, writer: LogWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        self._writer.foreign(record)
