"""Traces of turns: a `Report` that makes one span of each turn, and one in it of each reply that is sent.

The turn's span is the current one while the turn runs, so that whatever else is traced meanwhile (the calls of a bot
to a backend, for instance) belongs to it. Names are OpenTelemetry's where it has one. A span holds ids, numbers and
fixed words; never what was said, and of an error only its type. It knows the API of OpenTelemetry, no exporter.
"""

from contextvars import Token
from dataclasses import dataclass

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.util.types import AttributeValue

from agent.clock import Clock
from agent.ids import ContactKey
from agent.telemetry.happening import Happening

_SCOPE = "agent"
_SERVICE = "ConnectParticipant"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    span: Span
    token: Token[Context]


class Tracer:
    """A `Report`: call it with each `Happening`, from the task in which it happened."""

    def __init__(self, *, clock: Clock, provider: TracerProvider | None = None) -> None:
        """`provider` is by default the one that the process has set."""
        self._clock = clock
        self._tracer = trace.get_tracer(_SCOPE, tracer_provider=provider)
        self._turns: dict[ContactKey, _Open] = {}
        self._bots: dict[ContactKey, str] = {}

    def __call__(self, happening: Happening) -> None:
        contact = happening.contact
        match happening.name:
            case "contact.claimed" if contact:
                self._bots[contact] = str(happening.fields.get("bot", ""))
            case "chat.closed" if contact:
                self._bots.pop(contact, None)
            case "contact.joined" if contact:
                self._past("chat.join", contact, happening)
            case "turn.began" if contact:
                self._begin(contact, happening)
            case "turn.failed":
                trace.get_current_span().set_attribute("error.type", _name(happening.error))
            case "turn.committed" | "turn.abandoned" if contact:
                self._end(contact, happening)
            case "send.accepted" | "send.failed" if contact:
                self._past("chat.send", contact, happening, operation="SendMessage")
            case "store.saved" if contact and contact in self._turns:
                self._past("chat.save", contact, happening)
            case "call.repeated":
                trace.get_current_span().add_event("call.repeated", {"error.type": _name(happening.error)})
            case _:
                pass

    def _begin(self, contact: ContactKey, happening: Happening) -> None:
        fields = happening.fields
        attributes: dict[str, AttributeValue] = {
            **self._ids(contact),
            "chat.turn.id": str(fields["turn"]),
            "chat.turn.trigger": str(fields["trigger"]),
            "chat.turn.items": int(fields["items"]),
            "chat.turn.repeated": bool(fields["repeated"]),
        }
        # A turn is a trace of its own: what led to it is a customer, not a caller.
        span = self._tracer.start_span("chat.turn", Context(), SpanKind.CONSUMER, attributes, start_time=self._now())
        token = context.attach(trace.set_span_in_context(span))
        self._turns[contact] = _Open(span=span, token=token)

    def _end(self, contact: ContactKey, happening: Happening) -> None:
        opened = self._turns.pop(contact, None)
        if opened is None:
            return
        outcome = str(happening.fields.get("outcome", "abandoned"))
        opened.span.set_attribute("chat.turn.outcome", outcome)
        if outcome in {"failed", "timeout", "abandoned"}:
            opened.span.set_status(Status(StatusCode.ERROR))
        opened.span.end(self._now())
        context.detach(opened.token)

    def _past(self, name: str, contact: ContactKey, happening: Happening, operation: str = "") -> None:
        """A span of what is over already and told how long it took."""
        now = self._now()
        attributes: dict[str, AttributeValue] = self._ids(contact)
        if operation:
            attributes |= {"rpc.system": "aws-api", "rpc.service": _SERVICE, "rpc.method": operation}
        if happening.error is not None:
            attributes["error.type"] = _name(happening.error)
        took = int(float(happening.fields.get("seconds", 0.0)) * 1e9)
        kind = SpanKind.CLIENT if operation else SpanKind.INTERNAL
        span = self._tracer.start_span(name, kind=kind, attributes=attributes, start_time=now - took)
        if happening.error is not None:
            span.set_status(Status(StatusCode.ERROR))
        span.end(now)

    def _ids(self, contact: ContactKey) -> dict[str, AttributeValue]:
        return {
            "session.id": contact.contact_id,
            "aws.connect.instance.id": contact.instance_id,
            "chat.bot": self._bots.get(contact, ""),
        }

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1e9)


def _name(error: BaseException | None) -> str:
    return type(error).__name__
