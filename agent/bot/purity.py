"""Watching a replay for calls that cannot give the same twice: clocks, randomness, fresh ids.

Only direct calls from an author's code count; a logger may read the clock as it likes. The watch uses the interpreter's
profiling hook, which is why it runs during replays alone and gives the hook back.
"""

import datetime as dt
import os
import random
import sys
import sysconfig
import time
import uuid
from pathlib import Path
from types import FrameType
from typing import Any

_OWN = str(Path(__file__).parents[1])
_FOREIGN = tuple({_OWN, sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
_CLOCKS = {
    time.time: "time.time()",
    time.time_ns: "time.time_ns()",
    time.monotonic: "time.monotonic()",
    time.monotonic_ns: "time.monotonic_ns()",
    time.perf_counter: "time.perf_counter()",
    time.localtime: "time.localtime()",
    time.gmtime: "time.gmtime()",
    os.urandom: "os.urandom()",
    random.random: "random.random()",
}
_CLASSES: dict[tuple[object, str], str] = {
    (dt.datetime, "now"): "datetime.now()",
    (dt.datetime, "utcnow"): "datetime.utcnow()",
    (dt.datetime, "today"): "datetime.today()",
    (dt.date, "today"): "date.today()",
}
_MODULES = {random.__file__: "random", uuid.__file__: "uuid"}
_FRESH = {"uuid1", "uuid4", "uuid6", "uuid7"}


class Watch:
    """Notes impure calls between `start` and `stop`; `seen` names each with its place."""

    __slots__ = ("_before", "_home", "over", "seen")

    def __init__(self, home: str) -> None:
        """`home` is the file of the dialog: it counts as the author's wherever it is installed."""
        self.seen: list[str] = []
        self._home = home
        self.over = False
        self._before: Any = None

    def start(self) -> None:
        if not self.over:
            self._before = sys.getprofile()
            sys.setprofile(self._look)

    def stop(self) -> None:
        if sys.getprofile() == self._look:
            sys.setprofile(self._before)

    def finish(self) -> None:
        """The replay has caught up: what comes now is live."""
        self.stop()
        self.over = True

    def _look(self, frame: FrameType, event: str, argument: Any) -> None:  # pragma: no cover - tracers see no profiler
        if event == "c_call":
            if name := _impure_builtin(argument):
                self._note(frame, name)
        elif event == "call" and (module := _MODULES.get(frame.f_code.co_filename)) and frame.f_back is not None:
            fresh = _shared(frame) if module == "random" else frame.f_code.co_name in _FRESH
            if fresh:
                self._note(frame.f_back, f"{module}.{frame.f_code.co_name}()")

    def _note(self, caller: FrameType, name: str) -> None:  # pragma: no cover - as above
        file = caller.f_code.co_filename
        if file != self._home and file.startswith(_FOREIGN):
            return
        seen = f"{name} at {Path(file).name}:{caller.f_lineno}"
        if seen not in self.seen:
            self.seen.append(seen)


def _impure_builtin(function: Any) -> str | None:  # pragma: no cover - as above
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type):
        return next(
            (name for (cls, called), name in _CLASSES.items() if owner is cls and function.__name__ == called), None
        )
    try:
        return _CLOCKS.get(function)
    except TypeError:
        return None


def _shared(frame: FrameType) -> bool:  # pragma: no cover - as above
    """Whether the generator is the module's own or the system's: one that an author seeded gives the same again."""
    generator = frame.f_locals.get("self")
    return isinstance(generator, random.SystemRandom) or generator is getattr(random.random, "__self__", None)
