"""Code that blocks the loop is named while it does."""

import threading
import time

import anyio
import anyio.lowlevel
import anyio.to_thread

from agent import Bot
from agent.bot.blocking import watching
from agent.telemetry import Happening


def a_slow_computation(until: threading.Event) -> None:
    until.wait(30)


async def test_a_blocked_loop_is_reported_with_the_stack() -> None:
    """Once, from the inside of the blocking, with the line that does it."""
    happenings: list[Happening] = []
    seen = threading.Event()

    def report(happening: Happening) -> None:
        happenings.append(happening)
        seen.set()

    with watching(0.05, report):
        await anyio.lowlevel.checkpoint()
        a_slow_computation(seen)
        await anyio.lowlevel.checkpoint()
    (happening,) = happenings[:1]
    assert happening.name == "loop.blocked"
    assert "a_slow_computation" in str(happening.fields["stack"])
    assert all(line.count(":") == 1 and ", " in line for line in str(happening.fields["stack"]).splitlines()), "source"


async def test_a_loop_that_runs_is_not_reported() -> None:
    """Waiting is not blocking."""
    happenings: list[Happening] = []
    with watching(30, happenings.append):
        await anyio.lowlevel.checkpoint()
    assert happenings == []


async def test_a_bots_lifespan_watches() -> None:
    """What is reported goes where the bot's happenings go."""
    seen = threading.Event()
    bot = Bot("watched", block_limit=0.05)
    bot.report_to(lambda happening: seen.set())
    async with bot.lifespan():
        await anyio.lowlevel.checkpoint()
        begun = time.monotonic()
        a_slow_computation(seen)
    assert seen.is_set()
    assert time.monotonic() - begun < 30
