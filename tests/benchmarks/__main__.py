"""``python -m tests.benchmarks``: this project beside other bots, in one run of about half an hour.

--rounds N      how often what a goal compares is repeated, in turns (5); all else about half as often
--short         a few chats for a second each: shows that everything runs, measures nothing; a minute or two
--only WORD     workloads whose name holds the word, and what they build on
--out FOLDER    where results.json and the pictures go (build/benchmarks)
--page          writes the tables and pictures of the last run into docs/performance.md, measuring nothing
"""

import argparse
from pathlib import Path
from time import monotonic

from rich.console import Console

from tests.benchmarks.decoding import decodings
from tests.benchmarks.race import ROOT
from tests.benchmarks.report import keep, kept_in, machine, markdown, rewrite
from tests.benchmarks.sending import sendings
from tests.benchmarks.starting_up import startings
from tests.benchmarks.suite import Result, contests, measured, with_word


def main() -> None:
    """Measures, prints, keeps."""
    given = _arguments()
    if given.page:
        rewrite(ROOT / "docs" / "performance.md", *kept_in(given.out))
        return
    began = monotonic()
    results = _measured(given)
    keep(results, given.out)
    print(markdown(results, machine()))
    print(f"{(monotonic() - began) / 60:.1f} minutes; kept in {given.out}.")
    if failed := [run for each in results for run in each.runs if run.get("failed")]:
        raise SystemExit(f"{len(failed)} runs failed; the tables say why.")


def _measured(given: argparse.Namespace) -> list[Result]:
    console = Console(stderr=True)
    chosen = with_word(given.only, contests(rounds=given.rounds, short=given.short))
    rounds = 1 if given.short else given.rounds
    apart = [] if given.only else [*startings(rounds, console.print), *decodings(rounds), *sendings(min(rounds, 3))]
    return [*measured(chosen, console.print), *apart]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "benchmarks")
    parser.add_argument("--page", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
