"""Real processes on one file: killed at any instant, and contending for a contact."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest

from agent.clock import SystemClock
from agent.ids import WorkerId
from agent.store import SQLiteStore
from agent.store.file import Synchronous, open_file
from agent.testing.conformance.records import key

PROGRAMS = Path(__file__).with_name("programs.py")
KILLS = 15

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]  # many starts of Python, perhaps on a busy machine


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contacts.db"


@contextmanager
def running(program: str, path: Path, worker: str) -> Iterator[subprocess.Popen[str]]:
    """A child process, killed and reaped at the end whatever happened."""
    command = [sys.executable, str(PROGRAMS), program, str(path), worker]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def saved_until_killed(path: Path, lines: int) -> list[list[str]]:
    """Lets the writer report `lines` saves, kills it with -9 and returns all that it reported, whole lines only."""
    with running("write", path, "ann") as child:
        assert child.stdout is not None
        reported = [child.stdout.readline() for _ in range(lines)]
        child.send_signal(signal.SIGKILL)
        reported += child.stdout.readlines()
    return [line.split() for line in reported if line.endswith("\n")]


async def turns_in(path: Path) -> dict[str, int]:
    """What a new process finds: each contact's last turn, having decoded it whole."""
    async with await SQLiteStore.open(path, clock=SystemClock()) as store:
        found = [record for number in range(8) if (record := await store.load(key(number)))]
    assert all(record.state == str(turn).encode() * (turn % 3000) for record in found if (turn := record.handled_turns))
    return {record.key.contact_id: record.handled_turns for record in found}


async def test_whatever_was_committed_is_there_after_a_kill_at_any_instant(path: Path) -> None:
    """Killed with -9 fifteen times over on one file: it opens, and holds every save that was reported."""
    random = Random(20261123)  # where in the loop the kill strikes is the machine's own chance
    for _ in range(KILLS):
        last: dict[str, int] = {}
        for contact, turn in saved_until_killed(path, random.randrange(1, 400)):
            last[contact] = int(turn)
        found = await turns_in(path)
        assert all(found[contact] >= turn for contact, turn in last.items())
        assert all(turn <= last.get(contact, 0) + 1 or contact not in last for contact, turn in found.items())


def kill_after(path: Path, bytes_written: int) -> None:
    """Kills a writer as soon as its files have grown to `bytes_written`: in the middle of opening, too."""
    with running("write", path, "ann") as child:
        while child.poll() is None and size(path.parent) < bytes_written:
            pass
        child.send_signal(signal.SIGKILL)


def size(directory: Path) -> int:
    total = 0
    for file in directory.iterdir():
        try:
            total += 1 + file.stat().st_size
        except FileNotFoundError:
            continue
    return total


@pytest.mark.parametrize("grown", [1, 2, 4096, 20_000, 40_000])
async def test_a_kill_while_the_store_is_made_leaves_one_that_opens(path: Path, grown: int) -> None:
    """There is a whole store or none."""
    kill_after(path, grown)
    async with await SQLiteStore.open(path, clock=SystemClock()) as store:
        assert await store.workers() == []


def raced(path: Path, program: str) -> list[list[str]]:
    """Lets ann and bob run `program` on one file, begun together; the words each reported, its name first."""
    open_file(path, Synchronous.FULL).close()
    with running(program, path, "ann") as ann, running(program, path, "bob") as bob:
        for child in (ann, bob):
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in (ann, bob):
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        told = {name: child.communicate(timeout=200)[0] for name, child in (("ann", ann), ("bob", bob))}
        assert (ann.returncode, bob.returncode) == (0, 0)
    return [[name, *line.split()] for name, lines in told.items() for line in lines.splitlines()]


def test_two_processes_that_contend_for_a_contact_are_fenced(path: Path) -> None:
    """No turn is committed twice and none is lost: together they are the turns 1, 2, 3 … in order of epoch."""
    committed = sorted((int(epoch), int(turn), name) for name, epoch, turn in raced(path, "contend"))
    assert [turn for _, turn, _ in committed] == list(range(1, len(committed) + 1))
    assert len({(epoch, name) for epoch, _, name in committed}) == len({epoch for epoch, _, _ in committed})


def test_of_two_live_processes_exactly_one_wins_each_contact(path: Path) -> None:
    """Both alive, both claiming the same fifty at once."""
    won = Counter(contact for _, contact in raced(path, "win"))
    assert won == Counter(key(number).contact_id for number in range(50))
    with closing(open_file(path, Synchronous.FULL)) as connection:
        assert connection.execute("SELECT count(*) FROM contacts WHERE epoch = 1").fetchone() == (50,)


async def test_another_process_sees_leases_and_contacts_at_once(path: Path) -> None:
    """Leases are rows in the same file."""
    async with await SQLiteStore.open(path, clock=SystemClock()) as store:
        with running("win", path, "ann") as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            assert await store.workers() == [WorkerId("ann")]
