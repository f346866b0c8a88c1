"""One thing that happened, worth a log line or a counter.

Fields are numbers, ids and fixed words; never a token, never a customer's words. An error is carried as the exception
itself: what of it may be shown is decided by whoever writes it down.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import TypeAlias

import msgspec

from agent.ids import ContactKey


class Level(IntEnum):
    """How loud, as in `logging`."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is dotted and fixed, like ``link.reconnected``; `contact` is the chat it happened in, if any."""

    name: str
    level: Level = Level.INFO
    contact: ContactKey | None = None
    fields: Mapping[str, str | int | float] = msgspec.field(default_factory=dict)
    error: BaseException | None = None


Report: TypeAlias = Callable[[Happening], None]


def silent(happening: Happening) -> None:
    """The hook for those who do not care."""
