"""Talks to systemd: ready, reloading, stopping, what it does now, and that its event loop still turns.

Datagrams to the socket that ``NOTIFY_SOCKET`` names [documented: sd_notify(3)]; without it nothing is said. The
watchdog's word comes from the loop itself, so that a loop that hangs is restarted. It knows no chat.
"""

import os
import socket
from collections.abc import Callable, Mapping

import anyio

from agent.clock import Clock
from agent.telemetry import Happening, Level, Report

_STATUS_EVERY = 15.0
_GRACE = 10.0


class Systemd:
    """A `Report` that passes on what systemd wants to know."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        status: Callable[[], str],
        drain_deadline: Callable[[], float],
        clock: Clock,
        report: Report,
    ) -> None:
        """
        Args:
            environment: the variables that systemd set.
            status: one line for people, shown by ``systemctl status``.
            drain_deadline: how many seconds stopping may take.
        """
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._watchdog = _watchdog(environment)
        self._status = status
        self._drain_deadline = drain_deadline
        self._clock = clock
        self._report = report

    def __call__(self, happening: Happening) -> None:
        match happening.name:
            case "worker.serving" | "settings.reloaded" | "settings.rejected":
                self._tell("READY=1", f"STATUS={self._status()}")
            case "settings.reloading":
                self._tell("RELOADING=1", f"MONOTONIC_USEC={_micro(self._clock.monotonic())}")
            case "worker.draining":
                more = _micro(self._drain_deadline() + _GRACE)
                self._tell("STOPPING=1", f"STATUS={self._status()}", f"EXTEND_TIMEOUT_USEC={more}")
            case _:
                pass

    async def run(self) -> None:
        """Pats the watchdog and renews the status line, until cancelled."""
        if self._address is None:
            return
        interval = min(_STATUS_EVERY, self._watchdog / 2 if self._watchdog else _STATUS_EVERY)
        while True:
            self._tell(*(["WATCHDOG=1"] if self._watchdog else []), f"STATUS={self._status()}")
            await anyio.sleep(interval)

    def _tell(self, *assignments: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaking:
                speaking.setblocking(False)
                speaking.sendto("\n".join(assignments).encode(), self._address)
        except OSError as error:
            self._report(Happening(name="systemd.not_told", level=Level.WARNING, error=error))


def _address(named: str) -> str | None:
    """A path, or an abstract name, which systemd writes with ``@``; other kinds are for virtual machines."""
    if named.startswith("@"):
        return f"\0{named[1:]}"
    return named if named.startswith("/") else None


def _watchdog(environment: Mapping[str, str]) -> float:
    """Seconds within which systemd wants to hear from this process; 0 when it does not."""
    wanted, whose = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    ours = whose in {"", str(os.getpid())}
    return int(wanted) / 1e6 if ours and wanted.isdigit() else 0.0


def _micro(seconds: float) -> int:
    return int(seconds * 1e6)
