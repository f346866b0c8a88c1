"""What is compared: peers, workloads, rounds. It measures and keeps; it judges nothing.

Peers take turns within a round, so that whatever else the machine does meets them all.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from tests.benchmarks.race import Peer, Run, Workload, run

PRODUCT = Peer(name="product", module="tests.benchmarks.peers.product")
ASYNCIO = Peer(name="product, no uvloop", module="tests.benchmarks.peers.product", options=("asyncio",))
SQLITE = Peer(name="product, SQLite", module="tests.benchmarks.peers.product", options=("sqlite",))
PROMPT = Peer(name="product, no reorder window", module="tests.benchmarks.peers.product", options=("prompt",))
NAIVE = Peer(name="naive", module="tests.benchmarks.peers.naive")
THREADS = Peer(name="threads", module="tests.benchmarks.peers.threads")
LIMIT = Peer(name="limit", module="tests.benchmarks.peers.limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One workload, and who takes part."""

    load: Workload
    peers: tuple[Peer, ...]
    rounds: int = 3


@dataclass(slots=True, kw_only=True)
class Result:
    """All runs of one peer under one workload."""

    workload: str
    peer: str
    chats: int
    runs: list[dict[str, Any]] = field(default_factory=list)

    def median(self, figure: str) -> float | None:
        """The median of a figure over the runs that have it."""
        known = [each[figure] for each in self.runs if each.get(figure) is not None]
        return median(known) if known else None

    def spread(self, figure: str) -> tuple[float, float] | None:
        """Its least and its greatest value."""
        known = [each[figure] for each in self.runs if each.get(figure) is not None]
        return (min(known), max(known)) if known else None


def contests(*, rounds: int, short: bool) -> list[Contest]:
    """The whole suite, or a short form of it that only shows that everything runs."""
    everyone = (PRODUCT, NAIVE, LIMIT)
    seconds = 1.0 if short else 4.0
    sizes = (20,) if short else (50, 500, 2_000)
    crowd = 20 if short else 500
    idle = (50,) if short else (1_000, 10_000)
    rate, beats = (50.0, 2.0) if short else (400.0, 30.0)

    def contest(name: str, kind: str, chats: int, *peers: Peer, **more: Any) -> Contest:
        load = Workload(name=name, kind=kind, chats=chats, **{"seconds": seconds, **more})
        return Contest(load=load, peers=peers or everyone, rounds=rounds)

    found = [contest(f"saturation, {size} chats", "saturation", size) for size in sizes]
    found += [
        contest("saturation, TLS", "saturation", crowd, tls=True),
        contest("saturation, stores", "saturation", crowd, PRODUCT, SQLITE),
        contest("saturation, event loops", "saturation", crowd, PRODUCT, ASYNCIO),
        contest(f"offered, {rate:.0f}/s", "offered", crowd, PRODUCT, PROMPT, NAIVE, LIMIT, rate=rate),
        contest("40 ms of latency", "saturation", crowd, latency=0.04),
        contest("join storm", "join", crowd),
        contest("join storm, TLS", "join", crowd, tls=True),
        contest("reconnect storm", "reconnect", crowd),
        contest("threads", "saturation", min(crowd, 200), THREADS, NAIVE, PRODUCT),
    ]
    for size in idle:
        found.append(contest(f"idle, {size} chats", "idle", size, seconds=beats, settle=2.0))
    found.append(contest("idle, TLS", "idle", idle[0], seconds=beats / 3, settle=2.0, tls=True))
    return found


def measured(all_of_them: list[Contest], tell: Callable[[str], None]) -> Iterator[Result]:
    """Runs everything, one contest after the other."""
    for contest in all_of_them:
        yield from _held(contest, tell)


def _held(contest: Contest, tell: Callable[[str], None]) -> list[Result]:
    load = contest.load
    results = {peer.name: Result(workload=load.name, peer=peer.name, chats=load.chats) for peer in contest.peers}
    for number in range(contest.rounds):
        for peer in contest.peers:
            tell(f"{load.name}: {peer.name}, round {number + 1} of {contest.rounds}")
            results[peer.name].runs.append(figures(run(peer, load), load))
    return list(results.values())


def figures(seen: Run, load: Workload) -> dict[str, Any]:
    """What a run is worth: rates, shares, kilobytes, microseconds."""
    found: dict[str, Any] = {"failed": seen.failed, **asdict(seen)["figures"]}
    replies, wall = found.get("replies") or 0, found.get("wall") or 0.0
    latencies = found.pop("latencies", None) or {}
    joined = found.get("joined")
    per_chat = (seen.memory - seen.before) / load.chats / 1024 if seen.memory else None
    return {
        **found,
        **{f"{name} ms": value for name, value in latencies.items()},
        "replies/s": replies / wall if replies else None,
        "CPU µs per reply": seen.cpu / replies * 1e6 if replies else None,
        "server busy": found["server_cpu"] / wall if wall else None,
        "joins/s": load.chats / joined if joined else None,
        "CPU ms per join": seen.joining / load.chats * 1e3 if joined else None,
        "KB per chat": per_chat,
        "core": seen.cpu / wall if wall and load.kind == "idle" else None,
        "CPU ms per reconnect": seen.cpu / load.chats * 1e3 if found.get("back") else None,
    }
