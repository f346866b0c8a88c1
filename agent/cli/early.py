"""A stop that comes before anything is served: it ends the command at once, and in order, as nothing is open yet.

It knows neither the event loop nor what is about to serve; whoever attends a worker heeds signals from then on.
"""

import signal
from types import FrameType
from typing import NoReturn


class StoppedEarly(BaseException):
    """Not an exit: one of these would be a mistake of the bot that is being imported."""


def stop_early() -> None:
    """From now on SIGINT and SIGTERM end the command, until somebody else heeds them."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)


def reload_later() -> None:
    """From now on SIGHUP ends nothing, until somebody heeds it: whoever only begins reads the settings yet."""
    signal.signal(signal.SIGHUP, lambda number, frame: None)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise StoppedEarly
