"""The numbers: each fed by what happens, by bot, with labels of which there are only so many."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent.errors import AccessDenied, ContactEnded, HandedOff, InvalidMessage, Throttled
from agent.ids import ContactId, ContactKey, InstanceId
from agent.ports import Operation
from agent.session.conversation import Trigger
from agent.session.handler import Outcome
from agent.session.rails import Alarm
from agent.telemetry import Happening
from agent.telemetry.catalogue import METRICS, PROBES, Kind
from agent.telemetry.labels import ALARM, BOT, MOST_BOTS, OPERATION, OUTCOME, TRIGGER
from agent.telemetry.metrics import Metrics
from agent.telemetry.reasons import MEANINGS, Reason
from agent.telemetry.reference import page

ROOT = Path(__file__).parents[2]
KEY = ContactKey(InstanceId("instance"), ContactId("contact"))


def _key(number: int) -> ContactKey:
    return ContactKey(InstanceId("instance"), ContactId(str(number)))


class Board:
    """Metrics that are told things by name, and read by name."""

    def __init__(self) -> None:
        self.metrics = Metrics()

    def tell(
        self, name: str, error: BaseException | None = None, contact: ContactKey = KEY, **fields: str | float
    ) -> None:
        self.metrics(Happening(name=name, contact=contact, fields=fields, error=error))

    def claimed(self, bot: str = "echo", epoch: int = 1) -> "Board":
        self.tell("contact.claimed", bot=bot, epoch=epoch)
        return self

    def shown(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        text = self.metrics.exposition()[0].decode()
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}

    def __call__(self, name: str, **labels: str) -> float | None:
        return self.shown().get((f"chat_agent_{name}", frozenset(labels.items())))


def test_a_chat_is_counted_for_its_bot_until_it_is_closed() -> None:
    """The gauge goes up with the claim and down at the end, whatever came between."""
    board = Board().claimed("shop")
    assert board("chats", bot="shop") == 1
    board.tell("chat.closed")
    assert board("chats", bot="shop") == 0
    board.tell("item.heard", way="live")
    assert board("messages_total", bot="other", way="live") == 1


def test_a_chat_that_had_another_worker_is_a_takeover() -> None:
    """Its epoch tells."""
    board = Board().claimed(epoch=1)
    assert board("takeovers_total", bot="echo") is None
    board.claimed(epoch=2)
    assert board("takeovers_total", bot="echo") == 1


def test_joins_are_counted_by_result() -> None:
    """Anew, as the stored participant, or why not."""
    board = Board().claimed()
    board.tell("contact.joined", seconds=0.2, resumed=0)
    board.tell("contact.joined", seconds=0.2, resumed=1)
    board.tell("contact.refused", error=ContactEnded("contact"))
    for result in ("joined", "resumed", "contact_ended"):
        assert board("joins_total", bot="echo", result=result) == 1
    assert board("join_seconds_count", bot="echo") == 2
    assert board("chats_ended_total", bot="echo", reason="refused") == 1


def test_turns_are_counted_by_trigger_and_outcome() -> None:
    """A turn that failed is a dead letter; one that was given up is no more running."""
    board = Board().claimed()
    for outcome in ("done", "failed", "timeout"):
        board.tell("turn.began", turn="t", trigger="items", items=1, repeated=0)
        board.tell("turn.committed", turn="t", trigger="items", outcome=outcome, seconds=0.3)
        assert board("turns_total", bot="echo", trigger="items", outcome=outcome) == 1
    board.tell("turn.began", turn="t", trigger="timer", items=0, repeated=0)
    assert board("turns_running", bot="echo") == 1
    board.tell("turn.abandoned", turn="t", trigger="timer", error="Fenced")
    assert board("turns_total", bot="echo", trigger="timer", outcome="abandoned") == 1
    assert board("turns_running", bot="echo") == 0
    assert board("turn_seconds_count", bot="echo") == 3
    assert board("dead_letters_total", bot="echo") == 2


def test_replies_are_counted_by_result_and_the_first_one_is_timed() -> None:
    """Only the first reply to a message says how long the customer waited."""
    board = Board().claimed()
    board.tell("send.accepted", content_type="text/plain", seconds=0.1, reply_seconds=0.4)
    board.tell("send.accepted", content_type="text/plain", seconds=0.1)
    board.tell("send.recognised")
    board.tell("send.failed", error=InvalidMessage("x"), seconds=0.1)
    board.tell("send.failed", error=HandedOff(), seconds=0.1)
    board.tell("send.failed", error=AccessDenied("SendMessage"), seconds=0.1)
    counted = {result: board("sends_total", bot="echo", result=result) for result in ("accepted", "recognised")}
    assert counted == {"accepted": 2, "recognised": 1}
    assert [board("sends_total", bot="echo", result=result) for result in ("refused", "over", "failed")] == [1, 1, 1]
    assert board("reply_seconds_count", bot="echo") == 1
    assert board("reply_seconds_sum", bot="echo") == pytest.approx(0.4)
    assert board("reply_seconds_bucket", bot="echo", le="0.5") == 1
    assert board("send_seconds_count", bot="echo") == 2


def test_a_429_is_counted_by_operation_and_no_other_error_is() -> None:
    """Typing events that were throttled count as well, though nobody repeats them."""
    board = Board().claimed()
    board.tell("call.repeated", error=Throttled("SendMessage"))
    board.tell("call.repeated", error=AccessDenied("SendMessage"))
    board.tell("event.lost", error=Throttled("SendEvent"))
    assert board("throttles_total", operation="SendMessage") == 1
    assert board("throttles_total", operation="SendEvent") == 1
    assert board("call_repeats_total", operation="SendMessage", error="throttled") == 1


def test_repairs_count_items() -> None:
    """Not audits."""
    board = Board().claimed()
    board.tell("audit.repaired", items=3)
    assert board("repairs_total", bot="echo") == 3


def test_a_message_without_a_readable_time_is_counted_and_not_timed() -> None:
    """Telemetry never harms a chat."""
    board = Board().claimed()
    board.tell("item.heard", item="i", way="live", lag=0.2)
    board.tell("item.heard", item="i", way="live")
    assert board("messages_total", bot="echo", way="live") == 2
    assert board("delivery_lag_seconds_count", bot="echo") == 1


def test_guards_are_counted() -> None:
    """Chats that they handed off, and doors that they shut for a while."""
    board = Board().claimed()
    board.tell("guard.raised", turn="t", alarm="ping_pong")
    board.tell("guard.shut", why="memory")
    assert board("guard_alarms_total", bot="echo", alarm="ping_pong") == 1
    assert board("guard_shut", why="memory") == 1
    board.tell("guard.reopened", why="memory")
    assert board("guard_shut", why="memory") == 0


def test_an_unknown_value_of_a_label_is_other() -> None:
    """A hundred thousand different words make one series."""
    board = Board().claimed()
    for number in range(6_000):
        board.tell("turn.committed", trigger=f"t{number}", outcome="done", seconds=0.1)
    board.tell("call.repeated", error=Throttled("Reverse"))
    assert board("turns_total", bot="echo", trigger="other", outcome="done") == 6_000
    assert board("throttles_total", operation="other") == 1


def test_only_so_many_bots_have_series_of_their_own() -> None:
    """The first that are met; a known one stays known."""
    board = Board()
    for number in range(MOST_BOTS + 3):
        board.tell("contact.claimed", contact=_key(number), bot=f"bot{number}", epoch=1)
    board.tell("contact.claimed", contact=_key(99), bot="bot0", epoch=1)
    assert board("chats", bot="bot0") == 2
    assert board("chats", bot="other") == 3
    assert board("chats", bot=f"bot{MOST_BOTS}") is None


def test_more_bots_than_have_series_of_their_own_are_shown_together() -> None:
    """Also before anything happened; a bot that is not served has no series until it counts."""
    metrics = Metrics(f"bot{number}" for number in range(MOST_BOTS + 3))
    shown = metrics.exposition()[0].decode()
    bots = set(re.findall(r'chat_agent_dead_letters_total{bot="(\w+)"} 0.0', shown))
    assert bots == {*(f"bot{number}" for number in range(MOST_BOTS)), "other"}


def test_a_probe_is_read_when_somebody_asks() -> None:
    """One number, or one for each value of its label."""
    board = Board()
    queue = {"SendMessage": 4}
    board.metrics.read(items_waiting=lambda: 7, calls_waiting=lambda: queue)
    assert board("items_waiting") == 7
    assert board("calls_waiting", operation="SendMessage") == 4
    queue["SendMessage"] = 5
    assert board("calls_waiting", operation="SendMessage") == 5
    assert board("deaf_chats") is None
    with pytest.raises(KeyError):
        board.metrics.read(weather=lambda: 1)


def test_who_accepts_openmetrics_gets_it() -> None:
    """Prometheus asks for it by default."""
    body, content_type = Metrics().exposition("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
    assert Metrics().exposition()[1].startswith("text/plain")


def test_two_workers_of_one_process_do_not_share_their_numbers() -> None:
    """The registry is the metrics' own."""
    one, two = Board().claimed(), Board()
    assert (one("chats", bot="echo"), two("chats", bot="echo")) == (1, None)


def test_the_process_itself_is_counted() -> None:
    """Memory and file descriptors, as Prometheus names them."""
    names = {name for name, _ in Board().shown()}
    assert {"process_resident_memory_bytes", "process_open_fds"} <= names


# ------------------------------------------------------------------------------------------ the table


def test_every_happening_that_feeds_a_metric_is_reported_somewhere() -> None:
    """A metric that nothing feeds is a lie."""
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "agent").rglob("*.py"))
        if "telemetry" not in path.parts
    )
    for metric in METRICS:
        assert metric.feeds, metric.name
        for feed in metric.feeds:
            assert f'"{feed.happening}"' in sources, feed.happening


def test_names_and_labels_are_as_prometheus_wants_them() -> None:
    """One prefix, no name twice, seconds as the unit of every time."""
    names = [one.full_name for one in (*METRICS, *PROBES)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"chat_agent_[a-z_]+", name) for name in names)
    assert all(metric.name.endswith("_seconds") for metric in METRICS if metric.kind is Kind.HISTOGRAM)
    assert all(metric.help.endswith(".") for metric in METRICS)
    assert all(label is BOT or label.values for metric in METRICS for label in metric.labels)


def test_every_operation_has_a_value() -> None:
    """Those which the quota budget knows."""
    assert set(OPERATION.values or ()) == {operation.value for operation in Operation}


def test_every_reason_has_a_meaning() -> None:
    """What `/readyz` says in words."""
    assert set(MEANINGS) == set(Reason)


def test_the_reference_page_is_written_from_the_table() -> None:
    """After a change: ``python -m agent.telemetry.reference > docs/metrics.md``."""
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8") == page()


def test_every_trigger_alarm_and_outcome_has_a_value() -> None:
    """Those which the session knows; a turn that was not committed is abandoned."""
    assert set(TRIGGER.values or ()) == {trigger.value for trigger in Trigger}
    assert set(ALARM.values or ()) == {alarm.value for alarm in Alarm}
    assert set(OUTCOME.values or ()) == {outcome.value for outcome in Outcome} | {"abandoned"}
