"""Who ordered what, when, on which chat, and how that went: one JSON line for each order. Never what was said."""

import os
from pathlib import Path
from types import TracebackType

import msgspec

from agent.clock import Clock, timestamp
from agent.daemon.control.peer import Peer
from agent.errors import InvalidSetting
from agent.ids import ContactKey, WorkerId


class Audit:
    """An open audit log, appended to by all workers of the machine; a line is written at once, whole."""

    def __init__(self, path: Path, *, worker: WorkerId, clock: Clock) -> None:
        """
        Raises:
            InvalidSetting: the file cannot be written.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise InvalidSetting("control.audit", f"{path} cannot be written ({error.strerror}).") from error
        self._worker = worker
        self._clock = clock

    def __enter__(self) -> "Audit":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        os.close(self._file)

    def write(self, peer: Peer, verb: str, contact: ContactKey | None, outcome: str) -> None:
        """Notes one order. Raises OSError."""
        line = {
            "at": timestamp(self._clock.now()),
            "uid": peer.uid,
            "pid": peer.pid,
            "verb": verb,
            "contact_id": contact.contact_id if contact else None,
            "instance_id": contact.instance_id if contact else None,
            "result": outcome,
            "worker": self._worker,
        }
        os.write(self._file, msgspec.json.encode(line) + b"\n")
