"""What systemd is told, over a real socket of its own kind."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from agent.clock import LoopClock
from agent.daemon.health_systemd import Systemd
from agent.telemetry import Happening


class Init:
    """systemd's end of the socket."""

    def __init__(self, address: str) -> None:
        self.told: list[Happening] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(address.replace("@", "\0", 1))
        self.environment = {"NOTIFY_SOCKET": address}

    def heard(self) -> list[list[str]]:
        """Every datagram since the last look."""
        found = []
        while True:
            try:
                found.append(self._socket.recv(4096).decode().split("\n"))
            except BlockingIOError:
                return found

    def close(self) -> None:
        self._socket.close()

    def daemon(self, **more: str) -> Systemd:
        return Systemd(
            {**self.environment, **more},
            status=lambda: "3 of 9 chats",
            drain_deadline=lambda: 25.0,
            clock=LoopClock(),
            report=self.told.append,
        )


@pytest.fixture(params=["path", "abstract"])
def init(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Init]:
    """Both kinds of address that systemd uses."""
    init = Init(str(tmp_path / "notify") if request.param == "path" else f"@chat-agent-{os.getpid()}")
    yield init
    init.close()


async def test_it_hears_of_the_start_of_reloads_and_of_the_stop(init: Init) -> None:
    """In the words of sd_notify(3)."""
    daemon = init.daemon()
    for name in ("health.listening", "worker.serving", "settings.reloading", "settings.rejected", "worker.draining"):
        daemon(Happening(name=name))
    ready, reloading, again, stopping = init.heard()
    assert ready == again == ["READY=1", "STATUS=3 of 9 chats"]
    assert reloading[0] == "RELOADING=1"
    name, _, number = reloading[1].partition("=")
    assert (name, int(number) > 0) == ("MONOTONIC_USEC", True)
    assert stopping == ["STOPPING=1", "STATUS=3 of 9 chats", "EXTEND_TIMEOUT_USEC=35000000"]


def test_the_watchdog_hears_twice_in_its_time(init: Init, virtually: Callable[[Any], None]) -> None:
    """From the loop itself, so that silence means a loop that hangs."""

    async def told() -> None:
        with anyio.move_on_after(59):
            await init.daemon(WATCHDOG_USEC="20000000", WATCHDOG_PID=str(os.getpid())).run()
        assert init.heard() == [["WATCHDOG=1", "STATUS=3 of 9 chats"]] * 6

    virtually(told())


@pytest.mark.parametrize("watchdog", [{}, {"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "x"}])
def test_without_a_watchdog_only_the_status_is_renewed(
    init: Init, virtually: Callable[[Any], None], watchdog: dict[str, str]
) -> None:
    """Another process's watchdog is not ours to pat."""

    async def told() -> None:
        with anyio.move_on_after(59):
            await init.daemon(**watchdog).run()
        assert init.heard() == [["STATUS=3 of 9 chats"]] * 4

    virtually(told())


async def test_a_systemd_that_is_gone_harms_nobody(init: Init) -> None:
    """It is told in the log."""
    daemon = init.daemon(NOTIFY_SOCKET="/nowhere/notify")
    daemon(Happening(name="worker.serving"))
    assert [happening.name for happening in init.told] == ["systemd.not_told"]


@pytest.mark.parametrize("address", ["", "vsock:2:1234"])
async def test_without_systemd_nothing_is_said(init: Init, address: str) -> None:
    """And no task stays."""
    daemon = init.daemon(NOTIFY_SOCKET=address)
    daemon(Happening(name="worker.serving"))
    with anyio.fail_after(30):
        await daemon.run()
    assert init.heard() == []
    assert init.told == []
