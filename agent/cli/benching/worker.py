"""The bot in a process of its own: a real worker, told nothing but where the local Amazon Connect is.

The operator's settings are left out, so that nothing but this machine is spoken to. It counts what the log says of
failed turns, and what the process uses.
"""

import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE
from tempfile import TemporaryDirectory

import anyio
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream

from agent.cli.benching.figures import Tally, Usage
from agent.emulator import INSTANCE_ID, Emulator
from agent.errors import TargetBroken

_FAREWELL = 30.0
_STANDARD_ERROR = 2  # what a bot prints must not stand among the figures


class BotProcess:
    """A running ``chat-agent run``."""

    def __init__(self, process: Process, tally: Tally) -> None:
        self._process = process
        self._tally = tally
        self._before: tuple[float, int] | None = None

    async def ends(self) -> None:
        """Returns never, but for a worker that ends by itself. Raises TargetBroken; its own words are on the log."""
        code = await self._process.wait()
        raise TargetBroken(f"The worker ended with exit code {code} before the bench was over; see above.", "")

    async def follow_log(self) -> None:
        """Counts failed turns and passes everything else on."""
        assert self._process.stderr  # noqa: S101 - it was asked for
        rest = ""
        async for text in TextReceiveStream(self._process.stderr, errors="replace"):
            *lines, rest = (rest + text).split("\n")
            for line in lines:
                self._read(line)
        self._read(rest)

    def _read(self, line: str) -> None:
        if _event(line) == "turn.failed":
            self._tally.failed += 1
        elif line:
            sys.stderr.write(f"{line}\n")

    def used(self) -> tuple[float, int] | None:
        """CPU seconds and bytes until now; None without psutil."""
        try:
            import psutil
        except ImportError:
            return None
        known = psutil.Process(self._process.pid)
        times = known.cpu_times()
        return times.user + times.system, known.memory_info().rss

    def usage(self, empty: tuple[float, int] | None, begun: tuple[float, int] | None) -> Usage:
        """What was used since `begun`, and held more than when it was `empty`."""
        now = self.used()
        if now is None or empty is None or begun is None:
            return Usage()
        return Usage(cpu=now[0] - begun[0], memory=max(0, now[1] - empty[1]), resident=now[1])


@asynccontextmanager
async def bot_process(
    connect: Emulator, target: str, *, middleware: Sequence[str], chats: int, tally: Tally
) -> AsyncIterator[BotProcess]:
    """The worker of `target`, started; ended in order on the way out, and killed when it does not end."""
    with TemporaryDirectory(prefix="chat-agent-bench-") as folder:
        file = Path(folder) / "bench.toml"
        file.write_text(_settings(connect, target, middleware, chats), encoding="utf-8")
        command = [sys.executable, "-m", "agent", "run", "--config", str(file)]
        process = await anyio.open_process(
            command, stdin=DEVNULL, stdout=_STANDARD_ERROR, stderr=PIPE, env=_environment()
        )
        try:
            yield BotProcess(process, tally)
        finally:
            with anyio.CancelScope(shield=True):
                await _end(process)


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    with anyio.move_on_after(_FAREWELL) as bound:
        await process.wait()
    if bound.cancelled_caught:
        process.kill()
        await process.wait()
    await process.aclose()


def _settings(connect: Emulator, target: str, middleware: Sequence[str], chats: int) -> str:
    """As a file: what is not named has its default, whatever the operator's own file says."""
    sections: dict[str, dict[str, object]] = {
        "bot": {"target": target, "middleware": list(middleware)},
        "connect": {"endpoint_url": connect.url, "instance": INSTANCE_ID, "region": connect.settings.region_name},
        "source": {"kind": "local"},
        "store": {"kind": "memory"},
        "worker": {"max_chats": chats * 2, "drain_deadline": 5.0},
        "pacing": {"enabled": False},
        "control": {"enabled": False},
        "logging": {"level": "error", "format": "json"},
    }
    lines = [
        line
        for name, values in sections.items()
        for line in (f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()))
    ]
    return "\n".join(lines)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHAT_AGENT_", "AWS_"))}
    return kept | {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}


def _event(line: str) -> str | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found.get("event") if isinstance(found, dict) else None
