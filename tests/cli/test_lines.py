"""Lines from whatever standard input is."""

import os
from pathlib import Path

import anyio
import pytest

from agent.cli.lines import lines_of


async def _all(descriptor: int) -> list[str]:
    with anyio.fail_after(20):
        return [line async for line in lines_of(descriptor)]


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        (b"", []),
        (b"a\nb\n", ["a", "b"]),
        (b"a\r\n\nb", ["a", "", "b"]),
        ("grüß\n".encode(), ["grüß"]),
        (b"\xff\n", ["\ufffd"]),
    ],
)
async def test_lines_come_whole_without_their_ends(tmp_path: Path, written: bytes, lines: list[str]) -> None:
    """From a pipe and from a file alike; the last one may lack its end, bytes that are no text are replaced."""
    ours, theirs = os.pipe()
    os.write(theirs, written)
    os.close(theirs)
    (tmp_path / "file").write_bytes(written)
    file = os.open(tmp_path / "file", os.O_RDONLY)
    try:
        assert await _all(ours) == lines
        assert await _all(file) == lines
    finally:
        os.close(ours)
        os.close(file)


async def test_nothing_is_an_end_too() -> None:
    """``< /dev/null``."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        assert await _all(nothing) == []
    finally:
        os.close(nothing)


async def test_a_line_may_come_in_pieces_while_others_run() -> None:
    """Waiting for the rest blocks nobody, and can be given up."""
    ours, theirs = os.pipe()
    heard: list[str] = []

    async def listen() -> None:
        async for line in lines_of(ours):
            heard.append(line)  # noqa: PERF401 - seen while it grows

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(listen)
            os.write(theirs, b"he")
            await anyio.wait_all_tasks_blocked()
            assert heard == []
            os.write(theirs, b"llo\nmore")
            while not heard:
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
    assert heard == ["hello"]
    os.close(ours)
    os.close(theirs)
