"""A terminal that follows a page: commands are typed as they stand there, files are written as they are shown.

What a page cannot have here is put in its place: packages come from the surrounding environment instead of a registry,
and ports are free ones. Commands that never end are started, waited for until they say that they are ready, and
ended by Ctrl-C.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

PATIENCE = 120
DAEMONS = {"chat-agent dev": "http://", "chat-agent emulator": "http://", "chat-agent run": "source.listening"}
_SHIM = '#!/bin/sh\nexec "{python}" -m {module} "$@"\n'
_OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NO_COLOR": "1"}


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Terminal:
    """Where a reader types."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("AWS_", "CHAT_AGENT_"))}
        self._variables = kept | _OFFLINE
        self._ports: dict[str, str] = {}

    def types(self, command: str) -> str:
        """What the command prints; one that fails fails the test."""
        if found := re.fullmatch(r"cd (\S+)", command):
            self.cwd = (self.cwd / found[1]).resolve()
            return ""
        if found := re.fullmatch(r"\. (\S+)/bin/activate", command):
            self._variables["PATH"] = f"{self.cwd / found[1] / 'bin'}{os.pathsep}{self._variables['PATH']}"
            return ""
        return self._run(re.sub(r"^python3\.11 ", f"{sys.executable} ", command))

    def _run(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.cwd,
            env=self._variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        if found := re.search(r" -m venv (\S+)$", command):
            self._furnish(self.cwd / found[1])
        return done.stdout

    def _furnish(self, environment: Path) -> None:
        """Lets a fresh environment see the packages of this one, as if they had been downloaded."""
        site = next(environment.glob("lib/python*/site-packages"))
        (site / "outer.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
        for command, module in {"chat-agent": "agent", "pytest": "pytest"}.items():
            shim = environment / "bin" / command
            shim.write_text(_SHIM.format(python=environment / "bin" / "python", module=module))
            shim.chmod(0o755)

    @contextmanager
    def starts(self, command: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """Starts what never ends; yields it and the line that says that it is ready; ended by Ctrl-C, in order."""
        port = re.sub(r"4510", lambda found: self._port(found[0]), command)
        words = f"{port} --port 0" if command.startswith("chat-agent dev") else port
        started = subprocess.Popen(
            ["bash", "-c", f"exec {words}"],
            cwd=self.cwd,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            ready = next(mark for words, mark in DAEMONS.items() if command.startswith(words))
            yield started, until(started, ready)
            started.send_signal(signal.SIGINT)
            rest = started.communicate(timeout=PATIENCE)[0]
            assert started.returncode == 0, rest
        finally:
            started.kill()
            started.communicate()

    def _port(self, shown: str) -> str:
        return self._ports.setdefault(shown, str(free_port()))


def until(started: subprocess.Popen[str], word: str) -> str:
    """The first line from now on that holds `word`; what does not say it in a minute is killed."""
    assert started.stdout is not None
    said = []
    impatience = Timer(60, started.kill)
    impatience.start()
    try:
        for line in started.stdout:
            said.append(line)
            if word in line:
                return line
    finally:
        impatience.cancel()
    raise AssertionError(f"{word!r} was not said:\n{''.join(said)}")
