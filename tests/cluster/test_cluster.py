"""The soak itself, short: real workers broken at random, and not a word lost, doubled or said by two."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.cluster.programs import ROOT
from tests.cluster.verdict import FAULTS

BOUND = 400
SHORT = ("--customers", "20", "--lease", "4", "--every", "4", "--pause", "3", "--json")
pytestmark = [
    pytest.mark.processes,
    pytest.mark.timeout(BOUND + 60),
]  # the machine may be busy


@contextmanager
def soaking(directory: Path, *wishes: str) -> Iterator[subprocess.Popen[str]]:
    """``make cluster``, in small; whatever it leaves behind would be in `directory`."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cluster", *SHORT, *wishes],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(directory)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            yield program
        finally:
            program.terminate()


def test_workers_are_broken_and_their_customers_notice_a_pause_only(tmp_path: Path) -> None:
    """Killed, stopped past its lease, drained, cut off: what must be said is said once, in order, by one at a time."""
    with soaking(tmp_path, "--seconds", "24", "--seed", "53") as program:
        output, errors = program.communicate(timeout=BOUND)
    assert program.returncode == 0, errors
    found = json.loads(output)
    assert {name: found[name.replace(" ", "_")] for name in FAULTS} == dict.fromkeys(FAULTS, 0)
    assert min(found["messages"], found["replies"], found["takeovers"]) > 0
    assert found["faults"]["killed"] > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_interrupts_it_is_left_with_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """No program goes on and no file is left, in the middle of everything."""
    with soaking(tmp_path, "--seconds", "600") as program:
        errors = program.stderr
        assert errors is not None
        assert "soaking" in iter(lambda: errors.readline().strip(), "")
        programs = psutil.Process(program.pid).children(recursive=True)
        assert len(programs) == 5
        program.send_signal(number)
        program.communicate(timeout=BOUND)
    assert program.returncode == 130
    assert not any(one.is_running() for one in programs)
    assert list(tmp_path.iterdir()) == []
