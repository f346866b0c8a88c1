"""Deadlines and the clock they are read from."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import anyio
import pytest

from agent.emulator import Region
from agent.emulator.clock import ScaledClock
from agent.emulator.driver import Driver
from agent.emulator.timers import Timers

if TYPE_CHECKING:
    from tests.emulator.conftest import Stage


def test_due_actions_run_in_order_of_time_and_then_of_setting() -> None:
    """Also what becomes due while others run."""
    timers, ran = Timers(), list[str]()
    timers.at(2, lambda: ran.append("c"))
    timers.at(1, lambda: ran.append("a"))
    timers.at(1, lambda: timers.at(1, lambda: ran.append("b")))
    timers.at(9, lambda: ran.append("later"))
    timers.advance(2)
    assert ran == ["a", "b", "c"]
    assert timers.next_deadline() == 9


def test_a_cancelled_deadline_does_not_come() -> None:
    """Cancelling twice, or late, is harmless."""
    timers, ran = Timers(), list[str]()
    timer = timers.at(1, lambda: ran.append("x"))
    timer.cancel()
    timer.cancel()
    assert timers.next_deadline() is None
    timers.advance(5)
    assert ran == []


def test_cancelled_deadlines_take_no_room() -> None:
    """A chat's expiry is days away when the chat ends: what is cancelled is swept out."""
    timers = Timers()
    kept = timers.at(1e9, lambda: None)
    for n in range(10_000):
        timers.at(1e6 + n, lambda: None).cancel()
    assert len(timers) < 3_000
    assert timers.next_deadline() is not None
    assert kept.action is not None


def test_the_clock_changes_its_pace_without_a_jump(stage: Stage) -> None:
    """Seconds count `pace` times from the change on."""

    hand = stage.clock
    clock = ScaledClock(hand)
    begin = clock.time()
    hand.seconds = 10
    clock.set_pace(60)
    assert clock.time() - begin == 10
    hand.seconds = 11
    assert clock.time() - begin == 70
    assert clock.real_delay(clock.time() + 60) == 1
    assert clock.real_delay(begin) == 0
    clock.advance(5)
    assert clock.time() - begin == 75
    for wrong in (lambda: clock.set_pace(0), lambda: clock.advance(-1)):
        with pytest.raises(ValueError, match=r"more than 0|does not go back"):
            wrong()


async def test_a_driver_runs_deadlines_and_goes_on_after_a_failure() -> None:
    """An action that raises does not stop the others; a stopped driver runs nothing."""
    region, came = Region(), anyio.Event()
    driver = Driver(region)
    seen: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: seen.append(context["exception"]))

    def fail() -> None:
        raise RuntimeError("one bad action")

    driver.start()
    region.after(0.0, fail)
    region.after(0.001, came.set)
    with anyio.fail_after(10):
        await came.wait()
    assert [str(error) for error in seen] == ["one bad action"]
    driver.stop()
    driver.stop()
    region.after(0.0, fail)
    assert region.next_deadline() is not None
