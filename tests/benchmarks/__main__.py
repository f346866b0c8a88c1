"""``python -m tests.benchmarks``: this project beside other bots, in one run.

--rounds N      how often everything is repeated, in turns (3)
--short         a few chats for a second each: shows that everything runs, measures nothing
--only WORD     workloads whose name holds the word
--out FOLDER    where results.json and results.png go (build/benchmarks)
--page          writes the tables of the last run into docs/performance.md, measuring nothing
"""

import argparse
from pathlib import Path

from rich.console import Console

from tests.benchmarks.decoding import decodings
from tests.benchmarks.race import ROOT
from tests.benchmarks.report import keep, kept_in, markdown, rewrite
from tests.benchmarks.sending import SENDING, sendings
from tests.benchmarks.starting_up import startings
from tests.benchmarks.suite import Result, contests, measured


def main() -> None:
    """Measures, prints, keeps."""
    given = _arguments()
    if given.page:
        rewrite(ROOT / "docs" / "performance.md", kept_in(given.out))
        return
    results = _measured(given)
    keep(results, given.out)
    print(markdown(results))
    if failed := [each for each in results for run in each.runs if run.get("failed")]:
        raise SystemExit(f"{len(failed)} runs failed.")


def _measured(given: argparse.Namespace) -> list[Result]:
    console = Console(stderr=True)
    chosen = [each for each in contests(rounds=given.rounds, short=given.short) if given.only in each.load.name]
    results = [] if given.only else [*startings(given.rounds, console.print), *decodings(given.rounds)]
    if given.only in SENDING:
        results += sendings(given.rounds)
    return [*results, *measured(chosen, console.print)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "benchmarks")
    parser.add_argument("--page", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
