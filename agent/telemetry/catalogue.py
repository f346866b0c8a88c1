"""Every metric, in one table: its name, type, labels and meaning, and what feeds it.

A metric is fed by happenings, or read at the moment at which somebody asks (`Probe`). The reference page, the dashboard
and the alert rules are checked against this table. Nothing here counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from agent.errors import Throttled
from agent.telemetry.happening import Happening
from agent.telemetry.labels import (
    ALARM,
    BOT,
    CONNECT_ERROR,
    ENDING,
    JOIN_RESULT,
    LINK_REASON,
    OFFER_REFUSAL,
    OPERATION,
    OUTCOME,
    PRESSURE,
    SEND_RESULT,
    SKIP_REASON,
    STORE_CALL,
    TRIGGER,
    WAY,
    Label,
)
from agent.telemetry.reasons import Reason

PREFIX = "chat_agent_"


class Kind(StrEnum):
    """The types of Prometheus."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


Amount = Callable[[Happening], float | None]
"""How much a happening adds (counter, gauge) or what it measured (histogram); None: nothing at all."""


def _one(happening: Happening) -> float:
    return 1.0


def _less(happening: Happening) -> float:
    return -1.0


def _number(name: str) -> Amount:
    def amount(happening: Happening) -> float | None:
        value = happening.fields.get(name)
        return float(value) if value is not None else None

    return amount


def _if_throttled(happening: Happening) -> float | None:
    return 1.0 if isinstance(happening.error, Throttled) else None


def _if_taken_over(happening: Happening) -> float | None:
    return 1.0 if int(happening.fields.get("epoch", 0)) > 1 else None


def _if_failed(happening: Happening) -> float | None:
    return 1.0 if happening.fields.get("outcome") in {"failed", "timeout"} else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A happening that feeds a metric, by its name."""

    happening: str
    amount: Amount = _one


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric, without the common prefix in its `name`. `buckets` are a histogram's upper bounds."""

    name: str
    kind: Kind
    help: str
    labels: tuple[Label, ...] = ()
    feeds: tuple[Feed, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def full_name(self) -> str:
        """As Prometheus knows it; a counter's ends in ``_total``."""
        return f"{PREFIX}{self.name}{'_total' if self.kind is Kind.COUNTER else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A gauge that is read when somebody asks; with a `label`, one number for each of its values."""

    name: str
    help: str
    label: str | None = None
    values: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        return f"{PREFIX}{self.name}"


def _counter(name: str, text: str, labels: tuple[Label, ...], *happenings: str, amount: Amount = _one) -> Metric:
    feeds = tuple(Feed(happening=happening, amount=amount) for happening in happenings)
    return Metric(name=name, kind=Kind.COUNTER, help=text, labels=labels, feeds=feeds)


def _gauge(name: str, text: str, labels: tuple[Label, ...], up: str, *down: str) -> Metric:
    feeds = (Feed(happening=up), *(Feed(happening=happening, amount=_less) for happening in down))
    return Metric(name=name, kind=Kind.GAUGE, help=text, labels=labels, feeds=feeds)


def _seconds(
    name: str,
    text: str,
    labels: tuple[Label, ...],
    *happenings: str,
    field: str = "seconds",
    buckets: tuple[float, ...],
) -> Metric:
    feeds = tuple(Feed(happening=happening, amount=_number(field)) for happening in happenings)
    return Metric(name=name, kind=Kind.HISTOGRAM, help=text, labels=labels, feeds=feeds, buckets=buckets)


_SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_HUMAN = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0)

METRICS: tuple[Metric, ...] = (
    _gauge("chats", "Chats that this worker serves now.", (BOT,), "contact.claimed", "chat.closed"),
    _counter(
        "joins",
        "Joins by result: joined anew, resumed as the stored participant, or why it was refused.",
        (BOT, JOIN_RESULT),
        "contact.joined",
        "contact.refused",
    ),
    _seconds("join_seconds", "From the claim to being connected.", (BOT,), "contact.joined", buckets=_HUMAN),
    _counter(
        "takeovers",
        "Chats taken up that a worker had served before: released, or its worker had died.",
        (BOT,),
        "contact.claimed",
        amount=_if_taken_over,
    ),
    _counter(
        "chats_ended",
        "Chats that this worker serves no more, by reason.",
        (BOT, ENDING),
        "contact.ended",
        "contact.refused",
        "contact.given_up",
    ),
    _counter("chat_crashes", "Sessions that crashed and were begun anew.", (BOT,), "chat.crashed"),
    _counter(
        "offers_refused",
        "Offers that were not taken: no bot here is for them, nobody can read them, or who made them may not.",
        (OFFER_REFUSAL,),
        "offer.refused",
        "offer.unreadable",
        "offer.not_permitted",
    ),
    _counter("guard_alarms", "Chats that a guard handed off.", (BOT, ALARM), "guard.raised"),
    _gauge("guard_shut", "1 while no more chats are let in, by reason.", (PRESSURE,), "guard.shut", "guard.reopened"),
    _counter("offers_skipped", "Messages of a source that offer nothing, by reason.", (SKIP_REASON,), "offer.skipped"),
    _counter("offers_unreadable", "Messages of a source that cannot be read.", (), "offer.unreadable"),
    _counter("offers_not_permitted", "Offers of callers who do not know the secret.", (), "offer.not_permitted"),
    _counter("turns", "Turns by trigger and outcome.", (BOT, TRIGGER, OUTCOME), "turn.committed", "turn.abandoned"),
    _gauge("turns_running", "Turns under way.", (BOT,), "turn.began", "turn.committed", "turn.abandoned"),
    _seconds("turn_seconds", "From a turn's beginning to its commit.", (BOT,), "turn.committed", buckets=_HUMAN),
    _counter(
        "dead_letters", "Turns that failed and were kept as dead letters.", (BOT,), "turn.committed", amount=_if_failed
    ),
    _counter(
        "messages",
        "Customers' messages that arrived, each once: live, or by reading the transcript.",
        (BOT, WAY),
        "item.heard",
    ),
    _seconds(
        "delivery_lag_seconds",
        "From Amazon Connect's time of a live message to its arrival here, by two clocks.",
        (BOT,),
        "item.heard",
        field="lag",
        buckets=_HUMAN,
    ),
    _seconds(
        "reply_seconds",
        "From a customer's message to the first reply to it, both by Amazon Connect's own clock.",
        (BOT,),
        "send.accepted",
        field="reply_seconds",
        buckets=_HUMAN,
    ),
    _counter("sends", "Replies by result.", (BOT, SEND_RESULT), "send.accepted", "send.recognised", "send.failed"),
    _seconds(
        "send_seconds",
        "From a reply's turn to be sent to its acceptance, with waiting for the budget and repeats.",
        (BOT,),
        "send.accepted",
        buckets=_HUMAN,
    ),
    _counter("events_lost", "Typing and receipts that could not be sent; they are not repeated.", (BOT,), "event.lost"),
    _counter(
        "reconnects",
        "Websockets that were replaced, because they were lost or before they expired.",
        (BOT, LINK_REASON),
        "link.lost",
        "link.refreshing",
    ),
    _counter(
        "connect_failures",
        "Attempts to get a subscribed websocket that failed.",
        (BOT,),
        "link.failed",
        "link.no_address",
    ),
    _counter("catch_ups", "Readings of the transcript that closed a gap.", (BOT,), "transcript.read"),
    _counter("catch_up_failures", "Readings of the transcript that failed.", (BOT,), "transcript.failed"),
    _counter(
        "repairs",
        "Items that neither websocket nor catch-up had brought, found by comparing with the transcript.",
        (BOT,),
        "audit.repaired",
        amount=_number("items"),
    ),
    _counter(
        "throttles",
        "Calls that Amazon Connect answered with 429.",
        (OPERATION,),
        "call.repeated",
        "event.lost",
        amount=_if_throttled,
    ),
    _counter("call_repeats", "Calls that were repeated, by error.", (OPERATION, CONNECT_ERROR), "call.repeated"),
    _seconds(
        "store_seconds",
        "How long the store took: to save a contact, to renew the lease.",
        (STORE_CALL,),
        "store.saved",
        "lease.renewed",
        buckets=_SHORT,
    ),
    _counter(
        "store_failures",
        "Calls that the store did not answer.",
        (),
        "store.unreachable",
        "store.failed",
        "lease.at_risk",
    ),
    _counter("lease_lapses", "How often the lease lapsed, so that every chat fell silent.", (), "lease.lapsed"),
    _counter("dead_workers", "Dead workers of this machine that were found.", (), "worker.found_dead"),
    _counter("source_failures", "Failures of a source of offers.", (), "source.failed"),
    _counter("reloads", "Settings that were read anew.", (), "settings.reloaded"),
    _counter(
        "reload_failures", "Settings that could not be used, so that the old ones stayed.", (), "settings.rejected"
    ),
    _seconds("loop_lag_seconds", "How late the event loop is.", (), "loop.lag", buckets=_SHORT),
)

PROBES: tuple[Probe, ...] = (
    Probe(name="chats_max", help="Chats that this worker may serve at once."),
    Probe(
        name="chats_unserved",
        help="Live chats in the store that wait for a bot which this worker does not serve, as it last found them.",
    ),
    Probe(name="items_waiting", help="Items of all chats that wait for a turn."),
    Probe(
        name="calls_waiting",
        help="Calls that wait for a place in the quota budget.",
        label="operation",
        values=OPERATION.values or (),
    ),
    Probe(name="deaf_chats", help="Chats that have been without a subscribed websocket for too long."),
    Probe(name="tasks", help="Tasks of the event loop: a few for the worker, and so many for each chat."),
    Probe(name="ready", help="1 when the worker is ready, else 0."),
    Probe(
        name="not_ready",
        help="1 for each reason not to be ready that holds, else 0.",
        label="reason",
        values=tuple(reason.value for reason in Reason),
    ),
)
