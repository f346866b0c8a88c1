"""``python -m tests.simulation SEEDS [FIRST [KIND]]``: many stories, two at a time, and a table of what happened.

KIND is ``single``, one worker's sessions; ``cluster``, several workers with leases over one store; or ``both``, which
tells the second, slower kind for every tenth seed.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import track
from rich.table import Table

from agent.testing.virtual import run_virtually
from tests.simulation.freezing import run_freezing
from tests.simulation.upgrades import cluster_story
from tests.simulation.verdict import violations
from tests.simulation.world import Outcome, story

BATCH = 25
EVERY = 10
KINDS: dict[str, Callable[[int], Outcome]] = {
    "single": lambda seed: run_virtually(story(seed)),
    "cluster": lambda seed: run_freezing(cluster_story(seed)),
}


@dataclass
class Sums:
    """What many stories add up to."""

    stories: int = 0
    hours: float = 0.0
    chats: int = 0
    messages: int = 0
    crashes: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: "Sums") -> None:
        self.stories += other.stories
        self.hours += other.hours
        self.chats += other.chats
        self.messages += other.messages
        self.crashes += other.crashes
        self.struck += other.struck
        self.broken += other.broken


def tell(told: tuple[range, str]) -> Sums:
    """Runs the stories of these seeds and kind; one that raises is a violation like any other."""
    sums = Sums()
    for seed, kind in _drawn(*told):
        sums.stories += 1
        name = f"{seed} {kind}"
        try:
            outcome = KINDS[kind](seed)
        except BaseException as error:  # whatever it is, it is this seed's verdict
            sums.broken.append((name, f"{type(error).__name__}: {error}"))
            continue
        sums.hours += outcome.seconds / 3600
        sums.chats += len(outcome.chats)
        sums.messages += sum(len(chat.said) for chat in outcome.chats)
        sums.crashes += outcome.crashes
        sums.struck.update(outcome.struck)
        sums.broken += [(name, violation) for violation in violations(outcome)]
    return sums


def _drawn(seeds: range, kind: str) -> Iterator[tuple[int, str]]:
    for seed in seeds:
        if kind in ("single", "both"):
            yield seed, "single"
        if kind == "cluster" or (kind == "both" and (seed % EVERY == 0 or len(seeds) == 1)):
            yield seed, "cluster"


def table(sums: Sums) -> Table:
    """The summary, faults by kind."""
    shown = Table(title="Simulation", show_header=False)
    for name, value in (
        ("stories", f"{sums.stories:,}"),
        ("virtual hours", f"{sums.hours:,.0f}"),
        ("chats", f"{sums.chats:,}"),
        ("customer messages", f"{sums.messages:,}"),
        ("worker crashes", f"{sums.crashes:,}"),
        *((kind, f"{count:,}") for kind, count in sorted(sums.struck.items())),
    ):
        shown.add_row(name, value)
    shown.add_section()
    shown.add_row("violations", str(len(sums.broken)))
    return shown


def main(count: int, first: int = 0, kind: str = "both") -> int:
    """The exit code: 0 when every promise was kept."""
    batches = [range(start, min(start + BATCH, first + count)) for start in range(first, first + count, BATCH)]
    sums = Sums()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for result in track(
            pool.map(tell, [(batch, kind) for batch in batches]), total=len(batches), description="stories"
        ):
            sums.add(result)
    console = Console()
    console.print(table(sums))
    for name, violation in sums.broken[:20]:
        console.print(f"seed {name}: {violation}", style="red", highlight=False)
    if sums.broken:
        console.print("replay one with: python -m tests.simulation 1 SEED KIND")
    return 1 if sums.broken else 0


if __name__ == "__main__":
    count, first, kind = (*sys.argv[1:4], *("2000", "0", "both")[len(sys.argv) - 1 :])
    sys.exit(main(int(count), int(first), kind))
