"""``python -m tests.simulation SEEDS [FIRST]``: many stories, two at a time, and a table of what happened."""

import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import track
from rich.table import Table

from agent.testing.virtual import run_virtually
from tests.simulation.verdict import violations
from tests.simulation.world import story

BATCH = 25


@dataclass
class Sums:
    """What many stories add up to."""

    stories: int = 0
    hours: float = 0.0
    chats: int = 0
    messages: int = 0
    crashes: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: "Sums") -> None:
        self.stories += other.stories
        self.hours += other.hours
        self.chats += other.chats
        self.messages += other.messages
        self.crashes += other.crashes
        self.struck += other.struck
        self.broken += other.broken


def tell(seeds: range) -> Sums:
    """Runs the stories of `seeds`; one that raises is a violation like any other."""
    sums = Sums()
    for seed in seeds:
        sums.stories += 1
        try:
            outcome = run_virtually(story(seed))
        except BaseException as error:  # whatever it is, it is this seed's verdict
            sums.broken.append((seed, f"{type(error).__name__}: {error}"))
            continue
        sums.hours += outcome.seconds / 3600
        sums.chats += len(outcome.chats)
        sums.messages += sum(len(chat.said) for chat in outcome.chats)
        sums.crashes += outcome.crashes
        sums.struck.update(outcome.struck)
        sums.broken += [(seed, violation) for violation in violations(outcome)]
    return sums


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


def main(count: int, first: int = 0) -> int:
    """The exit code: 0 when every promise was kept."""
    batches = [range(start, min(start + BATCH, first + count)) for start in range(first, first + count, BATCH)]
    sums = Sums()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for result in track(pool.map(tell, batches), total=len(batches), description="stories"):
            sums.add(result)
    console = Console()
    console.print(table(sums))
    for seed, violation in sums.broken[:20]:
        console.print(f"seed {seed}: {violation}", style="red", highlight=False)
    if sums.broken:
        console.print("replay one with: python -m tests.simulation 1 SEED")
    return 1 if sums.broken else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3] or ["2000"])))
