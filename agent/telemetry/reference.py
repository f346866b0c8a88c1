"""The reference page of the metrics, written from their table: ``python -m agent.telemetry.reference``."""

from collections.abc import Iterator

from agent.telemetry.catalogue import METRICS, PROBES, Kind, Metric, Probe
from agent.telemetry.labels import MOST_BOTS, OTHER, Label
from agent.telemetry.reasons import MEANINGS

_HEAD = f"""# Metrics

Every metric that `/metrics` shows, written from the table in `agent/telemetry/catalogue.py`. [How to get at them, and
what to watch](telemetry.md).

A label `bot` is the bot's name; the first {MOST_BOTS} bots have series of their own. Any label's value that is not
listed here is counted as `{OTHER}`, so that the number of series has a bound. Counters and gauges of the bots that a
worker serves are shown at 0 from its start, for each value of their labels, so that the first count of all is an
increase, too. The histograms have the suffixes `_bucket`, `_sum` and `_count`; with labels they appear when something
was measured. The process itself is there as well (`process_resident_memory_bytes`, `process_open_fds` and others), as
Prometheus names it.

| metric | type | labels | meaning | fed by |
|---|---|---|---|---|
"""


def page() -> str:
    """The page, in Markdown."""
    rows = "".join([*map(_metric, METRICS), *map(_probe, PROBES)])
    return f"{_HEAD}{rows}\n{''.join(_values())}\n{''.join(_reasons())}"


def _metric(metric: Metric) -> str:
    labels = ", ".join(f"`{label.name}`" for label in metric.labels)
    fed_by = ", ".join(f"`{name}`" for name in dict.fromkeys(feed.happening for feed in metric.feeds))
    return f"| `{metric.full_name}` | {metric.kind.value} | {labels} | {metric.help} | {fed_by} |\n"


def _probe(probe: Probe) -> str:
    label = f"`{probe.label}`" if probe.label else ""
    return f"| `{probe.full_name}` | {Kind.GAUGE.value} | {label} | {probe.help} | read when asked |\n"


def _values() -> Iterator[str]:
    yield "## Values of the labels\n\n| metric | label | values |\n|---|---|---|\n"
    for metric in METRICS:
        yield from (_listed(metric, label) for label in metric.labels if label.values)


def _listed(metric: Metric, label: Label) -> str:
    return f"| `{metric.full_name}` | `{label.name}` | {', '.join(label.values or ())} |\n"


def _reasons() -> Iterator[str]:
    yield "## Reasons not to be ready\n\n| reason | meaning |\n|---|---|\n"
    yield from (f"| `{reason.value}` | {meaning} |\n" for reason, meaning in MEANINGS.items())


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - that is what it is for
