"""The two processes of a soak, an Amazon Connect and a daemon on its chats, each started, found and ended here."""

import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from subprocess import DEVNULL, PIPE

import anyio
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream

ROOT = Path(__file__).parents[2]
_WEATHER = Path(__file__).parent / "weather.toml"
_WITHIN = 120.0
_SERVES = {"health.listening", "worker.serving"}
_OTHERS = ("CHAT_AGENT_", "AWS_", "XDG_")


@asynccontextmanager
async def connect_on_stage() -> AsyncIterator[str]:
    """An Amazon Connect in mild weather, in a process of its own; its address."""
    command = [sys.executable, "-m", "agent", "emulator", "--port", "0", "--weather", str(_WEATHER)]
    async with await anyio.open_process(command, cwd=ROOT, stdout=PIPE, stderr=DEVNULL) as process:
        try:
            yield await _first_line(process)
        finally:
            await _ended(process)


async def _first_line(process: Process) -> str:
    assert process.stdout
    with anyio.fail_after(_WITHIN):
        async for text in TextReceiveStream(process.stdout):
            return text.split()[0].rstrip("/")
    raise RuntimeError("the local Amazon Connect did not start")


@dataclass(slots=True)
class Daemon:
    """A running ``chat-agent run``. `code` is its exit code, once it has ended."""

    process: Process
    log: Path
    metrics: str = ""
    code: int | None = None

    def lines(self) -> list[dict[str, object]]:
        """What it has logged so far; what is no JSON is shown as such."""
        return [_read(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    async def listening(self) -> None:
        """Returns when it serves, and its metrics can be read."""
        with anyio.fail_after(_WITHIN):
            while not (told := self._told()).keys() >= _SERVES:
                if self.process.returncode is not None:
                    raise RuntimeError(f"the daemon ended before it served: {self.log.read_text(encoding='utf-8')}")
                await anyio.sleep(0.05)
        self.metrics = str(told["health.listening"]["address"])

    def _told(self) -> dict[object, dict[str, object]]:
        return {line["event"]: line for line in self.lines()}

    async def stop(self) -> None:
        """SIGTERM, and then its end."""
        self.code = await _ended(self.process)


@asynccontextmanager
async def daemon_on_stage(url: str, directory: Path, *, chats: int) -> AsyncIterator[Daemon]:
    """A daemon with an SQLite store below `directory` on the chats of the Amazon Connect at `url`."""
    settings, log = directory / "soak.toml", directory / "daemon.log"
    settings.write_text(_SETTINGS.format(chats=chats + chats // 4 + 10, quick=10 * chats), encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    home = {"HOME": str(directory), "XDG_STATE_HOME": str(directory), "AWS_EC2_METADATA_DISABLED": "true"}
    with log.open("wb") as errors:
        process = await anyio.open_process(
            [*_command(url, directory), "--config", str(settings)],
            cwd=ROOT,
            env={**clean, **home, "PYTHONPATH": str(ROOT)},
            stdout=DEVNULL,
            stderr=errors,
        )
    async with process:
        daemon = Daemon(process, log)
        try:
            await daemon.listening()
            yield daemon
        finally:
            await daemon.stop()


def _command(url: str, directory: Path) -> Sequence[str]:
    where = ["--endpoint-url", url, "--store-path", str(directory / "soak.sqlite3")]
    shown = ["--health-port", "0", "--log-format", "json", "--log-level", "info"]
    return [sys.executable, "-m", "agent", "run", "tests.soak.bot:bot", "--source", "local", *where, *shown]


_SETTINGS = """
[worker]
max_chats = {chats}

[pacing]
create_participant = {{ rate = {quick}, burst = {quick} }}
create_participant_connection = {{ rate = {quick}, burst = {quick} }}
send_message = {{ rate = {quick}, burst = {quick} }}
send_event = {{ rate = {quick}, burst = {quick} }}
get_transcript = {{ rate = {quick}, burst = {quick} }}
disconnect_participant = {{ rate = {quick}, burst = {quick} }}
describe_contact = {{ rate = {quick}, burst = {quick} }}
"""


def _read(line: str) -> dict[str, object]:
    try:
        read = json.loads(line)
    except ValueError:
        return {"event": "no JSON", "level": "error", "line": line}
    return read if isinstance(read, dict) else {"event": "no JSON", "level": "error", "line": line}


async def _ended(process: Process) -> int:
    if process.returncode is None:
        process.send_signal(SIGTERM)
        with anyio.move_on_after(_WITHIN, shield=True):
            return await process.wait()
        process.kill()
    return await process.wait()
