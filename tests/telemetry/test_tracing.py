"""Traces of turns: one span each, replies in it, and never a word of anybody's."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from agent.clock import SystemClock
from agent.errors import HandedOff, Throttled
from agent.ids import ContactId, ContactKey, InstanceId
from agent.telemetry import Happening
from agent.telemetry.tracing import Tracer

KEY = ContactKey(InstanceId("instance"), ContactId("contact"))
HUSH = "my card is 4111"


class Traced:
    """A tracer and what it made."""

    def __init__(self) -> None:
        self._made = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._made))
        self.tracer = Tracer(clock=SystemClock(), provider=self.provider)

    def tell(self, name: str, error: BaseException | None = None, **fields: str | float) -> None:
        self.tracer(Happening(name=name, contact=KEY, fields=fields, error=error))

    def begin(self) -> None:
        self.tell("turn.began", turn="item-1", trigger="items", items=1, repeated=0)

    def commit(self, outcome: str = "done") -> None:
        self.tell("turn.committed", turn="item-1", trigger="items", items=1, outcome=outcome, seconds=0.1)

    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self._made.get_finished_spans()}


@pytest.fixture
def traced() -> Iterator[Traced]:
    traced = Traced()
    yield traced
    traced.provider.shutdown()


def test_a_turn_is_a_span_with_its_replies_inside(traced: Traced) -> None:
    """Contact, turn and bot by id; the reply as the call that it is."""
    traced.tell("contact.claimed", bot="shop", epoch=1)
    traced.begin()
    traced.tell("send.accepted", content_type="text/plain", seconds=0.25)
    traced.tell("store.saved", seconds=0.01)
    traced.commit()
    spans = traced.spans()
    turn, send, save = spans["chat.turn"], spans["chat.send"], spans["chat.save"]
    assert turn.parent is None
    assert turn.kind is SpanKind.CONSUMER
    assert dict(turn.attributes or {}) == {
        "session.id": "contact",
        "aws.connect.instance.id": "instance",
        "chat.bot": "shop",
        "chat.turn.id": "item-1",
        "chat.turn.trigger": "items",
        "chat.turn.items": 1,
        "chat.turn.repeated": False,
        "chat.turn.outcome": "done",
    }
    for inner in (send, save):
        assert inner.parent is not None
        assert inner.parent.span_id == turn.get_span_context().span_id
    assert send.kind is SpanKind.CLIENT
    assert (send.attributes or {})["rpc.method"] == "SendMessage"
    assert (send.end_time or 0) - (send.start_time or 0) == 250_000_000


def test_what_a_bot_traces_itself_belongs_to_the_turn(traced: Traced) -> None:
    """The turn's span is the current one while it runs, and not afterwards."""
    traced.begin()
    with traced.provider.get_tracer("shop").start_as_current_span("GET /stock"):
        pass
    traced.commit()
    spans = traced.spans()
    assert spans["GET /stock"].context.trace_id == spans["chat.turn"].context.trace_id
    assert not trace.get_current_span().get_span_context().is_valid


def test_each_turn_is_a_trace_of_its_own(traced: Traced) -> None:
    """A chat may last for hours; its turns do not hang on each other."""
    with traced.provider.get_tracer("outer").start_as_current_span("outer"):
        traced.begin()
        traced.commit()
    assert traced.spans()["chat.turn"].parent is None


@pytest.mark.parametrize("outcome", ["failed", "timeout"])
def test_a_failed_turn_is_an_error_by_its_type(traced: Traced, outcome: str) -> None:
    """The text of the exception may quote the customer."""
    traced.begin()
    traced.tell("turn.failed", error=ValueError(HUSH), turn="item-1")
    traced.commit(outcome)
    turn = traced.spans()["chat.turn"]
    assert turn.status.status_code is StatusCode.ERROR
    assert (turn.attributes or {})["error.type"] == "ValueError"
    assert HUSH not in turn.to_json()


def test_an_abandoned_turn_ends_its_span(traced: Traced) -> None:
    """Nothing is left open."""
    traced.begin()
    traced.tell("turn.abandoned", turn="item-1", trigger="items", items=1)
    assert (traced.spans()["chat.turn"].attributes or {})["chat.turn.outcome"] == "abandoned"
    traced.commit()
    assert not trace.get_current_span().get_span_context().is_valid


def test_repeated_calls_and_failed_sends_are_seen(traced: Traced) -> None:
    """As events of the turn, and as a span with an error."""
    traced.begin()
    traced.tell("call.repeated", error=Throttled("SendMessage"))
    traced.tell("send.failed", error=HandedOff(), seconds=0.1)
    traced.commit()
    spans = traced.spans()
    assert [event.name for event in spans["chat.turn"].events] == ["call.repeated"]
    assert spans["chat.send"].status.status_code is StatusCode.ERROR


def test_a_join_is_a_span(traced: Traced) -> None:
    """It is told when it is over."""
    traced.tell("contact.joined", seconds=1.5, resumed=0)
    join = traced.spans()["chat.join"]
    assert (join.end_time or 0) - (join.start_time or 0) == 1_500_000_000


def test_a_save_outside_of_a_turn_is_no_span(traced: Traced) -> None:
    """Nor is anything else that a tracer does not know."""
    traced.tell("store.saved", seconds=0.1)
    traced.tell("chat.closed")
    traced.tell("link.subscribed")
    assert traced.spans() == {}
