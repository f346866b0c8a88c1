"""A worker that loses its chats in the middle of whatever they do goes on: each is cut off, and none takes it along."""

from pathlib import Path
from random import Random

import anyio
import pytest

from agent.emulator import Fault, Rule
from tests.daemon.test_nothing_left import Scene, served
from tests.scenarios.pulse import PATIENCE

pytestmark = pytest.mark.timeout(3 * PATIENCE)

CHATS, LAPSES = 8, 25
LONGEST = 0.3
"""Seconds to wait for so many happenings: it may be that no more come."""
WEATHER = [
    Rule(fault=Fault.SLOW, role="CUSTOM_BOT", seconds=0.02, chance=0.6),
    Rule(fault=Fault.CUT, when="after", role="CUSTOM_BOT", chance=0.05),
    Rule(fault=Fault.ERROR, role="CUSTOM_BOT", error="ThrottlingException", status=429, chance=0.1),
]


async def _lapse(scene: Scene, happenings: int) -> None:
    """After so many happenings all chats are lost, as when the lease lapses; then they are taken up again."""
    with anyio.move_on_after(LONGEST):
        for _ in range(happenings):
            await scene.pulse.next()
    scene.supervisor.lose()
    for key in list(scene.supervisor.contacts):
        await scene.supervisor.gone(key)
    await scene.supervisor.resume()


async def test_chats_that_are_lost_in_the_middle_take_nobody_along(tmp_path: Path) -> None:
    """In turns that speak, wait, are interrupted or fail, in calls, joins and pauses between two calls."""
    random = Random(3)
    async with served(tmp_path) as another:
        scenes = [await another() for _ in range(CHATS)]
        scenes[0].connect.weather.set(WEATHER, seed=3)
        for _ in range(LAPSES):
            for scene in scenes:
                scene.customer.says(random.choice(["a word", "stuck", "bad"]))
                scene.customer.says("another")
            await _lapse(scenes[0], random.randrange(1, 40))
        scenes[0].connect.weather.set([])
        late = await another()
        await late.hears("a word")
