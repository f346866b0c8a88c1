"""What one SendMessage costs, from the call to the returned answer: aiobotocore, tuned, this project, bare bytes."""

import os
import subprocess
import sys
from typing import Any

from tests.benchmarks.race import ROOT, Workload, served
from tests.benchmarks.suite import Result

WAYS = ("aiobotocore", "aiobotocore, tuned", "product", "limit")
_KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": "us-east-1"}


def sendings(rounds: int, ways: tuple[str, ...] = WAYS) -> list[Result]:
    """Microseconds of CPU per call, all ways in turn."""
    found = {way: Result(workload="one SendMessage", peer=way, chats=1) for way in ways}
    for _ in range(rounds):
        for way, result in found.items():
            result.runs.append(_run(way))
    return list(found.values())


def _run(way: str) -> dict[str, Any]:
    try:
        return {"µs": _measured(way), "failed": ""}
    except (StopIteration, OSError, ValueError, subprocess.SubprocessError) as error:
        return {"failed": f"{type(error).__name__} {error}"}


def _measured(way: str) -> float:
    with served(Workload(name="one SendMessage", kind="sending", chats=2)) as url:
        command = ["taskset", "-c", str(sorted(os.sched_getaffinity(0))[-1])]
        command += [sys.executable, "-m", "tests.benchmarks.peers.sending", url, way]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **_KEYS}, check=True, capture_output=True, timeout=60
        )
        return float(done.stdout)


if __name__ == "__main__":
    for each in sendings(3, tuple(sys.argv[1:]) or WAYS):
        print(f"{each.peer}: {each.median('µs'):.1f} µs {each.spread('µs')}")
