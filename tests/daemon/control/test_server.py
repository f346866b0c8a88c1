"""Who may come in, and what becomes of whoever talks nonsense."""

import contextlib
import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from agent.daemon.control import server
from agent.daemon.control.client import Line, lines
from agent.daemon.control.peer import Peer
from agent.daemon.control.place import address
from agent.errors import ControlRefused, NoWorker


def _raw(path: Path, sent: bytes, *, end: bool = False) -> bytes:
    """All that comes back for `sent`, up to the first line's end or the connection's."""
    with socket.socket(socket.AF_UNIX) as one, address(path) as where:
        one.settimeout(30)
        one.connect(where)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            one.sendall(sent)
        if end:
            one.shutdown(socket.SHUT_WR)
        came = b""
        try:
            while not came.endswith(b"\n") and (more := one.recv(65536)):
                came += more
        except ConnectionResetError:
            pass
        return came


async def _answer(path: Path | None, sent: bytes, **more: Any) -> Any:
    assert path
    came = await anyio.to_thread.run_sync(lambda: _raw(path, sent, **more))
    return json.loads(came) if came else None


async def test_socket_and_directory_are_their_owners_alone(scene: Callable[..., Any]) -> None:
    """0600 in 0700; and gone with the worker."""
    one = scene()
    async with one.serving() as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert await one.ask("hello") == {"worker": one.worker.id}
    assert list(one.section.directory.iterdir()) == []


@pytest.mark.parametrize(
    "sent",
    [b"\n", b"nonsense\n", b'{"v":1}\n', b"\xff\xfe\x00\n", b"[" * 10_000 + b"\n", b'{"v":1,"verb":"ps","more":1}\n'],
)
async def test_nonsense_gets_a_sentence_and_the_door(scene: Callable[..., Any], sent: bytes) -> None:
    """The worker goes on."""
    one = scene()
    async with one.serving() as path:
        assert (await _answer(path, sent))["error"]["code"] == "bad_request"
        assert await one.ask("hello")


async def test_a_request_of_a_megabyte_is_refused_unread(scene: Callable[..., Any]) -> None:
    """With or without an end of line."""
    one = scene()
    async with one.serving() as path:
        for sent in (b"x" * 1_000_000, b"x" * 1_000_000 + b"\n"):
            answer = await _answer(path, sent)
            assert answer is None or answer["error"]["code"] == "bad_request"
        assert await one.ask("hello")


async def test_another_version_is_told_which_is_spoken_here(scene: Callable[..., Any]) -> None:
    """By code and by sentence."""
    one = scene()
    async with one.serving() as path:
        answer = await _answer(path, b'{"v":2,"verb":"ps"}\n')
        assert answer["error"]["code"] == "version"
        assert "version 1" in answer["error"]["sentence"]


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("dance", {}),
        ("ps", {"limit": 0}),
        ("ps", {"limit": 201}),
        ("ps", {"other": 1}),
        ("dlq.ls", {"after": "x"}),
        ("say", {"contact": "a"}),
        ("say", {"contact": "a", "text": "x" * 17_000}),
        ("show", {"contact": ""}),
        ("show", {"contact": 7}),
    ],
)
async def test_unknown_verbs_and_wrong_arguments_are_refused(
    scene: Callable[..., Any], verb: str, args: dict[str, Any]
) -> None:
    """Without quoting the arguments; the connection stays."""
    one = scene()
    async with one.serving("aaaa"):

        def asked(line: Line) -> str:
            with pytest.raises(ControlRefused) as refusal:
                line.ask(verb, **args)
            assert line.ask("hello")
            assert "xxx" not in str(refusal.value)
            return refusal.value.code

        assert await one.asking(asked) == "bad_request"


async def test_another_user_is_refused_and_noted(scene: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one who got past the file's mode; the kernel's word counts."""
    monkeypatch.setattr(server, "peer_of", lambda _: Peer(pid=77, uid=os.geteuid() + 4711))
    one = scene()
    async with one.serving("aaaa"):
        with pytest.raises(ControlRefused, match="own user") as refusal:
            await one.ask("ps")
        assert refusal.value.code == "forbidden"
    assert json.loads(one.noted())["uid"] == os.geteuid() + 4711


async def test_too_many_at_once_are_refused(scene: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound on what one user can hold open."""
    monkeypatch.setattr(server, "_MOST_AT_ONCE", 0)
    one = scene()
    async with one.serving():
        with pytest.raises(ControlRefused, match="at once"):
            await one.ask("hello")


async def test_who_hangs_up_leaves_nothing_behind(scene: Callable[..., Any]) -> None:
    """In the middle of a request, or while a tail goes on."""
    one = scene()
    async with one.serving("aaaa") as path:
        assert await _answer(path, b'{"v":1,', end=True) is None
        told = await _answer(path, b'{"v":1,"verb":"tail"}\n')
        assert "worker" in told["told"]
        with anyio.fail_after(30):
            while one.timeline._listeners:
                await anyio.lowlevel.checkpoint()


async def test_a_mistake_of_ours_is_told_by_its_type_and_does_not_end_the_worker(
    scene: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its text may quote anybody."""
    one = scene()
    async with one.serving():
        monkeypatch.setattr(one.timeline, "story", lambda key: 1 / 0)
        with pytest.raises(ControlRefused, match="ZeroDivisionError"):
            await one.ask("show", contact=await _served(one))
        assert await one.ask("hello")


async def _served(one: Any) -> str:
    await one.stored("bbbb")
    return "bbbb"


async def test_what_a_killed_worker_left_is_taken_away(scene: Callable[..., Any]) -> None:
    """And commands do not stumble over it either."""
    one = scene()
    directory = one.section.directory
    directory.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead, address(directory / "1-dead.sock") as where:
        dead.bind(where)
        dead.listen()
    with pytest.raises(NoWorker, match="No worker listens"):
        lines(directory)
    async with one.serving() as path:
        assert list(directory.iterdir()) == [path]


async def test_two_workers_share_a_directory(tmp_path: Path, scene: Callable[..., Any]) -> None:
    """Each has its own socket, and neither takes the other's away."""
    one, other = scene(), scene()
    other.worker._duty = type(other.worker._duty)(owner="host.boot.1.beef", roster=other.worker._duty.roster)
    async with one.serving() as first, other.serving() as second:
        assert first != second
        found = await anyio.to_thread.run_sync(lines, one.section.directory)
        assert len(found) == 2
        for line in found:
            line.close()


@pytest.mark.parametrize("mode", [0o755, 0o770])
async def test_a_directory_that_others_may_look_into_is_not_used(scene: Callable[..., Any], mode: int) -> None:
    """The worker serves all the same, and says why it cannot be controlled."""
    one = scene()
    one.section.directory.mkdir()
    one.section.directory.chmod(mode)
    async with one.serving("aaaa") as path:
        assert path is None
    (told,) = [happening for happening in one.told if happening.name == "control.not_open"]
    assert "chmod 700" in str(told.error)


async def test_where_control_is_off_there_is_no_socket(scene: Callable[..., Any]) -> None:
    """`control.enabled = false`."""
    one = scene()
    one.section = one.section.model_copy(update={"enabled": False})
    async with one.serving() as path:
        assert path is None
        assert not one.section.directory.exists()


async def test_a_path_longer_than_a_sockets_may_be_works(tmp_path: Path, scene: Callable[..., Any]) -> None:
    """The address goes by the directory's descriptor."""
    one = scene()
    one.section = one.section.model_copy(update={"directory": tmp_path / ("long" * 30)})
    async with one.serving() as path:
        assert len(str(path)) > 108
        assert await one.ask("hello")


def test_the_sockets_of_another_user_are_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than that nobody runs."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(NoWorker, match="another user's"):
        lines(tmp_path)


async def test_an_audit_log_that_cannot_be_opened_leaves_the_worker_without_a_socket(
    scene: Callable[..., Any], tmp_path: Path
) -> None:
    """Orders that nobody could look up are not taken; nor is a directory that cannot be made."""
    (tmp_path / "file").touch()
    for change in ("audit", "directory"):
        one = scene()
        one.section = one.section.model_copy(update={change: tmp_path / "file" / "below"})
        async with one.serving("aaaa") as path:
            assert path is None
        (told,) = [happening for happening in one.told if happening.name == "control.not_open"]
        assert f"control.{change}" in str(told.error)


async def test_whoever_sends_on_and_on_before_the_answer_is_not_read_any_further(scene: Callable[..., Any]) -> None:
    """What it sends is bounded while a tail goes on; the worker's memory is not."""
    one = scene()
    async with one.serving("aaaa") as path:

        def flood() -> bytes:
            with socket.socket(socket.AF_UNIX) as line, address(path) as where:
                line.settimeout(1)
                line.connect(where)
                line.sendall(b'{"v":1,"verb":"tail"}\n')
                told = line.recv(1000)
                with pytest.raises(TimeoutError):
                    line.sendall(b"x" * 64_000_000)
                return told

        assert b"told" in await anyio.to_thread.run_sync(flood)
        assert await one.ask("hello")


async def test_requests_follow_each_other_on_one_connection(scene: Callable[..., Any]) -> None:
    """Also when the second was sent before the first was answered."""
    one = scene()
    async with one.serving("aaaa") as path:

        def both() -> bytes:
            with socket.socket(socket.AF_UNIX) as line, address(path) as where:
                line.settimeout(30)
                line.connect(where)
                line.sendall(b'{"v":1,"verb":"hello"}\n{"v":1,"verb":"ps"}\n')
                came = b""
                while came.count(b"\n") < 2:
                    came += line.recv(65_536)
                return came

        first, second = (await anyio.to_thread.run_sync(both)).splitlines()
        assert b"chats" not in first
        assert b"chats" in second
