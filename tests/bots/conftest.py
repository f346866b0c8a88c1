"""What the tests of bots share: a backend in a process of its own, and the daemon in another."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an HTTP backend in a process of its own, see `backend.py`."""
    command = [sys.executable, str(Path(__file__).parent / "backend.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.kill()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[str, str], None]]:
    """Starts the daemon for a bot against the local Amazon Connect at an address; it is killed at the end."""
    running: list[subprocess.Popen[bytes]] = []

    def serve(target: str, url: str) -> None:
        command = [sys.executable, "-m", "agent", "run", target, "--source", "local", "--endpoint-url", url]
        with (tmp_path / "log").open("wb") as log:
            running.append(subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log))

    yield serve
    for process in running:
        process.kill()
        process.wait()
