"""Where the control sockets of one machine's workers are: a directory of its owner alone, one socket for each worker.

A socket appears under its name only when somebody listens, so one on which nobody does was left behind by a worker that
died, and is taken away. It knows paths and sockets, not what is said.
"""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agent.errors import InvalidSetting

SUFFIX = ".sock"
_LONGEST_ADDRESS = 100


def prepared(directory: Path) -> Path:
    """`directory`, made if need be, and its owner's alone.

    Raises:
        InvalidSetting: it cannot be made, is another user's, or others may look into it.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.lstat()
    except OSError as error:
        raise InvalidSetting("control.directory", f"{directory} cannot be made ({error.strerror}).") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise InvalidSetting(
            "control.directory", f"{directory} must be a directory of this user alone; 'chmod 700' it or name another."
        )
    return directory


def sockets(directory: Path) -> list[Path]:
    """The sockets in `directory`, in order; those of dead workers too."""
    try:
        return sorted(path for path in directory.iterdir() if path.suffix == SUFFIX)
    except OSError:
        return []


def sweep(directory: Path) -> int:
    """Takes away what dead workers left; how many there were."""
    return sum(_taken_away(path) for path in sockets(directory))


def _taken_away(path: Path) -> bool:
    if not is_left_behind(path):
        return False
    with suppress(FileNotFoundError):
        path.unlink()
    return True


def is_left_behind(path: Path) -> bool:
    """Whether nobody listens there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, address(path) as where:
        probe.settimeout(1)
        try:
            probe.connect(where)
        except ConnectionRefusedError:
            return True
        except OSError:  # busy, or no socket at all: not ours to take away
            return False
    return False


@contextmanager
def address(path: Path) -> Iterator[str]:
    """`path` as a socket's address, which may not be longer than about a hundred bytes; a longer one goes by its
    directory's descriptor."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    descriptor = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{path.name}"
    finally:
        os.close(descriptor)
