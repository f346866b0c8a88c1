"""Real processes for the command's tests: started, read, signalled and always ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from queue import Queue
from threading import Condition, Thread
from typing import Any

import pytest

from agent.cli.ending import outcome

BOUND = 50.0
"""Seconds that a process may take for anything; only ever reached when something is broken."""


_OTHERS = ("CHAT_AGENT_", "AWS_", "XDG_RUNTIME_DIR")


class Running:
    """A started ``chat-agent``. Every wait is bounded."""

    def __init__(
        self, *arguments: str, cwd: Path, env: dict[str, str], read_output: bool = True, errors_until: str | None = None
    ) -> None:
        """With `errors_until` nobody reads standard error any more after a line that holds this text."""
        self.directory = env.get("XDG_STATE_HOME", "")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "agent", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env=env,
        )
        self._lines: Queue[str | None] = Queue()
        self._errors: list[str] = []
        self._told = Condition()
        self._errors_until = errors_until
        readers = [self._read_errors, *([self._read_output] if read_output else [])]
        self._threads = [Thread(target=reader) for reader in readers]
        for thread in self._threads:
            thread.start()

    def _read_output(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            with self._told:
                self._errors.append(line)
                self._told.notify_all()
            if self._errors_until is not None and self._errors_until in line:
                self.process.stderr.close()
                return

    def line(self) -> str:
        """The next line of standard output."""
        line = self._lines.get(timeout=BOUND)
        assert line is not None, f"the output ended; errors: {self.errors}"
        return line

    def rest(self) -> list[str]:
        """All further lines, once the process has ended."""
        self.process.wait(BOUND)
        return list(iter(lambda: self._lines.get(timeout=BOUND), None))

    @property
    def errors(self) -> str:
        return "".join(self._errors)

    def logged(self, text: str) -> None:
        """Returns when `text` stands on standard error."""
        with self._told:
            assert self._told.wait_for(lambda: text in self.errors, BOUND), f"{text!r} was not logged: {self.errors}"

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self) -> int:
        """The exit code."""
        code = self.process.wait(BOUND)
        for thread in self._threads:
            thread.join(BOUND)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.ended()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


@pytest.fixture
def started(tmp_path: Path, measured: Mapping[str, str]) -> Iterator[Callable[..., Running]]:
    """Starts ``chat-agent`` with the given arguments, in a directory of its own."""
    running: list[Running] = []

    def start(*arguments: str, read_output: bool = True, errors_until: str | None = None, **variables: str) -> Running:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
        home = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state"), "AWS_EC2_METADATA_DISABLED": "true"}
        env = {**clean, **home, **measured, **variables}
        reading = {"read_output": read_output, "errors_until": errors_until}
        running.append(Running(*arguments, cwd=tmp_path, env=env, **reading))
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture
def finished(started: Callable[..., Any]) -> Callable[..., tuple[int, list[str], str]]:
    """Runs ``chat-agent`` to its end with `text` on standard input: exit code, output lines, errors."""

    def run(*arguments: str, text: str = "", **variables: str) -> tuple[int, list[str], str]:
        command = started(*arguments, **variables)
        command.process.stdin.write(text)
        command.process.stdin.close()
        code = command.ended()
        return code, command.rest(), command.errors

    return run


@pytest.fixture
def quickly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a ``chat-agent`` that fails before it serves, in this process: exit code, output, errors."""
    monkeypatch.setattr("agent.cli.app.stop_early", lambda: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["chat-agent", *arguments])
        code = outcome()
        return code, *capfd.readouterr()

    return run
