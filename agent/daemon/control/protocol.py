"""The language of the control socket: one JSON object in a line, asked and answered.

A request is ``{"v": 1, "verb": "ps", "args": {...}}``. Answers are any number of ``{"v": 1, "told": ...}`` while the
work goes on, and then ``{"v": 1, "result": ...}`` or ``{"v": 1, "error": {"code": ..., "sentence": ...}}``. It knows no
verb.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from agent.errors import ControlRefused

VERSION = 1
LONGEST_REQUEST = 64 * 1024
"""Bytes of one request's line; a longer one is refused unread."""
LONGEST_ANSWER = 8 * 1024 * 1024


class Code(StrEnum):
    """Why something was refused, for programs."""

    BAD_REQUEST = "bad_request"
    VERSION = "version"
    FORBIDDEN = "forbidden"
    BUSY = "busy"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    NOT_DONE = "not_done"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question or order."""

    v: int
    verb: str
    args: msgspec.Raw = msgspec.Raw(b"{}")

    def __repr__(self) -> str:
        return f"Request(v={self.v}, verb={self.verb!r})"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no result."""

    code: str
    sentence: str


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an answer; exactly one of the last three is set."""

    v: int
    told: Any = msgspec.UNSET
    result: Any = msgspec.UNSET
    error: Refusal | msgspec.UnsetType = msgspec.UNSET

    def __repr__(self) -> str:
        return f"Answer(v={self.v}, error={self.error!r})"


def ask(verb: str, args: Mapping[str, Any]) -> bytes:
    """A request's line."""
    return msgspec.json.encode({"v": VERSION, "verb": verb, "args": args}) + b"\n"


def asked(line: bytes) -> Request:
    """The request in `line`.

    Raises:
        ControlRefused: it is none, or one of another version.
    """
    try:
        request = msgspec.json.decode(line, type=Request)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ControlRefused(Code.BAD_REQUEST, "This is no request of the control socket's language.") from error
    if request.v != VERSION:
        raise ControlRefused(
            Code.VERSION, f"This worker speaks version {VERSION} of the control socket's language, not {request.v}."
        )
    return request


def told(event: object) -> bytes:
    """A line about work that goes on."""
    return _line(Answer(v=VERSION, told=event))


def result(value: object) -> bytes:
    """The last line, when it went well."""
    return _line(Answer(v=VERSION, result=value))


def refused(refusal: ControlRefused) -> bytes:
    """The last line, when it did not."""
    return _line(Answer(v=VERSION, error=Refusal(code=refusal.code, sentence=str(refusal))))


def answered(line: bytes) -> Answer:
    """The answer in `line`.

    Raises:
        ControlRefused: it is none.
    """
    try:
        return msgspec.json.decode(line, type=Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ControlRefused(Code.FAILED, "The worker's answer is unreadable; it may be of another version.") from error


def _line(answer: Answer) -> bytes:
    return msgspec.json.encode(answer) + b"\n"
