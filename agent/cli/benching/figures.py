"""What was counted and timed, as figures; and the thresholds that they are held to. It prints nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any


@dataclass(slots=True, kw_only=True)
class Tally:
    """Filled while the customers are at it. Durations are seconds.

    Attributes:
        latencies: from each message to the first message of its answer.
        joins: from the beginning of each chat to when the bot was there.
        unanswered: messages without their whole answer in time.
        missed: chats to which no bot came in time.
        left: chats that the bot ended or left while it owed an answer.
        failed: turns that failed, by the bot's own log.
    """

    latencies: list[float] = field(default_factory=list)
    joins: list[float] = field(default_factory=list)
    said: int = 0
    replies: int = 0
    unanswered: int = 0
    missed: int = 0
    left: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the bot's process used while it was measured; None where that cannot be known here.

    Attributes:
        cpu: seconds of computing time.
        memory: bytes that it held at the end more than before the first chat.
        resident: bytes that it held at the end.
    """

    cpu: float | None = None
    memory: int | None = None
    resident: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What must hold; None for what need not. Latencies are milliseconds."""

    max_p50: float | None = None
    max_p95: float | None = None
    max_p99: float | None = None
    min_rate: float | None = None
    max_unanswered: int | None = None
    max_failed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The outcome of one run.

    Attributes:
        seconds: how long was measured. What was said by then may have been answered later; that counts as well.
        answered, replies: how many messages were answered, and how many messages that took, while it was measured.
    """

    bot: str
    chats: int
    seconds: float
    answered: int
    replies: int
    tally: Tally
    usage: Usage

    @property
    def rate(self) -> float:
        """Answered messages per second."""
        return self.answered / self.seconds

    def record(self) -> dict[str, Any]:
        """As JSON; latencies in milliseconds."""
        tally, usage = self.tally, self.usage
        return {
            "bot": self.bot,
            "chats": self.chats,
            "seconds": round(self.seconds, 3),
            "messages": tally.said,
            "answered": len(tally.latencies),
            "replies": tally.replies,
            "replies_per_second": round(self.replies / self.seconds, 2),
            "answered_per_second": round(self.rate, 2),
            "latency_ms": _quantiles(tally.latencies),
            "joins": len(tally.joins),
            "join_ms": _quantiles(tally.joins),
            "unanswered": tally.unanswered,
            "missed_chats": tally.missed,
            "left_by_bot": tally.left,
            "failed_turns": tally.failed,
            "cpu_seconds": _rounded(usage.cpu),
            "cpu_ms_per_chat": _rounded(_each(usage.cpu, self.chats, 1000)),
            "cpu_ms_per_message": _rounded(_each(usage.cpu, tally.said, 1000)),
            "memory_bytes": usage.resident,
            "memory_bytes_per_chat": None if usage.memory is None else round(usage.memory / self.chats),
        }

    def broken(self, limits: Limits) -> list[str]:
        """A sentence for each limit that does not hold. Without any answer no latency holds."""
        told = []
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
            limit = getattr(limits, f"max_{name}")
            found = quantile(self.tally.latencies, share)
            if limit is not None and (found is None or found * 1000 > limit):
                shown = "no answer came" if found is None else f"it is {found * 1000:.1f} ms"
                told.append(f"{name} of the latency may be {limit:g} ms: {shown}.")
        if limits.min_rate is not None and self.rate < limits.min_rate:
            told.append(f"At least {limits.min_rate:g} messages/s must be answered: it were {self.rate:.1f}.")
        for words, found, most in (
            ("messages unanswered", self.tally.unanswered + self.tally.missed, limits.max_unanswered),
            ("turns failed", self.tally.failed, limits.max_failed),
        ):
            if most is not None and found > most:
                told.append(f"At most {most} {words} are allowed: it were {found}.")
        return told


def quantile(values: Sequence[float], share: float) -> float | None:
    """The least of `values` that at least that share of them does not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)] if values else None


def _quantiles(values: Sequence[float]) -> dict[str, float | None]:
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: _rounded(_each(quantile(values, share), 1, 1000)) for name, share in shares.items()}


def _each(whole: float | None, parts: int, unit: float) -> float | None:
    return None if whole is None or not parts else whole / parts * unit


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
