"""What nobody catches is told by type and place, and printed by nobody."""

import sys
import threading

import pytest

from agent.telemetry.uncaught import watch_uncaught

HUSH = "my card is 4111"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, BaseException]]:
    """What is told from now on."""
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    found: list[tuple[str, BaseException]] = []
    watch_uncaught(lambda where, error: found.append((where, error)))
    return found


def test_a_thread_that_dies_is_told(told: list[tuple[str, BaseException]], capsys: pytest.CaptureFixture[str]) -> None:
    """Python would print it with its text."""
    thread = threading.Thread(target=int, args=(HUSH,))
    thread.start()
    thread.join()
    [(where, error)] = told
    assert (where, type(error)) == ("thread", ValueError)
    assert capsys.readouterr().err == ""


def test_a_thread_that_ends_itself_is_not_told(told: list[tuple[str, BaseException]]) -> None:
    """`sys.exit` in a thread is its way to end."""
    thread = threading.Thread(target=sys.exit, args=(HUSH,))
    thread.start()
    thread.join()
    assert told == []


def test_an_object_that_fails_as_it_goes_is_told(
    told: list[tuple[str, BaseException]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody is there who could catch it."""

    class Remains:
        def __del__(self) -> None:
            int(HUSH)

    Remains()
    [(where, error)] = told
    assert (where, type(error)) == ("cleaning up", ValueError)
    assert capsys.readouterr().err == ""
