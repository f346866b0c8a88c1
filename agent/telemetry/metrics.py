"""Counts what happens: a `Report` that feeds the metrics of `agent.telemetry.catalogue`, in a registry of its own.

Which bot a happening is about is known by its contact, from when that was claimed until its chat is closed. A series
that is born with its first count hides it, as Prometheus tells increases from two numbers: so what may come is shown
at 0 before. It knows no chat, no store and no HTTP; who shows the numbers asks for `exposition`.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from agent.ids import ContactKey
from agent.telemetry.catalogue import METRICS, PROBES, Amount, Kind, Metric, Probe
from agent.telemetry.happening import Happening
from agent.telemetry.labels import MOST_BOTS, OTHER, Label

Reading = Callable[[], float | Mapping[str, float]]
"""What a probe reads: one number, or one for each value of its label."""


class Metrics:
    """A `Report`: call it with each `Happening`."""

    def __init__(self, bots: Iterable[str] = ()) -> None:
        """`bots` are the names of those that are served: their series are there from the beginning."""
        self._registry = CollectorRegistry()
        self._bots = _Bots()
        self._readings: dict[str, Reading] = {}
        self._fed: dict[str, list[_Fed]] = {}
        names = tuple(dict.fromkeys(map(self._bots.known, bots)))
        for metric in METRICS:
            self._declare(metric, names)
        self._registry.register(_Probes(self._readings))
        ProcessCollector(registry=self._registry)

    def __call__(self, happening: Happening) -> None:
        if happening.name == "contact.claimed":
            self._bots.meet(happening)
        if fed := self._fed.get(happening.name):
            bot = self._bots.of(happening.contact)
            for one in fed:
                one(happening, bot)
        if happening.name == "chat.closed":
            self._bots.forget(happening)

    def read(self, **readings: Reading) -> None:
        """From now on the probes of these names read this.

        Raises:
            KeyError: there is no such probe.
        """
        known = {probe.name for probe in PROBES}
        for name, reading in readings.items():
            if name not in known:
                raise KeyError(name)
            self._readings[name] = reading

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """All numbers, and the content type: OpenMetrics for who accepts it, else Prometheus's own text."""
        encode, content_type = choose_encoder(accept)
        return encode(_WithoutBirthdays(self._registry)), content_type

    def _declare(self, metric: Metric, bots: Iterable[str]) -> None:
        series = _Series(metric, self._registry)
        if metric.kind is not Kind.HISTOGRAM:  # each has a dozen lines, and none is about what is rare
            series.begin(bots)
        for feed in metric.feeds:
            self._fed.setdefault(feed.happening, []).append(_Fed(series, feed.amount))


class _Bots:
    """Which bot serves which contact, under names of which there are only so many."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._serving: dict[ContactKey, str] = {}

    def known(self, name: str) -> str:
        """The name that it has here."""
        if name not in self._names and len(self._names) >= MOST_BOTS:
            return OTHER
        self._names.add(name)
        return name

    def meet(self, claimed: Happening) -> None:
        name = self.known(str(claimed.fields.get("bot", OTHER)))
        if claimed.contact is not None:
            self._serving[claimed.contact] = name

    def of(self, contact: ContactKey | None) -> str:
        return OTHER if contact is None else self._serving.get(contact, OTHER)

    def forget(self, closed: Happening) -> None:
        if closed.contact is not None:
            self._serving.pop(closed.contact, None)


class _Series:
    """One metric and its series by their labels' values. Found once, a series is kept: looking it up costs more."""

    def __init__(self, metric: Metric, registry: CollectorRegistry) -> None:
        self._labels = metric.labels
        self._kept: dict[tuple[str, ...], Callable[[float], None]] = {}
        names = [label.name for label in metric.labels]
        name = metric.full_name
        self._family: Counter | Gauge | Histogram
        match metric.kind:
            case Kind.COUNTER:
                self._family = Counter(name, metric.help, names, registry=registry)
            case Kind.GAUGE:
                self._family = Gauge(name, metric.help, names, registry=registry)
            case Kind.HISTOGRAM:
                self._family = Histogram(name, metric.help, names, registry=registry, buckets=metric.buckets)

    def begin(self, bots: Iterable[str]) -> None:
        """Shows at 0 each series that these bots may come to have."""
        known = [bots if label.values is None else label.values for label in self._labels]
        for values in product(*known):
            self._found(values)

    def add(self, amount: float, happening: Happening, bot: str) -> None:
        values = tuple([bot if label.of is None else label.of(happening) for label in self._labels])
        if (add := self._kept.get(values)) is None:
            add = self._found(tuple(map(_bounded, self._labels, values)))
            if len(self._kept) < _MOST_KEPT:
                self._kept[values] = add
        add(amount)

    def _found(self, values: tuple[str, ...]) -> Callable[[float], None]:
        child = self._family.labels(*values) if values else self._family
        return child.observe if isinstance(child, Histogram) else child.inc


_MOST_KEPT = 5_000


def _bounded(label: Label, value: str) -> str:
    return value if label.values is None or value in label.values else OTHER


class _Fed:
    """One metric, fed by one happening."""

    __slots__ = ("_amount", "_series")

    def __init__(self, series: _Series, amount: Amount) -> None:
        self._series = series
        self._amount = amount

    def __call__(self, happening: Happening, bot: str) -> None:
        amount = self._amount(happening)
        if amount is not None:
            self._series.add(amount, happening, bot)


class _WithoutBirthdays(Collector):
    """All numbers, but not when each series was begun: that doubles their count, and nobody asks for it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Family]:
        for family in self._registry.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family


class _Probes(Collector):
    """The gauges that are read when somebody asks."""

    def __init__(self, readings: Mapping[str, Reading]) -> None:
        self._readings = readings

    def collect(self) -> Iterable[Family]:
        for probe in PROBES:
            if reading := self._readings.get(probe.name):
                yield _family(probe, reading())


def _family(probe: Probe, read: float | Mapping[str, float]) -> Family:
    family = GaugeMetricFamily(probe.full_name, probe.help, labels=[probe.label] if probe.label else [])
    for value, number in read.items() if isinstance(read, Mapping) else [("", read)]:
        family.add_metric([value] if probe.label else [], number)
    return family
