"""What starting costs: ``chat-agent --help``, and the way from the start to the first offer taken, in CPU seconds."""

import resource
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests.benchmarks.race import ROOT, Peer, Workload, run
from tests.benchmarks.suite import Result


def startings(rounds: int, tell: Callable[[str], None]) -> list[Result]:
    """Both, several times."""
    helping, offered = (Result(workload=name, peer="product", chats=1) for name in ("--help", "first offer"))
    for number in range(rounds):
        tell(f"starting, round {number + 1} of {rounds}")
        helping.runs.append(_help())
        offered.runs.append(_first_offer())
    return [helping, offered]


def _help() -> dict[str, Any]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run([sys.executable, "-m", "agent", "--help"], cwd=ROOT, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode:
        return {"failed": f"ended with {ended.returncode}"}
    return {"CPU s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "failed": ""}


def _first_offer() -> dict[str, Any]:
    peer = Peer(name="product", module="tests.benchmarks.peers.product")
    seen = run(peer, Workload(name="first offer", kind="join", chats=1))
    return {"failed": seen.failed} if seen.failed else {"CPU s": seen.starting + seen.joining, "failed": ""}
