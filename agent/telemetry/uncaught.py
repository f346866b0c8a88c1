"""What nobody catches, in a thread of a bot's or while an object goes, as a line of the log.

Python itself would print such an error with its text, which may quote a customer.
"""

import sys
import threading
from collections.abc import Callable


def watch_uncaught(tell: Callable[[str, BaseException], None]) -> None:
    """From now on, until the process ends, `tell` is told where it was (a fixed word) and what."""

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            tell("thread", args.exc_value)

    def nowhere(args: "sys.UnraisableHookArgs") -> None:
        if args.exc_value is not None:
            tell("cleaning up", args.exc_value)

    threading.excepthook = in_thread
    sys.unraisablehook = nowhere
