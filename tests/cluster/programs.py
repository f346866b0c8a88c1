"""Programs as processes of their own: started, signalled by id, and always ended.

Each is a session of its own, so that Ctrl-C reaches only who started it; and the kernel kills it when that one dies in
any other way. What they write goes into files. It does not know what they do.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import anyio
import anyio.to_thread

ROOT = Path(__file__).parents[2]
BOUND = 60.0
"""Seconds that a program may take to start or to end."""
_FOREIGN = ("CHAT_AGENT_", "AWS_", "XDG_", "PYTEST_", "OTEL_")
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class Program:
    """``python -m`` something.

    Attributes:
        log: what it writes to standard error.
    """

    def __init__(self, *arguments: str, log: Path, variables: Mapping[str, str], listens: bool = False) -> None:
        """`listens` is for one that ends when its standard input does."""
        self.log = log
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        with log.open("ab") as errors:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env={**kept, **variables},
                stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def code(self) -> int | None:
        """The exit code, once it has ended."""
        return self._popen.poll()

    @property
    def pid(self) -> int:
        """Its number among the machine's processes."""
        return self._popen.pid

    def signal(self, number: signal.Signals) -> None:
        """Harmless when it has ended."""
        self._popen.send_signal(number)

    async def first_line(self) -> str:
        """What it prints first: an address. Raises RuntimeError when it ends or stays silent instead."""
        assert self._popen.stdout is not None
        with anyio.move_on_after(BOUND):
            line = await anyio.to_thread.run_sync(self._popen.stdout.readline, abandon_on_cancel=True)
            if line:
                return line.decode().strip()
        raise RuntimeError(f"{self._popen.args!r} did not start: {self.log.read_text()[-2000:]}")

    async def ended(self, within: float = BOUND) -> int | None:
        """Its exit code, or None if it goes on for longer than `within`."""
        with anyio.move_on_after(within):
            while (code := self.code) is None:
                await anyio.sleep(0.05)
            return code
        return None

    def close(self) -> None:
        """Killed if it is still there, and reaped."""
        if self.code is None:
            self._popen.kill()
        self._popen.wait()
        for stream in (self._popen.stdin, self._popen.stdout):
            if stream:
                stream.close()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
