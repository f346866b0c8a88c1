"""One run of one peer against the bare Connect: each on a core of its own, measured from outside.

It knows processes and cores, no peer and no table.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

ROOT = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LONGEST = 120.0
"""Seconds after which a run is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What the customers do. Durations are seconds."""

    name: str
    kind: str
    chats: int
    seconds: float = 4.0
    rate: float = 0.0
    latency: float = 0.0
    settle: float = 3.0
    tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A competitor: its module, and what it is told."""

    name: str
    module: str
    options: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Run:
    """What one run showed.

    Attributes:
        cpu: seconds the peer computed in the measured window.
        starting, joining: seconds the peer computed before its first call, and from then until all chats were on.
        memory: bytes that the peer holds when the window closes, and held before the first chat.
    """

    figures: dict[str, Any] = field(default_factory=dict)
    cpu: float = 0.0
    starting: float = 0.0
    joining: float = 0.0
    memory: int = 0
    before: int = 0
    failed: str = ""


def run(peer: Peer, load: Workload) -> Run:
    """Runs `peer` under `load`, once; a run that fails says so in `failed`."""
    with _server(load) as server:
        lines = _lines(server)
        serving = next(lines)
        with _started(peer, serving["url"], load, serving["certificate"]) as client:
            seen = Run()
            try:
                _watch(lines, client.pid, seen)
            except (StopIteration, OSError):
                seen.failed = f"ended with exit code {client.poll()}"
            return seen


@contextmanager
def served(load: Workload) -> Iterator[str]:
    """A bare Connect's address, for whoever measures by itself."""
    with _server(load) as server:
        yield str(next(_lines(server))["url"])


def _watch(lines: Iterator[Mapping[str, Any]], pid: int, seen: Run) -> None:
    opened = began = 0.0
    for line in lines:
        match line["what"]:
            case "first":
                seen.before, began = _memory(pid), _cpu(pid)
            case "joined":
                seen.starting, seen.joining = began, _cpu(pid) - began
                seen.figures["joined"] = line["seconds"]
            case "back":
                seen.figures["back"] = line["seconds"]
            case "open":
                opened = _cpu(pid)
            case "closed":
                seen.cpu = _cpu(pid) - opened
                seen.memory = _memory(pid)
            case "result":
                seen.figures |= line
                return
    raise StopIteration


def _lines(server: "subprocess.Popen[str]") -> Iterator[Mapping[str, Any]]:
    assert server.stdout is not None
    for line in server.stdout:
        yield json.loads(line)


@contextmanager
def _server(load: Workload) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-m", "tests.benchmarks.bare_connect", "--workload", load.kind]
    for name in ("chats", "seconds", "rate", "latency", "settle"):
        command += [f"--{name}", str(getattr(load, name))]
    if load.tls:
        command.append("--tls")
    with _pinned(command, 0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield server


@contextmanager
def _started(peer: Peer, url: str, load: Workload, certificate: str | None) -> "Iterator[subprocess.Popen[bytes]]":
    command = [sys.executable, "-m", peer.module, url, str(load.chats), *peer.options]
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": "us-east-1"}
    trust = {"AWS_CA_BUNDLE": certificate, "SSL_CERT_FILE": certificate} if certificate else {}
    with _pinned(command, -1, env={**os.environ, **keys, **trust}) as client:
        yield client


@contextmanager
def _pinned(command: list[str], core: int, **options: Any) -> Iterator[Any]:
    """A process on one core, ended on leaving, and in any case after a while."""
    cores = sorted(os.sched_getaffinity(0))
    with subprocess.Popen(["taskset", "-c", str(cores[core]), *command], cwd=ROOT, **options) as child:
        overdue = Timer(_LONGEST, child.kill)
        overdue.start()
        try:
            yield child
        finally:
            overdue.cancel()
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
