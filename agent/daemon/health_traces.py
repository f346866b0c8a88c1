"""Opens OpenTelemetry's SDK for the time in which a worker runs; its own variables (``OTEL_…``) say where traces go.

It knows no turn; what is traced is the tracer's business.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from agent.clock import Clock
from agent.errors import InvalidSetting
from agent.telemetry import Report


@contextmanager
def traced(clock: Clock) -> Iterator[Report]:
    """A `Report` that traces; on leaving, what was not sent yet is sent, in bounded time.

    Raises:
        InvalidSetting: the SDK is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise InvalidSetting(
            "tracing.enabled", "the SDK is missing; pip install 'connect-chat-agent[otel]', or switch it off."
        ) from error
    from agent.telemetry.tracing import Tracer

    resource = Resource({SERVICE_NAME: "chat-agent"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    try:
        yield Tracer(clock=clock, provider=provider)
    finally:
        provider.shutdown()
