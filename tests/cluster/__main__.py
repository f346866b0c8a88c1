"""``python -m tests.cluster``: real workers, broken at random, and a verdict. Exit code 0: every promise was kept."""

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path

import anyio
from rich.console import Console
from rich.live import Live

from tests.cluster.progress import DRAWN, INGRESSES, Progress, Wishes
from tests.cluster.shown import as_json, judged, live
from tests.cluster.soak import soak
from tests.cluster.story import story
from tests.cluster.verdict import Verdict, verdict

SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when every promise was kept, 1 when one was broken, 130 after Ctrl-C."""
    asked = _parser().parse_args(arguments)
    console = Console(stderr=asked.json)
    wishes = Wishes(**{name: value for name, value in vars(asked).items() if name not in ("json", "keep")})
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with _directory() as directory:
            progress = anyio.run(soak, wishes, directory, partial(_watch, console))
            found = verdict(progress.chats, progress.claims)
            console.print(judged(found, progress))
            if asked.json:
                print(json.dumps(as_json(found, progress)))
            if asked.keep or found.violations or progress.wrong:
                _put_aside(found, progress, console)
            return 1 if found.violations or progress.wrong else 0
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    standard = Wishes()
    for name, meaning in (
        ("seconds", "how long faults strike"),
        ("customers", "chats at once"),
        ("workers", "processes that serve them"),
        ("seed", "the same faults in the same order"),
        ("every", "seconds between two faults"),
        ("pause", "mean seconds between two messages of a customer"),
        ("lease", "of the workers, in seconds"),
    ):
        default = getattr(standard, name)
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"{meaning} [{default}]")
    choices = (*INGRESSES, DRAWN)
    parser.add_argument("--ingress", choices=choices, default=standard.ingress, help=f"[{standard.ingress}]")
    parser.add_argument("--json", action="store_true", help="the verdict for programs, on standard output")
    parser.add_argument("--keep", action="store_true", help="keep the logs even if nothing was broken")
    return parser


@contextmanager
def _directory() -> Iterator[Path]:
    """Goes at the end, unless something was put aside in it."""
    directory = Path(tempfile.mkdtemp(prefix="cluster-"))
    try:
        yield directory
    finally:
        if not (directory / "kept").exists():
            shutil.rmtree(directory)


async def _watch(console: Console, progress: Progress) -> None:
    """The live table; where nobody watches, a line for each stage."""
    told = ""
    with Live(console=console, auto_refresh=False) if console.is_terminal else nullcontext() as screen:
        while True:
            progress.read_logs()
            if screen:
                screen.update(live(progress), refresh=True)
            elif progress.stage != told:
                console.print(told := progress.stage)
            await anyio.sleep(1)


def _put_aside(found: Verdict, progress: Progress, console: Console) -> None:
    """The logs stay, with a story of each contact that a promise was broken to, and of the one that waited longest."""
    stories = progress.directory / "kept"
    stories.mkdir()
    for contact in {found.worst, *(violation.contact for violation in found.violations)} - {""}:
        (stories / f"{contact}.txt").write_text(story(contact, progress), encoding="utf-8")
    for violation in found.violations[:SHOWN]:
        console.print(f"{violation.fault}: {violation.contact}: {violation.detail}", style="red", highlight=False)
    for sentence in progress.wrong:
        console.print(sentence, style="red", highlight=False)
    console.print(f"Logs are in {progress.directory}, stories of the contacts in {stories}.", soft_wrap=True)
    again = " ".join(f"--{name} {value}" for name, value in asdict(progress.wishes).items())
    console.print(f"The same faults again: python -m tests.cluster {again}", soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
