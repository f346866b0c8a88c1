"""Who is at the other end of a local socket, as the kernel knows it. It decides nothing but who may come in."""

import os
import socket
import struct
from dataclasses import dataclass
from typing import Any

_UCRED = struct.Struct("iII")  # pid, uid, gid

KNOWN_HERE = hasattr(socket, "SO_PEERCRED")
"""Whether this system tells; where it does not, there is no control socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A process and its user."""

    pid: int
    uid: int

    @property
    def may_control(self) -> bool:
        """The worker's own user, and root."""
        return self.uid in (os.geteuid(), 0)


def peer_of(connection: Any) -> Peer:
    """Who connected; the kernel noted it at that moment, and nobody can forge it."""
    pid, uid, _ = _UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    return Peer(pid=pid, uid=uid)
