"""The log's way out: it holds up nobody, and says what it lost."""

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest

from agent.telemetry.outlet import Outlet


class Pipe:
    """A pipe, and an outlet into it that notes what was lost."""

    def __init__(self, room: int = 100) -> None:
        self.reads, self.writes = os.pipe()
        self.lost: list[int] = []
        self.outlet = Outlet(self.writes, lost=self.lost.append, room=room)

    def read(self, size: int = 1 << 20) -> str:
        return os.read(self.reads, size).decode()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.outlet.drain()
    os.close(made.reads)
    os.close(made.writes)


def test_lines_come_out_whole_and_in_order(pipe: Pipe) -> None:
    """All that were taken, once drained."""
    for number in range(50):
        pipe.outlet.write(f"{number} é\n")
    pipe.outlet.flush()
    pipe.outlet.drain()
    assert pipe.read() == "".join(f"{number} é\n" for number in range(50))
    assert pipe.lost == []


def test_whoever_does_not_read_holds_nobody_up(pipe: Pipe) -> None:
    """A full pipe blocks the thread alone; once it is read, what was lost is told."""
    line = "x" * 1_000 + "\n"
    for _ in range(1_000):
        pipe.outlet.write(line)
    os.set_blocking(pipe.reads, False)
    got = ""
    while got.count("\n") + sum(pipe.lost) < 1_000:
        pipe.outlet.drain(within=0.01)
        with suppress(BlockingIOError):
            got += pipe.read()
    assert set(got.splitlines(keepends=True)) == {line}
    assert got.count("\n") + sum(pipe.lost) == 1_000
    assert sum(pipe.lost) > 0


def test_a_reader_that_is_gone_ends_nothing() -> None:
    """Every line is lost, and none raises."""
    pipe = Pipe()
    os.close(pipe.reads)
    for _ in range(3):
        pipe.outlet.write("x\n")
        pipe.outlet.drain()
    assert pipe.lost == []
    os.close(pipe.writes)


def test_after_a_failure_half_a_line_stands_alone(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that was full in the middle of a line does not spoil the next one; the loss is told once."""
    write, answers = os.write, iter([3, None, 100])

    def fails(descriptor: int, data: memoryview) -> int:
        size = next(answers)
        if size is None:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[:size])

    monkeypatch.setattr("agent.telemetry.outlet.os.write", fails)
    pipe.outlet.write("first\n")
    pipe.outlet.drain()
    assert pipe.lost == []
    pipe.outlet.write("second\n")
    pipe.outlet.drain()
    assert (pipe.read(), pipe.lost) == ("fir\nsecond\n", [1])


def test_a_file_that_others_made_non_blocking_is_waited_for(pipe: Pipe) -> None:
    """As a terminal or a pipe that is shared may be."""
    os.set_blocking(pipe.writes, False)
    for _ in range(90):
        pipe.outlet.write("x" * 1_000 + "\n")
    got = ""
    while len(got) < 90 * 1_001:
        got += pipe.read(65_536)
    assert pipe.lost == []
