"""What is compared: peers, workloads, rounds. It measures and keeps; it judges nothing.

Peers take turns within a round, so that whatever else the machine does meets them all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from tests.benchmarks.race import Peer, Run, Workload, run

PRODUCT = Peer(name="product", module="tests.benchmarks.peers.product")
ASYNCIO = Peer(name="product, no uvloop", module="tests.benchmarks.peers.product", options=("asyncio",))
SQLITE = Peer(name="product, SQLite", module="tests.benchmarks.peers.product", options=("sqlite",))
DYNAMODB = Peer(name="product, DynamoDB", module="tests.benchmarks.peers.product", options=("dynamodb",))
PROMPT = Peer(name="product, no reorder window", module="tests.benchmarks.peers.product", options=("prompt",))
NAIVE = Peer(name="naive", module="tests.benchmarks.peers.naive")
THREADS = Peer(name="threads", module="tests.benchmarks.peers.threads")
LIMIT = Peer(name="limit", module="tests.benchmarks.peers.limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One workload, and who takes part.

    Attributes:
        half_of: the workload at half of whose replies/s, as each peer reached them before, the customers write.
        whose: the peer whose half of it is everybody's.
    """

    load: Workload
    peers: tuple[Peer, ...]
    rounds: int = 3
    half_of: str = ""
    whose: Peer | None = None


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


EVERYONE = (PRODUCT, NAIVE, LIMIT)
SATURATED = "saturation, 500 chats"


def contests(*, rounds: int, short: bool) -> list[Contest]:
    """The whole suite, or a short form of it that only shows that everything runs.

    What a goal compares with another peer is repeated `rounds` times, all else about half as often.
    """
    return _short() if short else [*_gated(rounds), *_shown((rounds + 1) // 2), *_idle(max(1, rounds // 3))]


def _gated(rounds: int) -> list[Contest]:
    half = contest("half of saturation", "offered", 500, PRODUCT, PROMPT, NAIVE, LIMIT, rounds=rounds)
    return [
        contest(SATURATED, "saturation", 500, rounds=rounds),
        replace(half, half_of=SATURATED),
        replace(half, load=replace(half.load, name="half of naive's saturation"), half_of=SATURATED, whose=NAIVE),
        contest("offered, 400/s", "offered", 500, rounds=rounds, rate=400.0),
        contest("40 ms of latency", "saturation", 500, rounds=rounds, latency=0.04),
        contest("join storm", "join", 500, rounds=rounds),
        contest("join storm, TLS", "join", 500, rounds=rounds, tls=True),
        contest("saturation, stores", "saturation", 500, PRODUCT, SQLITE, rounds=rounds),
    ]


def _shown(rounds: int) -> list[Contest]:
    return [
        contest("saturation, 50 chats", "saturation", 50, rounds=rounds),
        contest("saturation, 2000 chats", "saturation", 2_000, rounds=rounds),
        contest("saturation, TLS", "saturation", 500, rounds=rounds, tls=True),
        contest("saturation, event loops", "saturation", 500, PRODUCT, ASYNCIO, rounds=rounds),
        contest("saturation, a table", "saturation", 50, PRODUCT, SQLITE, DYNAMODB, rounds=rounds),
        contest("saturation, threads", "saturation", 200, NAIVE, THREADS, rounds=rounds),
        contest("reconnect storm", "reconnect", 500, rounds=rounds),
    ]


def _idle(rounds: int) -> list[Contest]:
    """Ten thousand of the others' are watched once; over TLS the naive bot's would take ten gigabytes."""
    many, few = 10_000, 1_000
    return [
        contest("idle, 100 chats", "idle", 100, rounds=rounds),
        contest(f"idle, {few} chats", "idle", few, rounds=rounds),
        contest(f"idle, {many} chats", "idle", many, PRODUCT, rounds=rounds, seconds=6.0),
        contest(f"idle, {many} chats", "idle", many, NAIVE, LIMIT, rounds=1, seconds=6.0),
        contest(f"idle, {few} chats, TLS", "idle", few, rounds=rounds, tls=True),
        contest(f"idle, {many} chats, TLS", "idle", many, PRODUCT, rounds=1, seconds=6.0, tls=True),
    ]


def _short() -> list[Contest]:
    few: dict[str, Any] = {"rounds": 1, "seconds": 1.0, "rest": 1.0, "settle": 0.5}
    half = contest("half of saturation", "offered", 20, PRODUCT, PROMPT, NAIVE, LIMIT, **few)
    return [
        contest("saturation, 20 chats", "saturation", 20, **few),
        replace(half, half_of="saturation, 20 chats"),
        replace(half, load=replace(half.load, name="half of naive's"), half_of="saturation, 20 chats", whose=NAIVE),
        contest("offered, 50/s", "offered", 20, rate=50.0, **few),
        contest("saturation, TLS", "saturation", 20, tls=True, **few),
        contest("saturation, a table", "saturation", 5, ASYNCIO, SQLITE, DYNAMODB, THREADS, **few),
        contest("join storm", "join", 20, **few),
        contest("reconnect storm", "reconnect", 20, **few),
        contest("idle, 20 chats", "idle", 20, **few),
        contest("idle, 20 chats, TLS", "idle", 20, tls=True, **few),
    ]


def contest(name: str, kind: str, chats: int, *peers: Peer, rounds: int, **more: Any) -> Contest:
    """A contest of everyone, unless peers are named."""
    return Contest(load=Workload(name=name, kind=kind, chats=chats, **more), peers=peers or EVERYONE, rounds=rounds)


def with_word(word: str, all_of_them: list[Contest]) -> list[Contest]:
    """The contests whose names hold `word`, and those on whose outcome they build."""
    chosen = [each for each in all_of_them if word in each.load.name]
    needed = {each.half_of for each in chosen}
    return [each for each in all_of_them if each in chosen or each.load.name in needed]


def measured(all_of_them: list[Contest], tell: Callable[[str], None]) -> list[Result]:
    """Runs everything, one contest after the other."""
    found: dict[tuple[str, str], Result] = {}
    for each in all_of_them:
        _hold(each, found, tell)
    return list(found.values())


def _hold(held: Contest, found: dict[tuple[str, str], Result], tell: Callable[[str], None]) -> None:
    load = held.load
    for number in range(held.rounds):
        for peer in held.peers:
            tell(f"{load.name}: {peer.name}, round {number + 1} of {held.rounds}")
            result = Result(workload=load.name, peer=peer.name, chats=load.chats)
            found.setdefault((load.name, peer.name), result).runs.append(_one(held, peer, found))


def _one(held: Contest, peer: Peer, found: Mapping[tuple[str, str], Result]) -> dict[str, Any]:
    if not held.half_of:
        return figures(run(peer, held.load), held.load)
    if not (rate := half(held.half_of, held.whose or peer, found)):
        return {"failed": f"its {held.half_of} is not known"}
    load = replace(held.load, rate=rate)
    return figures(run(peer, load), load)


def half(of: str, peer: Peer, found: Mapping[tuple[str, str], Result]) -> float:
    """Half of the replies/s that a peer reached, or the product where it has not taken part; 0 when it failed."""
    known = found.get((of, peer.name)) or found.get((of, PRODUCT.name))
    return ((known.median("replies/s") if known else None) or 0.0) / 2


def figures(seen: Run, load: Workload) -> dict[str, Any]:
    """What a run is worth: rates, shares, kilobytes, microseconds. A failed one is worth nothing."""
    if seen.failed:
        return {"failed": seen.failed}
    found: dict[str, Any] = {"failed": "", **seen.figures}
    replies, wall, rested = found.get("replies") or 0, found.get("wall") or 0.0, found.get("rested")
    latencies = found.pop("latencies", None) or {}
    joined = found.get("joined")
    return {
        **found,
        **{f"{name} ms": value for name, value in latencies.items()},
        "on": found["on"] if load.kind == "idle" else None,
        "offered/s": load.rate or None,
        "replies/s": replies / wall if replies else None,
        "CPU µs per reply": seen.cpu / replies * 1e6 if replies else None,
        "server busy": found["server_cpu"] / wall if wall else None,
        "joins/s": load.chats / joined if joined else None,
        "CPU ms per join": seen.joining / load.chats * 1e3 if joined else None,
        "KB per chat": (seen.memory - seen.before) / load.chats / 1024 if seen.memory else None,
        "core": seen.resting / rested if rested else None,
        "CPU ms per reconnect": seen.cpu / load.chats * 1e3 if found.get("back") else None,
    }
