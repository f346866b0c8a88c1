"""What can be seen of a soak while it runs, and what is left of it at the end. It starts nothing and judges nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agent.clock import SystemClock
from tests.cluster.chats import Claim, Seen
from tests.cluster.customer import Customer
from tests.cluster.plan import Strike
from tests.cluster.workers import Worker

INGRESSES = ("websocket", "streaming", "auto")
DRAWN = "drawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How big and how long. `pause` is the mean time between two messages of a customer, `every` that between two
    faults, `lease` the workers'; all in seconds. `ingress` is the workers' setting, or drawn from the seed."""

    seconds: float = 120.0
    customers: int = 100
    workers: int = 3
    seed: int = 0
    every: float = 5.0
    pause: float = 6.0
    lease: float = 6.0
    ingress: str = "websocket"

    @property
    def way(self) -> str:
        """The workers' setting. A local Amazon Connect gives its bots no websocket unless that is the way."""
        return INGRESSES[self.seed % len(INGRESSES)] if self.ingress == DRAWN else self.ingress


@dataclass
class Progress:
    """Attributes:
    stage: what the soak is doing.
    strikes: the faults that have begun.
    claims: what the workers' logs tell so far.
    chats: what the customers saw, at the end.
    left: what workers have left behind at the end, and should not have.
    """

    wishes: Wishes
    directory: Path
    stage: str = "starting"
    workers: list[Worker] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    strikes: list[Strike] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    chats: list[Seen] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    _began: float | None = None
    _read: dict[Path, int] = field(default_factory=dict)

    def begin(self) -> None:
        """The customers come."""
        self.stage, self._began = "soaking", SystemClock().monotonic()

    @property
    def seconds(self) -> float:
        """Since the customers came."""
        return 0.0 if self._began is None else SystemClock().monotonic() - self._began

    @property
    def wrong(self) -> list[str]:
        """What workers should not have done."""
        return [*(sentence for worker in self.workers for sentence in worker.wrong), *self.left]

    @property
    def owners(self) -> dict[str, str]:
        """Each contact's last owner."""
        return {claim.contact: claim.worker for claim in sorted(self.claims, key=lambda claim: claim.epoch)}

    def read_logs(self) -> None:
        """Takes in what the workers have written since."""
        for path in self.logs():
            with path.open("rb") as log:
                log.seek(self._read.get(path, 0))
                for line in log:
                    if not line.endswith(b"\n"):
                        break
                    self._read[path] = self._read.get(path, 0) + len(line)
                    self.claims += _claims(line, path.stem)

    def logs(self) -> list[Path]:
        """One for each life of each worker."""
        return sorted(self.directory.glob("w*.log"))


def _claims(line: bytes, worker: str) -> Iterator[Claim]:
    if b'"contact.claimed"' in line:
        told = json.loads(line)
        yield Claim(contact=told["contact_id"], worker=worker, epoch=told["epoch"])
