"""What is to be reached, as ratios within one run. It knows the names of figures, not how they were measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.benchmarks.suite import Result

Table = Mapping[tuple[str, str], Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One line of the table: what, how much it should be, and how much it is (None: not measured)."""

    what: str
    wanted: str
    reached: Callable[[Table], float | None]
    met: Callable[[float], bool]


def ratio(
    figure: str, workload: str, other: str, *, product: str = "product", upside_down: bool = False
) -> Callable[[Table], float | None]:
    """The product's figure over the other's."""

    def compare(table: Table) -> float | None:
        ours, theirs = _median(table, workload, product, figure), _median(table, workload, other, figure)
        if not ours or not theirs:
            return None
        return theirs / ours if upside_down else ours / theirs

    return compare


def value(figure: str, workload: str, peer: str = "product") -> Callable[[Table], float | None]:
    """A figure as it is."""
    return lambda table: _median(table, workload, peer, figure)


def _median(table: Table, workload: str, peer: str, figure: str) -> float | None:
    found = table.get((workload, peer))
    return found.median(figure) if found else None


def at_least(least: float) -> Callable[[float], bool]:
    return lambda reached: reached >= least


def at_most(most: float) -> Callable[[float], bool]:
    return lambda reached: reached <= most


def above(figure: str, other: str, workload: str) -> Callable[[Table], float | None]:
    """How much more one of the product's figures is than another."""

    def compare(table: Table) -> float | None:
        more, less = (_median(table, workload, "product", each) for each in (figure, other))
        return more - less if more and less else None

    return compare


_OFFERED, _HALF, _SAME = "offered, 400/s", "half of saturation", "half of naive's saturation"

GOALS = (
    Goal(
        what="replies/s at saturation, 500 chats, × naive",
        wanted="≥ 6",
        reached=ratio("replies/s", "saturation, 500 chats", "naive"),
        met=at_least(6),
    ),
    Goal(
        what="the same, CPU per reply of the limit over ours",
        wanted="≥ 0.2",
        reached=ratio("CPU µs per reply", "saturation, 500 chats", "limit", upside_down=True),
        met=at_least(0.2),
    ),
    Goal(
        what="chats served at saturation, of 500",
        wanted="500",
        reached=value("served", "saturation, 500 chats"),
        met=at_least(500),
    ),
    Goal(
        what="chats served at saturation, of 2,000",
        wanted="2,000",
        reached=value("served", "saturation, 2000 chats"),
        met=at_least(2_000),
    ),
    Goal(
        what="Jain's index, 500 chats",
        wanted="≥ 0.99",
        reached=value("jain", "saturation, 500 chats"),
        met=at_least(0.99),
    ),
    Goal(
        what="Jain's index, 2,000 chats",
        wanted="≥ 0.99",
        reached=value("jain", "saturation, 2000 chats"),
        met=at_least(0.99),
    ),
    Goal(
        what="CPU per reply at a fixed 400/s, × naive",
        wanted="≤ 0.35",
        reached=ratio("CPU µs per reply", _OFFERED, "naive"),
        met=at_most(0.35),
    ),
    Goal(
        what="p99 at half of each one's saturation, × naive",
        wanted="≤ 0.5",
        reached=ratio("p99 ms", _HALF, "naive"),
        met=at_most(0.5),
    ),
    Goal(
        what="the same without reorder window",
        wanted="≤ 0.5",
        reached=ratio("p99 ms", _HALF, "naive", product="product, no reorder window"),
        met=at_most(0.5),
    ),
    Goal(
        what="the same at half of naive's saturation for both",
        wanted="≤ 0.5",
        reached=ratio("p99 ms", _SAME, "naive", product="product, no reorder window"),
        met=at_most(0.5),
    ),
    Goal(
        what="p99 above p50 at half of saturation, ms",
        wanted="≤ 10",
        reached=above("p99 ms", "p50 ms", _HALF),
        met=at_most(10),
    ),
    Goal(
        what="replies/s with 40 ms of latency, × naive",
        wanted="≥ 10",
        reached=ratio("replies/s", "40 ms of latency", "naive"),
        met=at_least(10),
    ),
    Goal(what="joins/s, × naive", wanted="≥ 1.8", reached=ratio("joins/s", "join storm", "naive"), met=at_least(1.8)),
    Goal(
        what="joins/s over TLS, × naive",
        wanted="≥ 10",
        reached=ratio("joins/s", "join storm, TLS", "naive"),
        met=at_least(10),
    ),
    Goal(
        what="memory per idle chat, KB",
        wanted="≤ 40",
        reached=value("KB per chat", "idle, 10000 chats"),
        met=at_most(40),
    ),
    Goal(
        what="memory per idle chat over TLS, KB",
        wanted="≤ 90",
        reached=value("KB per chat", "idle, 10000 chats, TLS"),
        met=at_most(90),
    ),
    Goal(
        what="chats on in one process over TLS, of 10,000",
        wanted="10,000",
        reached=value("on", "idle, 10000 chats, TLS"),
        met=at_least(10_000),
    ),
    Goal(
        what="CPU of 10,000 idle chats, of one core",
        wanted="≤ 0.1",
        reached=value("core", "idle, 10000 chats"),
        met=at_most(0.1),
    ),
    Goal(
        what="durable turns on SQLite, × memory",
        wanted="≥ 0.6",
        reached=ratio("replies/s", "saturation, stores", "product", product="product, SQLite"),
        met=at_least(0.6),
    ),
    Goal(
        what="chat-agent --help, CPU seconds",
        wanted="≤ 0.35",
        reached=value("CPU s", "--help"),
        met=at_most(0.35),
    ),
    Goal(
        what="start to first offer taken, CPU seconds",
        wanted="≤ 1",
        reached=value("CPU s", "first offer"),
        met=at_most(1.0),
    ),
)
