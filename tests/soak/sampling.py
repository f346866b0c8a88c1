"""What a daemon looks like from outside at one moment: /proc, and its own metrics. It judges nothing."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

Labels: TypeAlias = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Numbers:
    """One reading of ``/metrics``."""

    series: Mapping[tuple[str, Labels], float]

    def total(self, name: str, **labels: str) -> float:
        """The sum of all series of this name that have these labels."""
        wanted = set(labels.items())
        return sum(value for (known, has), value in self.series.items() if known == name and wanted <= has)

    def parts(self, name: str, label: str) -> dict[str, float]:
        """The series of this name by the values of one label; zeros are left out."""
        found: dict[str, float] = {}
        for (known, has), value in self.series.items():
            if known == name and value:
                key = dict(has).get(label, "")
                found[key] = found.get(key, 0) + value
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`at` is seconds since the soak began; `rss` is KB; `lag` the event loop's mean lateness since the sample before,
    in milliseconds; `cpu` the seconds of a core that the process has used so far."""

    at: float
    customers: int
    chats: float
    rss: float
    tasks: float
    files: int
    sockets: int
    threads: int
    lag: float
    cpu: float

    def shown(self) -> dict[str, float]:
        """For the report."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


class Sampler:
    """Looks at the process `pid` whose metrics are at `url`."""

    def __init__(self, pid: int, url: str, session: aiohttp.ClientSession) -> None:
        self._proc = Path(f"/proc/{pid}")
        self._url = f"{url}/metrics"
        self._session = session
        self._lag = (0.0, 0.0)

    async def numbers(self) -> Numbers:
        """The metrics as they are now."""
        async with self._session.get(self._url, raise_for_status=True) as answer:
            text = await answer.text()
        families = text_string_to_metric_families(text)
        return Numbers(
            {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}
        )

    async def sample(self, at: float, customers: int) -> Sample:
        """The process as it is now."""
        numbers = await self.numbers()
        files = [_target(path) for path in (self._proc / "fd").iterdir()]
        status = dict(line.split(":", 1) for line in (self._proc / "status").read_text().splitlines())
        return Sample(
            at=at,
            customers=customers,
            chats=numbers.total("chat_agent_chats"),
            rss=float(status["VmRSS"].split()[0]),
            tasks=numbers.total("chat_agent_tasks"),
            files=len(files),
            sockets=sum(target.startswith("socket:") for target in files),
            threads=int(status["Threads"]),
            lag=self._mean_lag(numbers),
            cpu=numbers.total("process_cpu_seconds_total"),
        )

    def _mean_lag(self, numbers: Numbers) -> float:
        name = "chat_agent_loop_lag_seconds"
        before, self._lag = self._lag, (numbers.total(f"{name}_sum"), numbers.total(f"{name}_count"))
        beats = self._lag[1] - before[1]
        return (self._lag[0] - before[0]) / beats * 1_000 if beats else 0.0


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:  # closed meanwhile
        return ""
