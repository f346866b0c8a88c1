"""One run of one peer against the bare Connect: each on a core of its own, measured from outside.

It knows processes and cores, no peer and no table.
"""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from threading import Thread, Timer
from typing import Any

import boto3
import botocore.httpsession

from agent.aws.dynamodb.design import creation

ROOT = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_REGION = "us-east-1"
_SIGNING = {"region_name": _REGION, "aws_access_key_id": "bench", "aws_secret_access_key": "bench"}
_LONGEST, _LONGEST_JOIN = 90.0, 0.03
"""Seconds after which a run is given up; and for each of its chats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What the customers do. Durations are seconds.

    Attributes:
        seconds: how long the measured window is open.
        rest: how long idle chats are watched before anybody writes.
        rate: messages per second of all customers together, where the kind is ``offered``.
    """

    name: str
    kind: str
    chats: int
    seconds: float = 3.0
    rate: float = 0.0
    latency: float = 0.0
    settle: float = 2.0
    rest: float = 10.0
    tls: bool = False

    @property
    def longest(self) -> float:
        """After so many seconds a run is given up."""
        return _LONGEST + _LONGEST_JOIN * self.chats


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
        resting: seconds the peer computed while nobody wrote.
        starting, joining: seconds the peer computed before its first call, and from then until all chats were on.
        memory: bytes that the peer holds with all chats on, and held before the first chat.
    """

    figures: dict[str, Any] = field(default_factory=dict)
    cpu: float = 0.0
    resting: float = 0.0
    starting: float = 0.0
    joining: float = 0.0
    memory: int = 0
    before: int = 0
    failed: str = ""


_FAILURES = (StopIteration, OSError, ValueError, KeyError, subprocess.SubprocessError)


def run(peer: Peer, load: Workload) -> Run:
    """Runs `peer` under `load`, once; a run that fails says so in `failed`, and nothing else is said of it."""
    try:
        with ExitStack() as stack:
            server = stack.enter_context(_server(load))
            lines = _lines(server)
            serving = next(lines)
            aside = stack.enter_context(_aside(peer, serving["certificate"]))
            client = stack.enter_context(_started(peer, serving["url"], load, aside))
            Thread(target=_follow, args=(client, server), daemon=True).start()
            return _watched(lines, client)
    except _FAILURES as error:
        return Run(failed=f"could not be held: {type(error).__name__} {error}")


def _follow(client: "subprocess.Popen[bytes]", server: "subprocess.Popen[str]") -> None:
    """The server waits for whoever joins; a peer that is no more never will."""
    client.wait()
    server.terminate()


def _watched(lines: Iterator[Mapping[str, Any]], client: "subprocess.Popen[bytes]") -> Run:
    seen = Run()
    try:
        _watch(lines, client.pid, seen)
    except _FAILURES as error:
        ended = client.poll()
        return Run(failed=f"failed: {type(error).__name__} {error}" if ended is None else f"ended with {ended}")
    return seen


@contextmanager
def served(load: Workload) -> Iterator[str]:
    """A bare Connect's address, for whoever measures by itself."""
    with _server(load) as server:
        yield str(next(_lines(server))["url"])


def _watch(lines: Iterator[Mapping[str, Any]], pid: int, seen: Run) -> None:
    before = 0.0
    for line in lines:
        match line["what"]:
            case "first":
                seen.before, seen.starting = _memory(pid), _cpu(pid)
            case "joined":
                seen.joining = _cpu(pid) - seen.starting
                seen.figures["joined"] = line["seconds"]
            case "back":
                seen.figures["back"] = line["seconds"]
            case "open" | "resting":
                before = _cpu(pid)
            case "rested":
                seen.resting, seen.memory = _cpu(pid) - before, _memory(pid)
                seen.figures["rested"] = line["seconds"]
            case "closed":
                seen.cpu, seen.memory = _cpu(pid) - before, seen.memory or _memory(pid)
            case "result":
                seen.figures |= line
                return
    raise StopIteration("the server fell silent")


def _lines(server: "subprocess.Popen[str]") -> Iterator[Mapping[str, Any]]:
    assert server.stdout is not None
    for line in server.stdout:
        yield json.loads(line)


@contextmanager
def _server(load: Workload) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-m", "tests.benchmarks.bare_connect", "--workload", load.kind]
    for name in ("chats", "seconds", "rate", "latency", "settle", "rest"):
        command += [f"--{name}", str(getattr(load, name))]
    if load.tls:
        command.append("--tls")
    with _pinned(command, 0, load.longest, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield server


@contextmanager
def _aside(peer: Peer, certificate: str | None) -> Iterator[dict[str, str]]:
    """What else a peer may need, as its environment names it: a folder on this disk, not in memory; trust; a table."""
    with ExitStack() as stack:
        (ROOT / "build").mkdir(exist_ok=True)
        aside = {"BENCH_FOLDER": stack.enter_context(TemporaryDirectory(dir=ROOT / "build", prefix="bench-"))}
        if certificate:
            bundle = stack.enter_context(_trusted(certificate))
            aside |= {"AWS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle}
        if "dynamodb" in peer.options:
            aside["BENCH_DYNAMODB"] = stack.enter_context(_table())
        yield aside


@contextmanager
def _table() -> Iterator[str]:
    """Moto's DynamoDB, on the server's core: its address, and the name of an empty table there."""
    moto = [sys.executable, "-m", "tests.aws.moto"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with _pinned(moto, 0, _LONGEST, **pipes) as server:
        url = server.stdout.readline().strip()
        client = boto3.client("dynamodb", endpoint_url=url, **_SIGNING)
        client.create_table(**creation("bench"))
        client.close()
        yield f"{url} bench"


@contextmanager
def _trusted(certificate: str) -> Iterator[str]:
    """A file of everybody whom this system trusts, and the server: whoever reads it pays what he pays at home."""
    system = ssl.get_default_verify_paths().cafile or botocore.httpsession.where()
    with NamedTemporaryFile("w", suffix=".pem", encoding="utf-8") as bundle:
        for path in (system, certificate):
            bundle.write(Path(path).read_text(encoding="utf-8") + "\n")
        bundle.flush()
        yield bundle.name


@contextmanager
def _started(peer: Peer, url: str, load: Workload, aside: Mapping[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    command = [sys.executable, "-m", peer.module, url, str(load.chats), *peer.options]
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": _REGION}
    with _pinned(command, -1, load.longest, env={**os.environ, **keys, **aside}) as client:
        yield client


@contextmanager
def _pinned(command: list[str], core: int, longest: float, **options: Any) -> Iterator[Any]:
    """A process on one core, ended on leaving, and in any case after a while."""
    cores = sorted(os.sched_getaffinity(0))
    with subprocess.Popen(["taskset", "-c", str(cores[core]), *command], cwd=ROOT, **options) as child:
        overdue = Timer(longest, child.kill)
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
