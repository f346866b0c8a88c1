"""The other end of a control socket, for commands: which workers this machine has, and one question after the other.

It blocks, as a command does nothing else. It knows no verb.
"""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from agent.daemon.control import protocol
from agent.daemon.control.place import address, sockets
from agent.daemon.control.protocol import LONGEST_ANSWER, Refusal
from agent.errors import ControlRefused, NoWorker, WorkerLost

_PATIENCE = 30.0  # seconds for a worker to answer what takes no time


class Line:
    """A connection to one worker.

    Attributes:
        name: the end of the worker's name: its process, and a number of chance.
    """

    def __init__(self, path: Path) -> None:
        """
        Raises:
            OSError: nobody listens there, or we may not speak to it.
        """
        self.name = path.stem
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_PATIENCE)
        try:
            with address(path) as where:
                self._socket.connect(where)
        except OSError:
            self._socket.close()
            raise
        self._answers = self._socket.makefile("rb")

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up; whoever waits for an answer in another thread stops waiting first."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._answers.close()
        self._socket.close()

    def ask(self, verb: str, **args: Any) -> Mapping[str, Any]:
        """The answer to a question.

        Raises:
            ControlRefused: the worker says why there is none.
            WorkerLost: it went away.
        """
        return self.last(verb, patience=_PATIENCE, **args)

    def last(self, verb: str, *, patience: float | None = None, **args: Any) -> Mapping[str, Any]:
        """As `ask`, for what takes its time."""
        *_, (_, answer) = self.follow(verb, patience=patience, **args)
        return answer

    def follow(
        self, verb: str, *, patience: float | None = None, **args: Any
    ) -> Iterator[tuple[bool, Mapping[str, Any]]]:
        """What is told while the work goes on, and at last, marked with True, the result. Raises as `ask` does."""
        self._socket.settimeout(patience)
        try:
            with suppress(BrokenPipeError):  # whoever is not let in is told so all the same
                self._socket.sendall(protocol.ask(verb, args))
            while (answer := protocol.answered(self._line())).result is msgspec.UNSET:
                if isinstance(answer.error, Refusal):
                    raise ControlRefused(answer.error.code, answer.error.sentence)
                yield False, answer.told
        except OSError as error:
            raise WorkerLost(f"Worker {self.name} went away before it had answered.") from error
        yield True, answer.result

    def _line(self) -> bytes:
        line = self._answers.readline(LONGEST_ANSWER)
        if not line.endswith(b"\n"):
            raise WorkerLost(f"Worker {self.name} went away before it had answered.")
        return line


def lines(directory: Path) -> list[Line]:
    """A connection to each worker of this machine that has its control socket in `directory`.

    Raises:
        NoWorker: there is none that we may speak to.
    """
    found: list[Line] = []
    refused = directory.exists() and not os.access(directory, os.R_OK | os.X_OK)
    for path in sockets(directory):
        try:
            found.append(Line(path))
        except PermissionError:
            refused = True
        except OSError:  # left behind by a worker that died; the next worker takes it away
            continue
    if found:
        return found
    if refused:
        raise NoWorker(f"The workers in {directory} are another user's; run this as their user.")
    raise NoWorker(
        f"No worker listens in {directory}; start 'chat-agent run' there, or name its control.directory. "
        "Where a service runs it, call the command as docs/deploy.md says."
    )
