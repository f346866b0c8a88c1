"""Durations as an author writes them: seconds, a timedelta or words like ``"2h 30m"``. It knows nothing else."""

import math
import re
from datetime import timedelta
from typing import TypeAlias

from agent.errors import BotError

Duration: TypeAlias = float | int | timedelta | str

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WRITE = "write seconds, a timedelta or words like '90s', '5m' or '2h 30m'."
_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")


def seconds(duration: Duration) -> float:
    """`duration` in seconds.

    Raises:
        BotError: it is negative or endless, or no duration at all.
    """
    amount = _amount(duration)
    if amount < 0:
        raise BotError(f"{duration!r} is negative; a duration is zero or more.")
    return amount


def _amount(duration: Duration) -> float:
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    if isinstance(duration, str):
        return _words(duration)
    try:
        amount = float(duration)
    except (TypeError, ValueError, OverflowError):
        raise BotError(f"A {type(duration).__name__} is no duration; {_WRITE}") from None
    if not math.isfinite(amount):
        raise BotError(f"{duration!r} is no duration; {_WRITE}")
    return amount


def _words(text: str) -> float:
    end, total = 0, 0.0
    while found := _PART.match(text, end):
        total += float(found[1]) * _UNITS[found[2]]
        end = found.end()
    if end == 0 or text[end:].strip():
        raise BotError(f"{text!r} is no duration; {_WRITE}")
    return total
